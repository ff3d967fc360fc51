import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, list, message, optional, pointer } from '#machinery/schema.ts';
import { localObjectReference, objectReference } from '../references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const serviceAccount = message('core/v1.ServiceAccount', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  secrets: optional(2, list(objectReference), { listType: 'map', keys: ['name'], patch: 'merge', mergeKey: 'name' }),
  imagePullSecrets: optional(3, list(localObjectReference)),
  automountServiceAccountToken: pointer(4, bool),
});
export interface ServiceAccount extends Infer<typeof serviceAccount> {}
