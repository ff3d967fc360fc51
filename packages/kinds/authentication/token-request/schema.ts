import type { Infer } from '#machinery/schema.ts';
import { embedded, int64, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const boundObjectReference = message('authentication/v1.BoundObjectReference', {
  kind: optional(1, string),
  apiVersion: optional(2, string),
  name: optional(3, string),
  uid: optional(4, string, { protoName: 'uID' }),
});
export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}

export const tokenRequestSpec = message('authentication/v1.TokenRequestSpec', {
  audiences: required(1, list(string), { notRequired: true }),
  expirationSeconds: pointer(4, int64, { nullable: true }),
  boundObjectRef: pointer(3, boundObjectReference, { nullable: true }),
});
export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}

export const tokenRequestStatus = message('authentication/v1.TokenRequestStatus', {
  token: required(1, string, { notRequired: true }),
  expirationTimestamp: required(2, time, { notRequired: true }),
});
export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}

export const tokenRequest = message('authentication/v1.TokenRequest', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, tokenRequestSpec),
  status: embedded(3, tokenRequestStatus),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}
