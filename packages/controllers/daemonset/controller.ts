/**
 * Keeps a pod of every DaemonSet on every node where it belongs.
 *
 * Source: kube-controller-manager `pkg/controller/daemon`.
 */
import { ItemBackoff } from '#base/backoff.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { controllerRef } from '#controller/owners.ts';
import { ownerKey, watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import type { ControllerRevision } from '#kinds/apps/controller-revision/schema.ts';
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import type { DaemonSet } from '#kinds/apps/daemon-set/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind } from '#machinery/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { staleSkips } from '../workload/stale-skips.ts';
import { claim, orphanIndexValue, OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { createPod, deletePod } from '../workload/pod-control.ts';
import type { PodControl } from '../workload/pod-control.ts';
import { isTerminating } from '../workload/pod-state.ts';
import { byRevision, createRevision, hashOf, nextRevisionNumber, POD_REVISION, renumberRevision, storesTemplate, trimRevisions } from '../workload/revisions.ts';
import { slowStart } from '../workload/slow-start.ts';
import { endedPods, manageDaemons, podsByNode, rollDaemons } from './manage.ts';
import type { DaemonFacts } from './manage.ts';
import { nodeOf, podSpecFor } from './placement.ts';
import { daemonSetStatus, nextAvailableInMs, sameDaemonSetStatus } from './status.ts';

/** Pods that one pass creates or deletes at most. */
const BURST_REPLICAS = 250;
/** A node on which the pod keeps failing gets a new one after 1 s, 2 s, … 15 min. */
const FAILED_BASE_MS = 1_000;
const FAILED_MAX_MS = 900_000;

/** `daemonset-controller`. */
export const daemonSetController: ControllerEntry = {
  name: 'daemonset-controller',
  make: makeDaemonSetController,
};

interface Caches {
  readonly sets: Informer<DaemonSet>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly revisions: Informer<ControllerRevision>;
}

function makeDaemonSetController(dependencies: ControllerDependencies): Controller {
  const { informers } = dependencies;
  const caches: Caches = { sets: informers.of(daemonSets), pods: informers.of(pods), nodes: informers.of(nodes), revisions: informers.of(controllerRevisions) };
  caches.pods.addIndex(OWNER_INDEX, ownerIndexValues);
  caches.revisions.addIndex(OWNER_INDEX, ownerIndexValues);
  const reconciler = new DaemonSetReconciler(dependencies, caches);
  const everySet = (): string[] => caches.sets.lister.list().map(objectKey);
  return {
    name: 'daemonset',
    onStale: staleSkips(dependencies.metrics, 'daemonset_controller', 'DaemonSet'),
    watches: [
      watchSelf(caches.sets),
      watch(caches.pods, (pod) => keysOfPod(pod, caches.sets)),
      // Read, but no reason to act: a set that is gone, and not yet known to be, would fight the garbage collector for its revisions.
      watch(caches.revisions, () => []),
      // Only labels and taints decide where daemons run; heartbeats must not wake them.
      watch(caches.nodes, everySet, { changed: (node, old) => !sameValue(node.metadata.labels, old.metadata.labels) || !sameValue(node.spec.taints, old.spec.taints) }),
    ],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

function keysOfPod(pod: Pod, sets: Informer<DaemonSet>): string[] {
  const owner = ownerKey(pod, daemonSets as Kind);
  if (owner !== undefined) return [owner];
  if (controllerRef(pod)) return [];
  const labels = pod.metadata.labels ?? {};
  return sets.lister.list(pod.metadata.namespace).filter((set) => compileLabelSelector(set.spec.selector).matches(labels)).map(objectKey);
}

interface Revisions {
  readonly all: readonly ControllerRevision[];
  readonly current: ControllerRevision;
  readonly collisionCount: number | undefined;
}

class DaemonSetReconciler {
  readonly #dependencies: ControllerDependencies;
  readonly #caches: Caches;
  /** Failures by set and node. */
  readonly #failures = new ItemBackoff<string>(FAILED_BASE_MS, FAILED_MAX_MS);
  readonly #retryAtMs = new Map<string, number>();

  constructor(dependencies: ControllerDependencies, caches: Caches) {
    this.#dependencies = dependencies;
    this.#caches = caches;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const set = this.#caches.sets.lister.get(key);
    if (!set || isTerminating(set)) return undefined;
    const { matchLabels, matchExpressions } = set.spec.selector ?? {};
    if (Object.keys(matchLabels ?? {}).length === 0 && !matchExpressions?.length) {
      this.#dependencies.events.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    const revisions = await this.#revisionsOf(set, context);
    const members = await this.#podsOf(set, context);
    const facts: DaemonFacts = {
      set,
      nodes: this.#caches.nodes.lister.list(),
      podsByNode: podsByNode(members),
      hash: hashOf(revisions.current),
      nowMs: context.clock.now(),
    };
    const retryMs = await this.#change(facts, context);
    await this.#trim(facts, revisions, context);
    const status = daemonSetStatus(facts, revisions.collisionCount);
    if (!sameDaemonSetStatus(set.status, status)) await context.client.of(daemonSets).updateStatus({ ...set, status }, {}, context.signal);
    const waits = [retryMs, nextAvailableInMs(facts)].filter((ms) => ms !== undefined);
    return waits.length > 0 ? { afterMs: Math.min(...waits) } : undefined;
  }

  /** Manages, and rolls an update forward where nothing had to be managed. Answers when ended pods may be replaced. */
  async #change(facts: DaemonFacts, context: ReconcileContext): Promise<number | undefined> {
    const ended = this.#endedNow(facts);
    const managed = manageDaemons(facts);
    const changes = managed.create.length + managed.remove.length + ended.remove.length > 0 ? managed : rollDaemons(facts);
    await this.#carryOut(facts, changes.create, [...changes.remove, ...ended.remove], context);
    return ended.retryMs;
  }

  /** Ended pods to remove now; a node where pods keep failing has to wait. */
  #endedNow({ set, podsByNode: _, ...facts }: DaemonFacts): { readonly remove: readonly Pod[]; readonly retryMs: number | undefined } {
    const { events } = this.#dependencies;
    const remove: Pod[] = [];
    let retryMs: number | undefined;
    for (const pod of endedPods({ set, podsByNode: _, ...facts })) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const node = nodeOf(pod) ?? '';
      if (pod.status.phase === 'Succeeded') {
        events.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${name} on node ${node}, will try to delete it`);
        remove.push(pod);
        continue;
      }
      const key = `${set.metadata.uid}/${node}`;
      const waitMs = (this.#retryAtMs.get(key) ?? 0) - facts.nowMs;
      if (waitMs > 0) {
        retryMs = Math.min(retryMs ?? Infinity, waitMs);
        continue;
      }
      this.#retryAtMs.set(key, facts.nowMs + this.#failures.failed(key));
      events.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${name} on node ${node}, will try to kill it`);
      remove.push(pod);
    }
    return { remove, retryMs };
  }

  async #carryOut({ set, hash }: DaemonFacts, create: readonly string[], remove: readonly Pod[], { client, signal }: ReconcileContext): Promise<void> {
    const control: PodControl = { client, events: this.#dependencies.events, owner: set, ownerKind: daemonSets as Kind, signal };
    const { template } = set.spec;
    const nodeNames = create.slice(0, BURST_REPLICAS);
    const { error } = await slowStart(nodeNames.length, 1, async (i) => {
      const labels = { [POD_REVISION]: hash, 'pod-template-generation': set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? '1' };
      await createPod(control, { metadata: template.metadata, spec: podSpecFor(template.spec, nodeNames[i]!) }, { labels });
    });
    const results = await Promise.allSettled(remove.slice(0, BURST_REPLICAS).map((pod) => deletePod(control, pod)));
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #podsOf(set: DaemonSet, { client, signal }: ReconcileContext): Promise<Pod[]> {
    const { namespace = '', uid = '' } = set.metadata;
    const { lister } = this.#caches.pods;
    const candidates = [...lister.byIndex(OWNER_INDEX, uid), ...lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    return claim({ client, owner: set, ownerKind: daemonSets, kind: pods, selector: compileLabelSelector(set.spec.selector) }, candidates, signal);
  }

  /** The set's history, with the revision of its present template as the newest. */
  async #revisionsOf(set: DaemonSet, { client, signal }: ReconcileContext): Promise<Revisions> {
    const { namespace = '', uid = '' } = set.metadata;
    const { lister } = this.#caches.revisions;
    const candidates = [...lister.byIndex(OWNER_INDEX, uid), ...lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    const request = { client, owner: set, ownerKind: daemonSets, kind: controllerRevisions, selector: compileLabelSelector(set.spec.selector) };
    const all = (await claim(request, candidates, signal)).sort(byRevision);
    const { template } = set.spec;
    const number = nextRevisionNumber(all);
    const equal = all.findLast((revision) => storesTemplate(revision, template));
    const { collisionCount } = set.status;
    if (equal) return { all, current: equal === all.at(-1) ? equal : await renumberRevision(client, equal, number, signal), collisionCount };
    const made = await createRevision(client, { owner: set, kind: daemonSets as Kind, template, collisionCount, hashLabel: POD_REVISION }, number, signal);
    return { all: [...all, made.revision], current: made.revision, collisionCount: made.collisionCount || collisionCount };
  }

  async #trim({ set, podsByNode: byNode, hash }: DaemonFacts, { all }: Revisions, { client, signal }: ReconcileContext): Promise<void> {
    const used = new Set([...byNode.values()].flat().map((pod) => pod.metadata.labels?.[POD_REVISION]));
    const old = all.filter((revision) => hashOf(revision) !== hash);
    const unused = old.filter((revision) => !used.has(hashOf(revision)));
    // What pods still have is history too.
    await trimRevisions(client, unused, Math.max((set.spec.revisionHistoryLimit ?? 10) - (old.length - unused.length), 0), signal);
  }
}
