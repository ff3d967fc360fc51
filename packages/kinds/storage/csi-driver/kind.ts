import { defineKind } from '#machinery/kind.ts';
import { type CSIDriver, csiDriver } from './schema.ts';
import { csiDriverColumns, csiDriverStrategy, defaultCsiDriver } from './strategy.ts';

/** `csidrivers` of storage.k8s.io. */
export const csiDrivers = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  schema: csiDriver,
  defaults: defaultCsiDriver,
  strategy: csiDriverStrategy,
  columns: csiDriverColumns,
});
