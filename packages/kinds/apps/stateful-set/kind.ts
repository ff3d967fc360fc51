import { defineKind } from '#machinery/kind.ts';
import { scaleSubresource } from '../../autoscaling/scale/subresource.ts';
import { selectorText } from '../../cells.ts';
import { defaultStatefulSet } from './defaults.ts';
import { type StatefulSet, statefulSet } from './schema.ts';
import { statefulSetColumns, statefulSetStatusSubresource, statefulSetStrategy } from './strategy.ts';

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
    scale: scaleSubresource<StatefulSet>(({ spec }) => selectorText(spec.selector)),
    status: statefulSetStatusSubresource,
  },
  defaults: defaultStatefulSet,
  strategy: statefulSetStrategy,
  columns: statefulSetColumns,
});
