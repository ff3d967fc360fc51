import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, bytes, embedded, list, map, message, optional, pointer, rawExtension, required, string } from '#machinery/schema.ts';
import { userInfo } from '../../authentication/user-info.ts';
import { groupVersionKind, groupVersionResource, status, typeMeta } from '#machinery/meta.ts';

export const operation = anyOf('CREATE', 'UPDATE', 'DELETE', 'CONNECT');

export const admissionRequest = message('admission/v1.AdmissionRequest', {
  uid: required(1, string, { notRequired: true }),
  kind: embedded(2, groupVersionKind),
  resource: embedded(3, groupVersionResource),
  subResource: optional(4, string),
  requestKind: pointer(13, groupVersionKind),
  requestResource: pointer(14, groupVersionResource),
  requestSubResource: optional(15, string),
  name: optional(5, string),
  namespace: optional(6, string),
  operation: required(7, operation, { notRequired: true }),
  userInfo: embedded(8, userInfo),
  object: optional(9, rawExtension),
  oldObject: optional(10, rawExtension),
  dryRun: pointer(11, bool),
  options: optional(12, rawExtension),
});
export interface AdmissionRequest extends Infer<typeof admissionRequest> {}

export const patchType = anyOf('JSONPatch');

export const admissionResponse = message('admission/v1.AdmissionResponse', {
  uid: required(1, string, { notRequired: true }),
  allowed: required(2, bool, { notRequired: true }),
  status: pointer(3, status),
  patch: optional(4, bytes),
  patchType: pointer(5, patchType),
  auditAnnotations: optional(6, map(string)),
  warnings: optional(7, list(string)),
});
export interface AdmissionResponse extends Infer<typeof admissionResponse> {}

export const admissionReview = message('admission/v1.AdmissionReview', {
  ...typeMeta,
  request: pointer(1, admissionRequest),
  response: pointer(2, admissionResponse),
});
export interface AdmissionReview extends Infer<typeof admissionReview> {}
