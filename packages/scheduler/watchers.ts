/**
 * Keeps cache and queue in step with the informers.
 */
import type { InformerFactory } from '#client/informer.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { SchedulerCache } from './cache.ts';
import { type ClusterEventType, nodeEventTypes, type WatchedKind } from './events.ts';
import type { Nominator } from './nominator.ts';
import { isTerminal, podInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { SchedulingQueue } from './queue.ts';
import { WATCHED_KINDS } from './watched-kinds.ts';

/** What is kept in step. */
export interface Kept {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
}

/** Subscribes to nodes, pods, namespaces and the kinds that the profiles' plugins wait for. */
export function watchCluster(informers: InformerFactory, kept: Kept, profiles: ReadonlyMap<string, Profile>): Disposable {
  const subscriptions = new DisposableStack();
  const { cache, queue } = kept;
  // Before the others, so that the cache knows labels of namespaces when plugins are asked.
  subscriptions.use(
    informers.of(namespaces).listen({
      added: ({ metadata }) => cache.setNamespace(metadata.name!, metadata.labels ?? {}),
      updated: ({ metadata }, old) => {
        if (JSON.stringify(metadata.labels) !== JSON.stringify(old.metadata.labels)) cache.setNamespace(metadata.name!, metadata.labels ?? {});
      },
      deleted: ({ metadata }) => cache.setNamespace(metadata.name!, undefined),
    }),
  );
  watchKinds(informers, queue, profiles, subscriptions);
  subscriptions.use(
    informers.of(nodes).listen({
      added(node) {
        cache.setNode(node);
        queue.notify({ type: 'NodeAdd', next: node });
      },
      updated(node, old) {
        const types = nodeEventTypes(node, old);
        cache.setNode(node);
        for (const type of types) queue.notify({ type, next: node, previous: old });
      },
      deleted(node) {
        cache.removeNode(node.metadata.name!);
        queue.notify({ type: 'NodeDelete', previous: node });
      },
    }),
  );
  const watcher = new PodWatcher(kept, (pod) => profiles.get(pod.spec.schedulerName ?? ''));
  subscriptions.use(
    informers.of(pods).listen({
      added: (pod) => watcher.added(pod),
      updated: (pod, old) => watcher.updated(pod, old),
      deleted: (pod) => watcher.removed(pod),
    }),
  );
  return subscriptions;
}

function watchKinds(informers: InformerFactory, queue: SchedulingQueue, profiles: ReadonlyMap<string, Profile>, subscriptions: DisposableStack): void {
  const wanted = new Set<ClusterEventType>([...profiles.values()].flatMap((profile) => [...profile.eventTypes]));
  for (const name of Object.keys(WATCHED_KINDS) as WatchedKind[]) {
    if (!wanted.has(`${name}Add`) && !wanted.has(`${name}Update`) && !wanted.has(`${name}Delete`)) continue;
    subscriptions.use(
      informers.of(WATCHED_KINDS[name]).listen({
        added: (next) => queue.notify({ type: `${name}Add`, next }),
        updated: (next, previous) => queue.notify({ type: `${name}Update`, next, previous }),
        deleted: (previous) => queue.notify({ type: `${name}Delete`, previous }),
      }),
    );
  }
}

class PodWatcher {
  readonly #kept: Kept;
  readonly #profileOf: (pod: Pod) => Profile | undefined;

  constructor(kept: Kept, profileOf: (pod: Pod) => Profile | undefined) {
    this.#kept = kept;
    this.#profileOf = profileOf;
  }

  added(pod: Pod): void {
    if (!isTerminal(pod)) this.#enter(pod, undefined);
  }

  updated(pod: Pod, old: Pod): void {
    if (isTerminal(pod)) {
      if (!isTerminal(old)) this.removed(pod.spec.nodeName ? pod : old);
    } else if (pod.metadata.uid === old.metadata.uid) this.#enter(pod, old);
    else {
      this.removed(old);
      this.#enter(pod, undefined);
    }
  }

  removed(pod: Pod): void {
    const { cache, queue, nominator } = this.#kept;
    const uid = pod.metadata.uid!;
    if (pod.spec.nodeName) {
      cache.removePod(uid);
      queue.notify({ type: 'AssignedPodDelete', previous: pod });
      return;
    }
    queue.delete(uid);
    cache.forget(uid);
    if (nominator.nodeOf(uid) === undefined) return;
    nominator.delete(uid);
    // The room that was kept is free now.
    queue.notify({ type: 'AssignedPodDelete', previous: pod });
  }

  #enter(pod: Pod, old: Pod | undefined): void {
    const { cache, queue, nominator } = this.#kept;
    const uid = pod.metadata.uid!;
    if (pod.spec.nodeName) {
      queue.delete(uid);
      nominator.delete(uid);
      const changed = cache.setPod(podInfo(pod, cache.placement(uid)?.info));
      if (!old?.spec.nodeName) queue.notify({ type: 'AssignedPodAdd', next: pod, previous: old });
      // Most updates are news of containers, which help no waiting pod.
      else if (changed) queue.notify({ type: 'AssignedPodUpdate', next: pod, previous: old });
      return;
    }
    const profile = this.#profileOf(pod);
    if (!profile || cache.isAssumed(uid)) return;
    if (pod.metadata.deletionTimestamp) {
      queue.delete(uid);
      nominator.delete(uid);
      return;
    }
    this.#nominate(pod, old);
    if (old) queue.update(pod, old, profile);
    else queue.add(pod, profile);
  }

  /** What the API says of a nomination counts when it changes; between, the scheduler's own word does. */
  #nominate(pod: Pod, old: Pod | undefined): void {
    const { nominator } = this.#kept;
    const { uid } = pod.metadata;
    const nominated = pod.status.nominatedNodeName;
    if (nominated) nominator.set(podInfo(pod), nominated);
    else if (old?.status.nominatedNodeName) nominator.delete(uid!);
  }
}
