/**
 * Removes pods that nobody will finish, every 20 seconds.
 *
 *     ended, beyond the threshold            the oldest
 *     on a node that does not exist          after 40 s, as Failed
 *     being deleted, never assigned          at once
 *     being deleted on a node out of service at once, as Failed
 *
 * Source: kube-controller-manager `pkg/controller/podgc`.
 */
import type { Counter } from '#base/metrics.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { markDisrupted } from '../disruption/disruption-target.ts';
import type { Disruption } from '../disruption/disruption-target.ts';
import { isTerminal, outOfService, surplusTerminated, terminatingUnscheduled } from './doomed.ts';
import { Quarantine } from './quarantine.ts';

/** Settings; defaults are upstream's. */
export interface PodGcOptions {
  /** Ended pods that may stay; 0 or less: any number. */
  readonly terminatedPodThreshold?: number;
  readonly periodMs?: number;
  readonly quarantineMs?: number;
}

const TERMINATED_POD_THRESHOLD = 12_500;
const PERIOD_MS = 20_000;
const QUARANTINE_MS = 40_000;
/** Deletions that go on at the same time. */
const PARALLEL_DELETES = 8;

/** `pod-garbage-collector-controller`. */
export function podGarbageCollectorController(options: PodGcOptions = {}): ControllerEntry {
  return { name: 'pod-garbage-collector-controller', make: (dependencies) => new PodGc(dependencies, options).controller() };
}

const NODE_GONE: Disruption = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };

/** Why pods are deleted: as metrics call it, and as the pods are told. */
interface Reason {
  readonly as: string;
  readonly disruption?: Disruption;
}

type RoundContext = Omit<ReconcileContext, 'failures'>;

class PodGc {
  readonly #options: PodGcOptions;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #quarantine: Quarantine;
  readonly #deleted: Counter | undefined;
  readonly #failed: Counter | undefined;

  constructor({ informers, metrics }: ControllerDependencies, options: PodGcOptions) {
    this.#options = options;
    this.#nodes = informers.of(nodes);
    this.#pods = informers.of(pods);
    this.#quarantine = new Quarantine(options.quarantineMs ?? QUARANTINE_MS);
    const labels = ['namespace', 'reason'];
    this.#deleted = metrics?.counter({ name: 'pod_gc_collector_force_delete_pods_total', help: 'Number of pods that are being forcefully deleted since the Pod GC Controller started.', labels });
    this.#failed = metrics?.counter({ name: 'pod_gc_collector_force_delete_pod_errors_total', help: 'Number of errors encountered when forcefully deleting the pods since the Pod GC Controller started.', labels });
  }

  controller(): Controller {
    return {
      name: 'orphaned_pods_nodes',
      // Only the caches are wanted: the work is done in rounds.
      watches: [watch(this.#pods, () => []), watch(this.#nodes, () => [])],
      reconcile: () => Promise.resolve(),
      background: async (context) => {
        for (;;) {
          await this.#round(context);
          await context.clock.sleep(this.#options.periodMs ?? PERIOD_MS, context.signal);
        }
      },
    };
  }

  async #round(context: RoundContext): Promise<void> {
    const all = this.#pods.lister.list();
    const nodeOf = (name: string): Node | undefined => this.#nodes.lister.get(name);
    const surplus = surplusTerminated(all, this.#options.terminatedPodThreshold ?? TERMINATED_POD_THRESHOLD);
    await this.#deleteAll(surplus, { as: 'terminated' }, context);
    await this.#deleteAll(outOfService(all, nodeOf), { as: 'out-of-service' }, context);
    await this.#deleteAll(await this.#orphaned(all, context), { as: 'orphaned', disruption: NODE_GONE }, context);
    await this.#deleteAll(terminatingUnscheduled(all), { as: 'unscheduled' }, context);
  }

  /** Pods on nodes that have been missing for long enough, and that the server does not know either. */
  async #orphaned(all: readonly Pod[], { client, clock, signal, log }: RoundContext): Promise<readonly Pod[]> {
    const missing = new Set<string>();
    for (const { spec } of all) if (spec.nodeName && !this.#nodes.lister.get(spec.nodeName)) missing.add(spec.nodeName);
    const gone = new Set<string>();
    for (const name of this.#quarantine.update(missing, clock.monotonicMs())) {
      try {
        await client.of(nodes).get(name, signal);
      } catch (error) {
        if (isReason(error, 'NotFound')) gone.add(name);
        else if (signal.aborted) throw error;
        else log.warn('a missing node could not be looked up', { node: name, error: String(error) });
      }
    }
    return gone.size === 0 ? [] : all.filter(({ spec }) => spec.nodeName && gone.has(spec.nodeName));
  }

  async #deleteAll(doomed: readonly Pod[], { as, disruption }: Reason, context: RoundContext): Promise<void> {
    const rest = doomed.values();
    const worker = async (): Promise<void> => {
      for (const pod of rest) {
        const isDeleted = await deletePod(pod, disruption, context);
        (isDeleted ? this.#deleted : this.#failed)?.increment([pod.metadata.namespace ?? '', as]);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_DELETES, doomed.length) }, worker));
  }
}

/** Deletes a pod at once (and answers whether it is gone or going); one that has not ended is marked Failed first, so that its owner learns how it ended. */
async function deletePod(pod: Pod, disruption: Disruption | undefined, { client, clock, signal, log }: RoundContext): Promise<boolean> {
  const { namespace = '', name = '', uid } = pod.metadata;
  try {
    if (!isTerminal(pod)) await markDisrupted(client, pod, disruption, { status: { phase: 'Failed' }, nowMs: clock.now(), signal });
    await client
      .of(pods)
      .namespace(namespace)
      .delete(name, { gracePeriodSeconds: 0, ...(uid ? { preconditions: { uid } } : {}) }, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    // The next round tries again.
    if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return true;
    log.warn('a pod could not be removed', { pod: objectKey(pod), error: String(error) });
    return false;
  }
}
