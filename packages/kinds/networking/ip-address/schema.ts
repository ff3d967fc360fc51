import type { Infer } from '#machinery/schema.ts';
import { embedded, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const parentReference = message('networking/v1.ParentReference', {
  group: optional(1, string),
  resource: optional(2, string, { mustBeSet: true }),
  namespace: optional(3, string),
  name: optional(4, string, { mustBeSet: true }),
});
export interface ParentReference extends Infer<typeof parentReference> {}

export const ipAddressSpec = message('networking/v1.IPAddressSpec', {
  parentRef: pointer(1, parentReference, { mustBeSet: true }),
});
export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}

export const ipAddress = message('networking/v1.IPAddress', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, ipAddressSpec),
});
export interface IPAddress extends Infer<typeof ipAddress> {}
