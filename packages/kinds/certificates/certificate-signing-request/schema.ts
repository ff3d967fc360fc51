import type { Infer } from '#machinery/schema.ts';
import { anyOf, bytes, embedded, int32, list, map, message, oneOf, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus } from '../../core/persistent-volume-claim/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const keyUsage = oneOf(
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
  'any',
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  's/mime',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'timestamping',
  'ocsp signing',
  'microsoft sgc',
  'netscape sgc',
);

export const certificateSigningRequestSpec = message('certificates/v1.CertificateSigningRequestSpec', {
  request: required(1, bytes),
  signerName: required(7, string),
  expirationSeconds: pointer(8, int32),
  usages: optional(5, list(keyUsage)),
  username: optional(2, string),
  uid: optional(3, string),
  groups: optional(4, list(string)),
  extra: optional(6, map(list(string), 'ExtraValue')),
});
export interface CertificateSigningRequestSpec extends Infer<typeof certificateSigningRequestSpec> {}

export const requestConditionType = anyOf('Approved', 'Denied', 'Failed');

export const certificateSigningRequestCondition = message('certificates/v1.CertificateSigningRequestCondition', {
  type: required(1, requestConditionType),
  status: required(6, conditionStatus),
  reason: optional(2, string),
  message: optional(3, string),
  lastUpdateTime: optional(4, time),
  lastTransitionTime: optional(5, time),
});
export interface CertificateSigningRequestCondition extends Infer<typeof certificateSigningRequestCondition> {}

export const certificateSigningRequestStatus = message('certificates/v1.CertificateSigningRequestStatus', {
  conditions: optional(1, list(certificateSigningRequestCondition), { listType: 'map', keys: ['type'] }),
  certificate: optional(2, bytes),
});
export interface CertificateSigningRequestStatus extends Infer<typeof certificateSigningRequestStatus> {}

export const certificateSigningRequest = message('certificates/v1.CertificateSigningRequest', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, certificateSigningRequestSpec),
  status: embedded(3, certificateSigningRequestStatus),
});
export interface CertificateSigningRequest extends Infer<typeof certificateSigningRequest> {}
