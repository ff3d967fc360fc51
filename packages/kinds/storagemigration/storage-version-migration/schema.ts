import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, required, string } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const groupResource = message('meta/v1.GroupResource', { group: required(1, string), resource: required(2, string) });
export interface GroupResource extends Infer<typeof groupResource> {}

export const storageVersionMigrationSpec = message('storagemigration/v1beta1.StorageVersionMigrationSpec', { resource: required(1, groupResource) });
export interface StorageVersionMigrationSpec extends Infer<typeof storageVersionMigrationSpec> {}

export const storageVersionMigrationStatus = message('storagemigration/v1beta1.StorageVersionMigrationStatus', {
  conditions: optional(1, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
  resourceVersion: optional(2, string),
});
export interface StorageVersionMigrationStatus extends Infer<typeof storageVersionMigrationStatus> {}

export const storageVersionMigration = message('storagemigration/v1beta1.StorageVersionMigration', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, storageVersionMigrationSpec),
  status: embedded(3, storageVersionMigrationStatus),
});
export interface StorageVersionMigration extends Infer<typeof storageVersionMigration> {}
