/**
 * Deletes pods that do not (or no longer) tolerate a NoExecute taint of their node.
 *
 * Source: kube-controller-manager `pkg/controller/tainteviction`.
 */
import type { Counter, Histogram } from '#base/metrics.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { isReason } from '#machinery/status.ts';
import { markDisrupted } from '../disruption/disruption-target.ts';
import { BY_NODE, nodeOf } from '../node-lifecycle/pods.ts';
import { evictingTaints, evictionTimeMs } from './eviction-time.ts';

/** As upstream: pods handled at the same time. */
const CONCURRENCY = 8;
/** Of the time between a taint's effect and a deletion, in seconds. */
export const DELETION_BUCKETS: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240];

/** `taint-eviction-controller`. */
export const taintEvictionController: ControllerEntry = {
  name: 'taint-eviction-controller',
  make: (dependencies) => new TaintEviction(dependencies).controller(),
};

class TaintEviction {
  readonly #dependencies: ControllerDependencies;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #deletions: Counter | undefined;
  readonly #delay: Histogram | undefined;
  /** Pods whose time runs, by key, and since when: entries go when the pod does, or when it may stay. */
  readonly #running = new Map<string, number>();

  constructor(dependencies: ControllerDependencies) {
    this.#dependencies = dependencies;
    this.#nodes = dependencies.informers.of(nodes);
    this.#pods = dependencies.informers.of(pods);
    this.#pods.addIndex(BY_NODE, nodeOf);
    const { metrics } = dependencies;
    this.#deletions = metrics?.counter({ name: 'taint_eviction_controller_pod_deletions_total', help: 'Total number of Pods deleted by TaintEvictionController since its start.' });
    this.#delay = metrics?.histogram({
      name: 'taint_eviction_controller_pod_deletion_duration_seconds',
      help: 'Latency, in seconds, between the time when a taint effect has been activated for the Pod and its deletion via TaintEvictionController.',
      buckets: DELETION_BUCKETS,
    });
  }

  controller(): Controller {
    const keysOfNode = ({ metadata, spec }: Node): readonly string[] => {
      const evicting = evictingTaints(spec.taints).length > 0;
      return evicting || this.#running.size > 0 ? this.#pods.lister.byIndex(BY_NODE, metadata.name ?? '').map(objectKey) : [];
    };
    return {
      name: 'noexec_taint_pod',
      concurrency: CONCURRENCY,
      watches: [
        watchSelf(this.#pods, {
          changed: (pod, old) => pod.spec.nodeName !== old.spec.nodeName || !sameValue(pod.spec.tolerations, old.spec.tolerations),
        }),
        watch(this.#nodes, keysOfNode, { changed: (node, old) => !sameValue(evictingTaints(node.spec.taints), evictingTaints(old.spec.taints)) }),
      ],
      reconcile: (key, context) => this.#reconcile(key, context),
    };
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const pod = this.#pods.lister.get(key);
    if (!pod || pod.metadata.deletionTimestamp) {
      this.#running.delete(key);
      return;
    }
    const node = pod.spec.nodeName ? this.#nodes.lister.get(pod.spec.nodeName) : undefined;
    const noticedMs = this.#running.get(key) ?? context.clock.now();
    const dueMs = node && evictionTimeMs(pod, evictingTaints(node.spec.taints), noticedMs);
    if (dueMs === undefined) {
      if (this.#running.delete(key)) this.#say(pod, `Cancelling deletion of Pod ${key}`);
      return;
    }
    const afterMs = dueMs - context.clock.now();
    if (afterMs > 0) {
      this.#running.set(key, noticedMs);
      return { afterMs };
    }
    await this.#evict(pod, key, context);
    this.#deletions?.increment();
    this.#delay?.observe(dueMs === 0 ? 0 : -afterMs / 1000);
    this.#running.delete(key);
  }

  async #evict(pod: Pod, key: string, { client, clock, signal, failures }: ReconcileContext): Promise<void> {
    const { namespace = '', name = '', uid } = pod.metadata;
    if (failures === 0) this.#say(pod, `Marking for deletion Pod ${key}`);
    try {
      const disruption = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' } as const;
      await markDisrupted(client, pod, disruption, { nowMs: clock.now(), signal });
      await client
        .of(pods)
        .namespace(namespace)
        .delete(name, uid ? { preconditions: { uid } } : {}, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  #say(pod: Pod, text: string): void {
    this.#dependencies.events.event(pod, 'Normal', 'TaintManagerEviction', text);
  }
}
