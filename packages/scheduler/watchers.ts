/**
 * Keeps cache and queue in step with the informers.
 */
import type { InformerFactory } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { SchedulerCache } from './cache.ts';
import { type ClusterEventType, nodeEventTypes, type WatchedKind } from './events.ts';
import type { Profile } from './profile.ts';
import { WATCHED_KINDS } from './watched-kinds.ts';
import { isTerminal, podInfo } from './pod-info.ts';
import type { SchedulingQueue } from './queue.ts';

/** Subscribes to nodes, pods and the kinds that the profiles' plugins wait for. */
export function watchCluster(informers: InformerFactory, cache: SchedulerCache, queue: SchedulingQueue, profiles: ReadonlyMap<string, Profile>): Disposable {
  const subscriptions = new DisposableStack();
  const profileOf = (pod: Pod): Profile | undefined => profiles.get(pod.spec.schedulerName ?? '');
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
  const remove = (pod: Pod): void => {
    const uid = pod.metadata.uid!;
    if (pod.spec.nodeName) {
      cache.removePod(uid);
      queue.notify({ type: 'AssignedPodDelete', previous: pod });
    } else {
      queue.delete(uid);
      cache.forget(uid);
    }
  };
  const enter = (pod: Pod, old: Pod | undefined): void => {
    const uid = pod.metadata.uid!;
    if (pod.spec.nodeName) {
      queue.delete(uid);
      cache.setPod(podInfo(pod));
      queue.notify({ type: old?.spec.nodeName ? 'AssignedPodUpdate' : 'AssignedPodAdd', next: pod, previous: old });
      return;
    }
    const profile = profileOf(pod);
    if (!profile || cache.isAssumed(uid)) return;
    if (pod.metadata.deletionTimestamp) queue.delete(uid);
    else if (old) queue.update(pod, old, profile);
    else queue.add(pod, profile);
  };
  subscriptions.use(
    informers.of(pods).listen({
      added(pod) {
        if (!isTerminal(pod)) enter(pod, undefined);
      },
      updated(pod, old) {
        if (isTerminal(pod)) {
          if (!isTerminal(old)) remove(pod.spec.nodeName ? pod : old);
        } else if (pod.metadata.uid === old.metadata.uid) enter(pod, old);
        else {
          remove(old);
          enter(pod, undefined);
        }
      },
      deleted: remove,
    }),
  );
  return subscriptions;
}
