/**
 * The life of a replica set.
 *
 * Source: kubernetes `pkg/registry/apps/replicaset/strategy.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { workloadWarnings } from '../../core/pod/workload-warnings.ts';
import type { ReplicaSet } from './schema.ts';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from './validation.ts';

/** Rules of a replica set's life. */
export const replicaSetStrategy: Strategy<ReplicaSet> = {
  ...specStrategy<ReplicaSet>({ replicas: 0 }),
  unconditionalUpdate: true,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warnings: (object, stored) => workloadWarnings(object, stored, { field: 'spec.template', template: object.spec.template }),
};

/** `status`. */
export const replicaSetStatusSubresource: Subresource = statusSubresource<ReplicaSet>({ validate: validateReplicaSetStatus });
