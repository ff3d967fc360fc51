/**
 * Deletes objects whose owners are gone, and sees deletions through that wait for dependents or orphan them.
 *
 *     every resource ──> graph ──uids──> look: orphan dependents | wait for blockers | owners absent: delete | some absent: drop references
 *
 * Source: the documented garbage collection; kube-controller-manager `pkg/controller/garbagecollector`.
 */
import type { Counter } from '#base/metrics.ts';
import type { Client } from '#client/client.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { customResourceDefinitions } from '#kinds/apiextensions/custom-resource-definition/kind.ts';
import { groupVersionText } from '#machinery/kind.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { Monitors } from '../discovery/monitors.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { ItemChanges } from './changes.ts';
import { DependencyGraph, FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './graph.ts';
import type { GraphItem } from './graph.ts';
import { Owners, UnknownOwnerKind } from './owners.ts';
import type { FoundOwner } from './owners.ts';
import { judge } from './verdict.ts';

/** What the collector needs. */
export interface GarbageCollectorOptions {
  readonly listServed: ListServedResources;
  /** How often the served resources are asked for again. */
  readonly resyncMs?: number;
}

/** As upstream: `--concurrent-gc-syncs`. */
const CONCURRENCY = 20;
const RESYNC_MS = 30_000;
/** While the first content of the caches is awaited. */
const SYNC_POLL_MS = 50;
/** An owner that the server shows and the cache does not: looked at again in case it came and went unseen. */
const UNOBSERVED_MS = 5_000;
/** A kind that is not served may be later: a custom resource that is being installed, or an API server that is away. */
const UNKNOWN_KIND_MS = 60_000;
/** Dependents orphaned at the same time. */
const PARALLEL_ORPHANS = 16;
/** The key that stands for "what is served has changed". */
const RESYNC = 'resync';

/** `garbage-collector-controller`. */
export function garbageCollectorController(options: GarbageCollectorOptions): ControllerEntry {
  return { name: 'garbage-collector-controller', make: (dependencies) => new GarbageCollector(dependencies, options).controller() };
}

class GarbageCollector {
  readonly #dependencies: ControllerDependencies;
  readonly #options: GarbageCollectorOptions;
  readonly #graph = new DependencyGraph();
  readonly #monitors: Monitors;
  readonly #owners: Owners;
  readonly #syncErrors: Counter | undefined;
  /** Whether the resources are known. */
  #following = false;
  /** Set once the controller runs; nothing is monitored before. */
  #enqueue: (key: string) => void = () => undefined;

  constructor(dependencies: ControllerDependencies, options: GarbageCollectorOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#monitors = new Monitors(dependencies, {
      put: (kind, object) => this.#look(this.#graph.put(kind, object)),
      removed: (_, { metadata }) => this.#look(this.#graph.remove(metadata.uid ?? '')),
    });
    this.#owners = new Owners(this.#monitors);
    this.#syncErrors = dependencies.metrics?.counter({ name: 'garbagecollector_controller_resources_sync_error_total', help: 'Number of garbage collector resources sync errors' });
  }

  controller(): Controller {
    return {
      name: 'garbage_collector_attempt_to_delete',
      concurrency: CONCURRENCY,
      watches: [watch(this.#dependencies.informers.of(customResourceDefinitions), () => [RESYNC])],
      reconcile: (key, context) => (key === RESYNC ? this.#follow(context.signal) : this.#reconcile(key, context)),
      background: async ({ clock, signal }, enqueue) => {
        this.#enqueue = enqueue;
        try {
          for (;;) {
            enqueue(RESYNC);
            await clock.sleep(this.#options.resyncMs ?? RESYNC_MS, signal);
          }
        } finally {
          await this.#monitors[Symbol.asyncDispose]();
        }
      },
    };
  }

  #look(uids: readonly string[]): void {
    for (const uid of uids) this.#enqueue(uid);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    try {
      const served = await this.#options.listServed(signal);
      if (signal.aborted) return;
      await this.#monitors.follow(served);
      this.#following = true;
    } catch (error) {
      this.#syncErrors?.increment();
      throw error;
    }
  }

  async #reconcile(uid: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    if (!this.#following || !this.#monitors.synced) return { afterMs: SYNC_POLL_MS };
    const item = this.#graph.get(uid);
    if (!item) return;
    const changes = new ItemChanges(context.client, item, context.signal);
    switch (item.waiting) {
      case 'orphan':
        return this.#orphanDependents(item, changes, context);
      case 'foreground':
        return this.#awaitDependents(item, changes);
      case undefined:
        // What is being deleted goes by itself, and its dependents after it.
        return item.deleting ? undefined : this.#collect(item, changes, context);
    }
  }

  /** Dependents forget their owner, then it may go. */
  async #orphanDependents(item: GraphItem, changes: ItemChanges, { client, signal }: ReconcileContext): Promise<void> {
    const rest = this.#graph.dependentsOf(item.uid).values();
    const worker = async (): Promise<void> => {
      for (const dependent of rest) await new ItemChanges(client, dependent, signal).dropOwners([item.uid]);
    };
    await Promise.all(Array.from({ length: PARALLEL_ORPHANS }, worker));
    await changes.removeFinalizer(ORPHAN_FINALIZER);
  }

  /** The object may go when nothing blocks it; what does is looked at. */
  async #awaitDependents(item: GraphItem, changes: ItemChanges): Promise<void> {
    const blockers = this.#graph.blockersOf(item.uid);
    if (blockers.length === 0) return changes.removeFinalizer(FOREGROUND_FINALIZER);
    for (const one of blockers) if (one.waiting !== 'foreground') this.#enqueue(one.uid);
  }

  async #collect(item: GraphItem, changes: ItemChanges, { client, signal }: ReconcileContext): Promise<ReconcileAgain | void> {
    if (item.owners.every((reference) => this.#owners.cached(item, reference) === 'solid')) return;
    const live = await changes.live();
    if (!live) return;
    const references = live.metadata.ownerReferences ?? [];
    let found: readonly FoundOwner[];
    try {
      found = await this.#findAll(item, references, client, signal);
    } catch (error) {
      if (!(error instanceof UnknownOwnerKind)) throw error;
      this.#dependencies.log.debug('an owner is of an unknown kind', { object: item.name, reason: error.message });
      return { afterMs: UNKNOWN_KIND_MS };
    }
    const verdict = judge(
      live,
      found.map((one) => one.state),
      this.#graph.hasDependents(item.uid),
    );
    switch (verdict.type) {
      case 'keep':
        break;
      case 'drop-references':
        return changes.dropOwners(verdict.owners);
      case 'delete':
        if (verdict.reason === 'owner-waits' && this.#isInCycle(item, references)) {
          await changes.unblockOwners(references);
          this.#enqueue(item.uid);
        } else await changes.delete(live, verdict.policy);
        return;
    }
    return found.some((one) => one.unobserved) ? { afterMs: UNOBSERVED_MS } : undefined;
  }

  /** Whether a dependent that is being deleted may be waiting for this very object, while the object blocks an owner. Sometimes true without need, which does no harm. */
  #isInCycle(item: GraphItem, references: readonly OwnerReference[]): boolean {
    return references.some((one) => one.blockOwnerDeletion) && this.#graph.dependentsOf(item.uid).some((one) => one.waiting === 'foreground');
  }

  async #findAll(item: GraphItem, references: readonly OwnerReference[], client: Client, signal: AbortSignal): Promise<readonly FoundOwner[]> {
    const found: FoundOwner[] = [];
    for (const reference of references) {
      const one = await this.#owners.find(item, reference, client, signal);
      if (one.misplaced) this.#reportMisplaced(item, reference);
      found.push(one);
    }
    return found;
  }

  #reportMisplaced({ kind, namespace, name, uid }: GraphItem, reference: OwnerReference): void {
    const about: Pick<KubeObject, 'kind' | 'apiVersion'> & { readonly name: string; readonly uid: string; readonly namespace?: string } = {
      kind: kind.kind,
      apiVersion: groupVersionText(kind),
      name,
      uid,
      ...(namespace ? { namespace } : {}),
    };
    const owner = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
    this.#dependencies.events.event(
      about,
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`,
    );
  }
}
