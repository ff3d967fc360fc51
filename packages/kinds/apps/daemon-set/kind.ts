import { defineKind } from '#machinery/kind.ts';
import { type DaemonSet, daemonSet } from './schema.ts';

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
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
