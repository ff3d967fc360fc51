import { defineKind } from '#machinery/kind.ts';
import { nameAndCreatedAt } from '../../cells.ts';
import { type CSIStorageCapacity, csiStorageCapacity } from './schema.ts';
import { csiStorageCapacityStrategy } from './strategy.ts';

/** `csistoragecapacities` of storage.k8s.io. */
export const csiStorageCapacities = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
  schema: csiStorageCapacity,
  strategy: csiStorageCapacityStrategy,
  columns: nameAndCreatedAt,
});
