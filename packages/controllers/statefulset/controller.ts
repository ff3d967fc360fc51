/**
 * Keeps the pods of StatefulSets, each with its own name and storage, in order.
 *
 * Source: kube-controller-manager `pkg/controller/statefulset`.
 */
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { controllerRef, newControllerRef } from '#controller/owners.ts';
import { ownerKey, watch, watchOwned, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import type { ControllerRevision } from '#kinds/apps/controller-revision/schema.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { staleSkips } from '../workload/stale-skips.ts';
import { claim, orphanIndexValue, OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { messageOf } from '../workload/pod-control.ts';
import { isTerminating } from '../workload/pod-state.ts';
import { byRevision, createRevision, nextRevisionNumber, renumberRevision, REVISION_HASH, storesTemplate, templateOf, trimRevisions } from '../workload/revisions.ts';
import { createClaims, isStaleClaim, ownClaims } from './claims.ts';
import type { ClaimWork } from './claims.ts';
import { ordinalOf, podName, revisionOf } from './ordinals.ts';
import { claimsOf, hasIdentity, identityLabels, podTemplateFor } from './pod.ts';
import { planSet } from './plan.ts';
import type { SetFacts, SetStep } from './plan.ts';
import { statefulSetMetrics } from './metrics.ts';
import { nextAvailableInMs, sameStatefulSetStatus, statefulSetStatus } from './status.ts';

/** `statefulset-controller`. */
export const statefulSetController: ControllerEntry = {
  name: 'statefulset-controller',
  make: makeStatefulSetController,
};

const REASONS = { create: 'Create', update: 'Update', delete: 'Delete' } as const;

interface Caches {
  readonly sets: Informer<StatefulSet>;
  readonly pods: Informer<Pod>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly revisions: Informer<ControllerRevision>;
}

function makeStatefulSetController(dependencies: ControllerDependencies): Controller {
  const { informers } = dependencies;
  const caches: Caches = {
    sets: informers.of(statefulSets),
    pods: informers.of(pods),
    claims: informers.of(persistentVolumeClaims),
    revisions: informers.of(controllerRevisions),
  };
  statefulSetMetrics(dependencies.metrics, caches.sets);
  caches.pods.addIndex(OWNER_INDEX, ownerIndexValues);
  caches.revisions.addIndex(OWNER_INDEX, ownerIndexValues);
  const reconciler = new StatefulSetReconciler(dependencies, caches);
  return {
    name: 'statefulset',
    onStale: staleSkips(dependencies.metrics, 'statefulset_controller', 'StatefulSet'),
    watches: [
      watchSelf(caches.sets),
      watch(caches.pods, (pod) => keysOfPod(pod, caches.sets)),
      // Read, but no reason to act: a set that is gone, and not yet known to be, would fight the garbage collector for its revisions.
      watch(caches.revisions, () => []),
      watchOwned(caches.claims, statefulSets as Kind),
    ],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

function keysOfPod(pod: Pod, sets: Informer<StatefulSet>): string[] {
  const owner = ownerKey(pod, statefulSets as Kind);
  if (owner !== undefined) return [owner];
  if (controllerRef(pod)) return [];
  return sets.lister
    .list(pod.metadata.namespace)
    .filter((set) => ordinalOf(set, pod) !== undefined && compileLabelSelector(set.spec.selector).matches(pod.metadata.labels ?? {}))
    .map(objectKey);
}

interface Revisions {
  readonly all: readonly ControllerRevision[];
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

class StatefulSetReconciler {
  readonly #dependencies: ControllerDependencies;
  readonly #caches: Caches;

  constructor(dependencies: ControllerDependencies, caches: Caches) {
    this.#dependencies = dependencies;
    this.#caches = caches;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const set = this.#caches.sets.lister.get(key);
    if (!set) return undefined;
    const members = await this.#podsOf(set, context);
    const revisions = await this.#revisionsOf(set, context);
    const facts: SetFacts = {
      set,
      pods: members,
      currentRevision: revisions.current.metadata.name ?? '',
      updateRevision: revisions.update.metadata.name ?? '',
      nowMs: context.clock.now(),
    };
    let failure: unknown;
    try {
      await this.#carryOut(facts, revisions, context);
    } catch (error) {
      failure = error;
    }
    await this.#updateStatus(facts, revisions, context);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
    await this.#trim(facts, revisions, context);
    const afterMs = nextAvailableInMs(facts);
    return afterMs === undefined ? undefined : { afterMs };
  }

  #podsOf(set: StatefulSet, { client, signal }: ReconcileContext): Promise<Pod[]> {
    const { namespace = '', uid = '' } = set.metadata;
    const { lister } = this.#caches.pods;
    const candidates = [...lister.byIndex(OWNER_INDEX, uid), ...lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    const named = candidates.filter((pod) => ordinalOf(set, pod) !== undefined);
    return claim({ client, owner: set, ownerKind: statefulSets, kind: pods, selector: compileLabelSelector(set.spec.selector) }, named, signal);
  }

  /** The set's history, with the revision of its present template: found, made the newest again, or made. */
  async #revisionsOf(set: StatefulSet, { client, signal }: ReconcileContext): Promise<Revisions> {
    const { namespace = '', uid = '' } = set.metadata;
    const { lister } = this.#caches.revisions;
    const candidates = [...lister.byIndex(OWNER_INDEX, uid), ...lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    const request = { client, owner: set, ownerKind: statefulSets, kind: controllerRevisions, selector: compileLabelSelector(set.spec.selector) };
    const all = (await claim(request, candidates, signal)).sort(byRevision);
    const { template } = set.spec;
    const equal = all.findLast((revision) => storesTemplate(revision, template));
    const number = nextRevisionNumber(all);
    let { collisionCount = 0 } = set.status;
    let update: ControllerRevision;
    if (equal) update = equal === all.at(-1) ? equal : await renumberRevision(client, equal, number, signal);
    else ({ revision: update, collisionCount } = await createRevision(client, { owner: set, kind: statefulSets as Kind, template, collisionCount, hashLabel: REVISION_HASH }, number, signal));
    const current = all.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? update;
    return { all: equal ? all : [...all, update], current, update, collisionCount };
  }

  async #carryOut(facts: SetFacts, revisions: Revisions, context: ReconcileContext): Promise<void> {
    const work = this.#claimWork(facts.set, context);
    for (const step of planSet(facts)) if (!(await this.#do(step, facts, revisions, work, context))) break;
    if (isTerminating(facts.set)) return;
    for (const pod of facts.pods) {
      const ordinal = ordinalOf(facts.set, pod)!;
      if (!isTerminating(pod) && !hasIdentity(facts.set, pod, ordinal)) await this.#restoreIdentity(facts.set, pod, ordinal, context);
      await ownClaims(work, ordinal, pod);
    }
  }

  #claimWork(set: StatefulSet, { client, signal }: ReconcileContext): ClaimWork {
    return { client, events: this.#dependencies.events, claims: this.#caches.claims.lister, set, signal };
  }

  /** Does one step; false when the following ones have to wait. */
  async #do(step: SetStep, { set, updateRevision }: SetFacts, revisions: Revisions, work: ClaimWork, context: ReconcileContext): Promise<boolean> {
    const { events } = this.#dependencies;
    const where = `${set.metadata.namespace}/${set.metadata.name}`;
    switch (step.type) {
      case 'create': {
        const stale = claimsOf(set, step.ordinal).some(({ metadata }) => {
          const known = work.claims.get(`${metadata.namespace}/${metadata.name}`);
          return known && isStaleClaim(known, set, step.ordinal, undefined);
        });
        if (stale) return false;
        await this.#claims(work, step.ordinal, context);
        const template = step.revision === updateRevision ? set.spec.template : templateOf(revisions.current);
        await this.#create(set, podTemplateFor(set, template, step.ordinal, step.revision), step.ordinal, context);
        return true;
      }
      case 'recreate': {
        const failed = step.pod.status.phase === 'Failed';
        if (failed) events.event(set, 'Warning', 'RecreatingFailedPod', `StatefulSet ${where} is recreating failed Pod ${step.pod.metadata.name}`);
        else events.event(set, 'Normal', 'RecreatingTerminatedPod', `StatefulSet ${where} is recreating terminated Pod ${step.pod.metadata.name}`);
        await this.#remove(set, step.pod, context);
        return true;
      }
      case 'remove':
        await this.#remove(set, step.pod, context);
        return true;
    }
  }

  /** A pod whose claims cannot be made is not made either, and says so. */
  async #claims(work: ClaimWork, ordinal: number, { signal }: ReconcileContext): Promise<void> {
    try {
      await createClaims(work, ordinal);
    } catch (error) {
      if (!isNamespaceTerminating(error) && !signal.aborted) this.#report(work.set, 'create', podName(work.set, ordinal), error);
      throw error;
    }
  }

  async #create(set: StatefulSet, { metadata, spec }: Pick<Pod, 'metadata' | 'spec'>, ordinal: number, { client, signal }: ReconcileContext): Promise<void> {
    const name = podName(set, ordinal);
    const full = { ...metadata, name, namespace: set.metadata.namespace ?? '', ownerReferences: [newControllerRef(set, statefulSets as Kind)] };
    try {
      await client.of(pods).create({ metadata: full, spec }, {}, signal);
      this.#report(set, 'create', name, undefined);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error) && !signal.aborted) this.#report(set, 'create', name, error);
      throw error;
    }
  }

  async #remove(set: StatefulSet, pod: Pod, { client, signal }: ReconcileContext): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    try {
      await client.of(pods).namespace(namespace).delete(name, { preconditions: { uid } }, signal);
      this.#report(set, 'delete', name, undefined);
    } catch (error) {
      if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return;
      if (!signal.aborted) this.#report(set, 'delete', name, error);
      throw error;
    }
  }

  #report(set: StatefulSet, verb: 'create' | 'update' | 'delete', pod: string, error: unknown): void {
    const reason = REASONS[verb];
    const about = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    const { events } = this.#dependencies;
    if (error === undefined) events.event(set, 'Normal', `Successful${reason}`, `${about} successful`);
    else events.event(set, 'Warning', `Failed${reason}`, `${about} failed error: ${messageOf(error)}`);
  }

  async #restoreIdentity(set: StatefulSet, pod: Pod, ordinal: number, { client, signal }: ReconcileContext): Promise<void> {
    const { name = '', namespace = '' } = pod.metadata;
    try {
      await client.of(pods).namespace(namespace).patch(name, { type: 'strategic', body: { metadata: { labels: identityLabels(set, ordinal) } } }, {}, signal);
      this.#report(set, 'update', name, undefined);
    } catch (error) {
      if (!isReason(error, 'NotFound') && !signal.aborted) this.#report(set, 'update', name, error);
      throw error;
    }
  }

  async #updateStatus(facts: SetFacts, { collisionCount }: Revisions, { client, signal }: ReconcileContext): Promise<void> {
    const status = statefulSetStatus(facts, collisionCount);
    if (!sameStatefulSetStatus(facts.set.status, status)) await client.of(statefulSets).updateStatus({ ...facts.set, status }, {}, signal);
  }

  async #trim({ set, pods: members }: SetFacts, { all, current, update }: Revisions, { client, signal }: ReconcileContext): Promise<void> {
    const used = new Set([current.metadata.name, update.metadata.name, ...members.map(revisionOf)]);
    const unused = all.filter(({ metadata }) => !used.has(metadata.name ?? ''));
    await trimRevisions(client, unused, set.spec.revisionHistoryLimit ?? 10, signal);
  }
}
