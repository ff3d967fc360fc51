/**
 * Keeps as many pods as a ReplicaSet (or ReplicationController) asks for.
 *
 * Source: kube-controller-manager `pkg/controller/replicaset`.
 */
import type { Histogram } from '#base/metrics.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { controllerRef, isControlledBy } from '#controller/owners.ts';
import { ownerKey, watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ReplicaSet, ReplicaSetStatus } from '#kinds/apps/replica-set/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import type { LabelMatcher } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { claim, orphanIndexValue, OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { createPod, deletePod, messageOf } from '../workload/pod-control.ts';
import type { PodControl } from '../workload/pod-control.ts';
import { isPodActive, isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { staleSkips } from '../workload/stale-skips.ts';
import { slowStart } from '../workload/slow-start.ts';
import { podsToDelete } from './deletion-order.ts';
import { replicaSetFlavor, replicationControllerFlavor } from './flavor.ts';
import type { ReplicaFlavor } from './flavor.ts';
import { ageRatioMetric, ageRatios } from './metrics.ts';
import { nextAvailableInMs, replicaSetStatus, sameReplicaSetStatus } from './status.ts';
import type { ReplicaFailure } from './status.ts';

/** Pods that one pass creates or deletes at most. */
const BURST_REPLICAS = 500;

/** `replicaset-controller`. */
export const replicaSetController: ControllerEntry = {
  name: 'replicaset-controller',
  make: (dependencies) => makeReplicaController(dependencies, replicaSetFlavor, 'replicaset', { ratios: ageRatioMetric(dependencies.metrics), onStale: staleSkips(dependencies.metrics, 'replicaset_controller', 'ReplicaSet') }),
};

/** `replicationcontroller-controller`. */
export const replicationControllerController: ControllerEntry = {
  name: 'replicationcontroller-controller',
  component: 'replication-controller',
  make: (dependencies) => makeReplicaController(dependencies, replicationControllerFlavor, 'replicationmanager'),
};

/** What only ReplicaSets have. */
interface Extras extends Pick<Controller, 'onStale'> {
  readonly ratios?: Histogram | undefined;
}

function makeReplicaController<T extends KubeObject>(dependencies: ControllerDependencies, flavor: ReplicaFlavor<T>, name: string, { ratios, onStale }: Extras = {}): Controller {
  const sets = dependencies.informers.of(flavor.kind);
  const podInformer = dependencies.informers.of(pods);
  podInformer.addIndex(OWNER_INDEX, ownerIndexValues);
  sets.addIndex(OWNER_INDEX, ownerIndexValues);
  const reconciler = new ReplicaReconciler({ ...dependencies, ...(ratios ? { ratios } : {}) }, flavor, sets, podInformer);
  return {
    name,
    ...(onStale ? { onStale } : {}),
    watches: [watchSelf(sets), watch(podInformer, (pod) => keysOfPod(pod, sets, flavor))],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

/** The set that controls a pod, or those that may adopt it. */
function keysOfPod<T extends KubeObject>(pod: Pod, sets: Informer<T>, flavor: ReplicaFlavor<T>): string[] {
  const owner = ownerKey(pod, flavor.kind as Kind);
  if (owner !== undefined) return [owner];
  if (controllerRef(pod) || isTerminating(pod)) return [];
  return sets.lister
    .list(pod.metadata.namespace)
    .filter((set) => compileLabelSelector(flavor.view(set).spec.selector).matches(pod.metadata.labels ?? {}))
    .map(objectKey);
}

type ReplicaDependencies = Pick<ControllerDependencies, 'events'> & { readonly ratios?: Histogram };

class ReplicaReconciler<T extends KubeObject> {
  readonly #dependencies: ReplicaDependencies;
  readonly #flavor: ReplicaFlavor<T>;
  readonly #sets: Informer<T>;
  readonly #pods: Informer<Pod>;

  constructor(dependencies: ReplicaDependencies, flavor: ReplicaFlavor<T>, sets: Informer<T>, podInformer: Informer<Pod>) {
    this.#dependencies = dependencies;
    this.#flavor = flavor;
    this.#sets = sets;
    this.#pods = podInformer;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const object = this.#sets.lister.get(key);
    if (!object) return;
    const rs = this.#flavor.view(object);
    const selector = compileLabelSelector(rs.spec.selector);
    const { active, terminating } = await this.#podsOf(object, selector, context);
    let failure: (ReplicaFailure & { readonly error: unknown }) | undefined;
    if (!isTerminating(object)) failure = await this.#manage(object, rs, active, context);
    const nowMs = context.clock.now();
    const status = replicaSetStatus(rs, { active, terminating, failure, nowMs, now: formatTime(nowMs) });
    await this.#updateStatus(object, status, context);
    if (failure) throw failure.error;
    const afterMs = nextAvailableInMs(rs, active, nowMs);
    return afterMs === undefined ? undefined : { afterMs };
  }

  async #podsOf(object: T, selector: LabelMatcher, context: ReconcileContext): Promise<{ active: readonly Pod[]; terminating: readonly Pod[] }> {
    const { namespace = '', uid = '' } = object.metadata;
    const owned = this.#pods.lister.byIndex(OWNER_INDEX, uid);
    const orphans = this.#pods.lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace));
    const candidates = [...owned, ...orphans].filter(isPodActive);
    const request = { client: context.client, owner: object, ownerKind: this.#flavor.kind, kind: pods, selector };
    const active = await claim(request, candidates, context.signal);
    const terminating = owned.filter((pod) => isTerminating(pod) && !isPodTerminal(pod) && selector.matches(pod.metadata.labels ?? {}));
    return { active, terminating };
  }

  /** Creates or deletes pods; answers the first failure. */
  async #manage(object: T, rs: ReplicaSet, active: readonly Pod[], context: ReconcileContext): Promise<(ReplicaFailure & { readonly error: unknown }) | undefined> {
    const control: PodControl = {
      client: context.client,
      events: this.#dependencies.events,
      owner: object,
      ownerKind: this.#flavor.kind as Kind,
      signal: context.signal,
    };
    const missing = (rs.spec.replicas ?? 1) - active.length;
    if (missing > 0) {
      const { error } = await slowStart(Math.min(missing, BURST_REPLICAS), 1, async () => void (await createPod(control, rs.spec.template)));
      if (error === undefined || isNamespaceTerminating(error)) return undefined;
      return { reason: 'FailedCreate', message: messageOf(error), error };
    }
    if (missing < 0) {
      const doomed = podsToDelete(active, this.#relatedPods(object), Math.min(-missing, BURST_REPLICAS), context.clock.now());
      const { ratios } = this.#dependencies;
      if (ratios) for (const ratio of ageRatios(active, doomed, context.clock.now())) ratios.observe(ratio);
      const results = await Promise.allSettled(doomed.map((pod) => deletePod(control, pod)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) return { reason: 'FailedDelete', message: messageOf(failed.reason), error: failed.reason };
    }
    return undefined;
  }

  /** Active pods of all sets that have the same controller, such as one Deployment. */
  #relatedPods(object: T): readonly Pod[] {
    const owner = controllerRef(object);
    const siblings = owner ? this.#sets.lister.byIndex(OWNER_INDEX, owner.uid) : [object];
    return siblings.flatMap((set) => this.#pods.lister.byIndex(OWNER_INDEX, set.metadata.uid ?? '').filter((pod) => isPodActive(pod) && isControlledBy(pod, set)));
  }

  /** Writes the status if it says something new; once more on the latest object when ours was outdated. */
  async #updateStatus(object: T, status: ReplicaSetStatus, { client, signal }: ReconcileContext): Promise<void> {
    const known = this.#flavor.view(this.#flavor.withStatus(object, status)).status;
    if (sameReplicaSetStatus(this.#flavor.view(object).status, known)) return;
    const api = client.of(this.#flavor.kind);
    try {
      await api.updateStatus(this.#flavor.withStatus(object, status), {}, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      if (!isReason(error, 'Conflict')) throw error;
      const fresh = await api.namespace(object.metadata.namespace ?? '').get(object.metadata.name ?? '', signal);
      await api.updateStatus(this.#flavor.withStatus(fresh, status), {}, signal);
    }
  }
}
