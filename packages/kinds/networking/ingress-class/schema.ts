import type { Infer } from '#machinery/schema.ts';
import { embedded, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const ingressClassParametersReference = message('networking/v1.IngressClassParametersReference', {
  apiGroup: pointer(1, string, { protoName: 'aPIGroup' }),
  kind: required(2, string),
  name: required(3, string),
  scope: pointer(4, string, { nullable: true }),
  namespace: pointer(5, string),
});
export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}

export const ingressClassSpec = message('networking/v1.IngressClassSpec', {
  controller: optional(1, string),
  parameters: pointer(2, ingressClassParametersReference),
});
export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}

export const ingressClass = message('networking/v1.IngressClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, ingressClassSpec),
});
export interface IngressClass extends Infer<typeof ingressClass> {}
