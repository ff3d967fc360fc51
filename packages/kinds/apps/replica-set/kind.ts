import { defineKind } from '#machinery/kind.ts';
import { scaleSubresource } from '../../autoscaling/scale/subresource.ts';
import { selectorText } from '../../cells.ts';
import { replicaSetColumns } from './columns.ts';
import { defaultReplicaSet } from './defaults.ts';
import { type ReplicaSet, replicaSet } from './schema.ts';
import { replicaSetStatusSubresource, replicaSetStrategy } from './strategy.ts';

/** `replicasets` of apps. */
export const replicaSets = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  schema: replicaSet,
  subresources: {
    scale: scaleSubresource<ReplicaSet>(({ spec }) => selectorText(spec.selector)),
    status: replicaSetStatusSubresource,
  },
  defaults: defaultReplicaSet,
  strategy: replicaSetStrategy,
  columns: replicaSetColumns,
});
