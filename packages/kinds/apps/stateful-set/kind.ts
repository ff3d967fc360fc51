import { defineKind } from '#machinery/kind.ts';
import { type StatefulSet, statefulSet } from './schema.ts';

/** `statefulsets` of apps. */
export const statefulSets = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  schema: statefulSet,
  subresources: {
    scale: { type: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
