/**
 * ReplicaSet and ReplicationController are the same controller over two kinds: a flavor says how each reads and writes.
 */
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { replicationControllers } from '#kinds/core/replication-controller/kind.ts';
import type { ReplicationController } from '#kinds/core/replication-controller/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** How one kind is seen as a ReplicaSet. */
export interface ReplicaFlavor<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** The object as a ReplicaSet. */
  view(object: T): ReplicaSet;
  /** `object` with the status of `view`. */
  withStatus(object: T, status: ReplicaSet['status']): T;
}

/** `replicasets`. */
export const replicaSetFlavor: ReplicaFlavor<ReplicaSet> = {
  kind: replicaSets,
  view: (object) => object,
  withStatus: (object, status) => ({ ...object, status }),
};

/** `replicationcontrollers`: selector as plain labels, no count of terminating pods. */
export const replicationControllerFlavor: ReplicaFlavor<ReplicationController> = {
  kind: replicationControllers,
  view(object) {
    const { selector, template, ...spec } = object.spec;
    return {
      ...object,
      spec: { ...spec, selector: { matchLabels: selector ?? {} }, template: template ?? { metadata: {}, spec: { containers: [] } } },
    };
  },
  withStatus(object, full) {
    const { terminatingReplicas: _, ...status } = full;
    return { ...object, status };
  },
};
