import { defineKind } from '#machinery/kind.ts';
import { scaleSubresource } from '../../autoscaling/scale/subresource.ts';
import { selectorText } from '../../cells.ts';
import { type ReplicationController, replicationController } from './schema.ts';
import {
  defaultReplicationController,
  replicationControllerColumns,
  replicationControllerStatusSubresource,
  replicationControllerStrategy,
} from './strategy.ts';

/** `replicationcontrollers`. */
export const replicationControllers = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  schema: replicationController,
  subresources: {
    scale: scaleSubresource<ReplicationController>(({ spec }) => selectorText({ matchLabels: spec.selector ?? {} })),
    status: replicationControllerStatusSubresource,
  },
  defaults: defaultReplicationController,
  strategy: replicationControllerStrategy,
  selectableFields: { 'status.replicas': ({ status }) => String(status.replicas) },
  columns: replicationControllerColumns,
});
