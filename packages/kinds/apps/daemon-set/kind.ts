import { defineKind } from '#machinery/kind.ts';
import { defaultDaemonSet } from './defaults.ts';
import { type DaemonSet, daemonSet } from './schema.ts';
import { daemonSetColumns, daemonSetStatusSubresource, daemonSetStrategy } from './strategy.ts';

/** `daemonsets` of apps. */
export const daemonSets = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  schema: daemonSet,
  subresources: {
    status: daemonSetStatusSubresource,
  },
  defaults: defaultDaemonSet,
  strategy: daemonSetStrategy,
  columns: daemonSetColumns,
});
