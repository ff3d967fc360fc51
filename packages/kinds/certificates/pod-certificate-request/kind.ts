import { defineKind } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { nameColumn } from '../../cells.ts';
import { immutable } from '../../rules.ts';
import { ALL_METADATA, statusSubresource } from '../../strategy.ts';
import { type PodCertificateRequest, podCertificateRequest } from './schema.ts';
import { DEFAULT_EXPIRATION_SECONDS, outcomeOf, validatePodCertificateRequest, validatePodCertificateRequestStatus } from './validation.ts';

/** `podcertificaterequests` of certificates.k8s.io. */
export const podCertificateRequests = defineKind<PodCertificateRequest>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  namespaced: true,
  schema: podCertificateRequest,
  enabledByDefault: false,
  defaults: ({ spec }) => void (spec && (spec.maxExpirationSeconds ??= DEFAULT_EXPIRATION_SECONDS)),
  subresources: { status: statusSubresource<PodCertificateRequest>({ keptMetadata: ALL_METADATA, validate: validatePodCertificateRequestStatus }) },
  strategy: {
    prepareForCreate: (draft) => void (draft.status = {}),
    prepareForUpdate: (draft, stored) => void (draft.status = stored.status as Draft<PodCertificateRequest['status']>),
    validate: validatePodCertificateRequest,
    validateUpdate: (object, stored) => immutable('spec', object.spec, stored.spec),
  },
  selectableFields: { 'spec.nodeName': ({ spec }) => spec.nodeName, 'spec.podName': ({ spec }) => spec.podName, 'spec.signerName': ({ spec }) => spec.signerName },
  columns: [
    nameColumn,
    { name: 'PodName', type: 'string', description: 'PodName is the name of the pod.', cell: ({ spec }) => spec.podName },
    { name: 'ServiceAccountName', type: 'string', description: 'ServiceAccountName is the service account of the pod.', cell: ({ spec }) => spec.serviceAccountName },
    { name: 'NodeName', type: 'string', description: 'NodeName is the node of the pod.', cell: ({ spec }) => spec.nodeName },
    { name: 'SignerName', type: 'string', description: 'SignerName is the requested signer.', cell: ({ spec }) => spec.signerName },
    { name: 'State', type: 'string', description: 'State is Pending, Issued, Denied or Failed.', cell: (request) => outcomeOf(request) ?? 'Pending' },
  ],
});
