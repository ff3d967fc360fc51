import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, bytes, embedded, map, message, optional, pointer, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const secretType = anyOf(
  'Opaque',
  'kubernetes.io/service-account-token',
  'kubernetes.io/dockercfg',
  'kubernetes.io/dockerconfigjson',
  'kubernetes.io/basic-auth',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
  'bootstrap.kubernetes.io/token',
);

export const secret = message('core/v1.Secret', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  immutable: pointer(5, bool),
  data: optional(2, map(bytes)),
  stringData: optional(4, map(string)),
  type: optional(3, secretType),
});
export interface Secret extends Infer<typeof secret> {}
