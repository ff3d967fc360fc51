import type { Infer } from '#machinery/schema.ts';
import { bytes, embedded, int32, list, map, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const podCertificateRequestSpec = message('certificates/v1beta1.PodCertificateRequestSpec', {
  signerName: required(1, string),
  podName: required(2, string),
  podUID: required(3, string),
  serviceAccountName: required(4, string),
  serviceAccountUID: required(5, string),
  nodeName: required(6, string),
  nodeUID: required(7, string),
  maxExpirationSeconds: pointer(8, int32, { default: 86_400 }),
  pkixPublicKey: optional(9, bytes, { deprecated: true }),
  proofOfPossession: optional(10, bytes, { deprecated: true }),
  stubPKCS10Request: required(12, bytes),
  unverifiedUserAnnotations: optional(11, map(string)),
});
export interface PodCertificateRequestSpec extends Infer<typeof podCertificateRequestSpec> {}

export const podCertificateRequestStatus = message('certificates/v1beta1.PodCertificateRequestStatus', {
  conditions: optional(1, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  certificateChain: optional(2, string),
  notBefore: pointer(4, time),
  beginRefreshAt: pointer(5, time),
  notAfter: pointer(6, time),
});
export interface PodCertificateRequestStatus extends Infer<typeof podCertificateRequestStatus> {}

export const podCertificateRequest = message('certificates/v1beta1.PodCertificateRequest', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, podCertificateRequestSpec),
  status: embedded(3, podCertificateRequestStatus),
});
export interface PodCertificateRequest extends Infer<typeof podCertificateRequest> {}
