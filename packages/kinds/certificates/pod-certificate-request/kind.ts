import { child, type FieldError, invalid } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { nameColumn } from '../../cells.ts';
import { dnsSubdomain, immutable, IMMUTABLE, present } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { statusSubresource } from '../../strategy.ts';
import { signerNameRules } from '../signer-name.ts';
import { type PodCertificateRequest, podCertificateRequest } from './schema.ts';

const MIN_EXPIRATION_SECONDS = 3_600;
const MAX_EXPIRATION_SECONDS = 91 * 86_400;
const DEFAULT_EXPIRATION_SECONDS = 86_400;
/** Conditions that end a request; at most one of them. */
const FINAL = ['Issued', 'Denied', 'Failed'];
const NAMES = ['podName', 'serviceAccountName', 'nodeName'] as const;
const UIDS = ['podUID', 'serviceAccountUID', 'nodeUID'] as const;

/** Source: kubernetes `pkg/apis/certificates/validation` ValidatePodCertificateRequestCreate. */
function validate({ spec }: PodCertificateRequest): FieldError[] {
  const seconds = spec.maxExpirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
  const errors = signerNameRules('spec.signerName', spec.signerName);
  for (const name of NAMES) errors.push(...(spec[name] === '' ? present(child('spec', name), '') : dnsSubdomain(child('spec', name), spec[name])));
  for (const uid of UIDS) errors.push(...present(child('spec', uid), spec[uid]));
  if (seconds < MIN_EXPIRATION_SECONDS || seconds > MAX_EXPIRATION_SECONDS)
    errors.push(invalid('spec.maxExpirationSeconds', seconds, `must be in the range [${MIN_EXPIRATION_SECONDS}, ${MAX_EXPIRATION_SECONDS}]`));
  return [...errors, ...present('spec.stubPKCS10Request', spec.stubPKCS10Request)];
}

const stateOf = ({ status }: PodCertificateRequest): string => (status.conditions ?? []).find(({ type, status: value }) => FINAL.includes(type) && value === 'True')?.type ?? 'Pending';

function validateStatus(object: PodCertificateRequest, stored: PodCertificateRequest): FieldError[] {
  const final = (object.status.conditions ?? []).filter(({ type }) => FINAL.includes(type));
  const errors = final.length > 1 ? [invalid('status.conditions', final.map(({ type }) => type), `There may be at most one condition with type ${FINAL.map((type) => JSON.stringify(type)).join(', ')}`)] : [];
  if (stateOf(stored) !== 'Pending' && !sameValue(object.status, stored.status)) errors.push(invalid('status', stateOf(stored), IMMUTABLE));
  return errors;
}

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
  subresources: { status: statusSubresource<PodCertificateRequest>({ prepare: (draft, stored) => void (draft.spec = stored.spec as Draft<PodCertificateRequest['spec']>), validate: validateStatus }) },
  strategy: {
    prepareForCreate: (draft) => void (draft.status = {}),
    prepareForUpdate: (draft, stored) => void (draft.status = stored.status as Draft<PodCertificateRequest['status']>),
    validate,
    validateUpdate: (object, stored) => immutable('spec', object.spec, stored.spec),
  },
  selectableFields: { 'spec.nodeName': ({ spec }) => spec.nodeName, 'spec.podName': ({ spec }) => spec.podName, 'spec.signerName': ({ spec }) => spec.signerName },
  columns: [
    nameColumn,
    { name: 'PodName', type: 'string', description: 'PodName is the name of the pod.', cell: ({ spec }) => spec.podName },
    { name: 'ServiceAccountName', type: 'string', description: 'ServiceAccountName is the service account of the pod.', cell: ({ spec }) => spec.serviceAccountName },
    { name: 'NodeName', type: 'string', description: 'NodeName is the node of the pod.', cell: ({ spec }) => spec.nodeName },
    { name: 'SignerName', type: 'string', description: 'SignerName is the requested signer.', cell: ({ spec }) => spec.signerName },
    { name: 'State', type: 'string', description: 'State is Pending, Issued, Denied or Failed.', cell: stateOf },
  ],
});
