/**
 * Rejected pods, found by profile and by the plugins that rejected them.
 */
import type { ClusterEvent } from './events.ts';
import type { Profile } from './profile.ts';
import type { QueuedPod } from './queue.ts';

/** Bounded by the number of waiting pods. */
export class UnschedulablePods {
  readonly #pods = new Map<string, QueuedPod>();
  readonly #byPlugin = new Map<Profile, Map<string, Set<string>>>();

  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  add(pod: QueuedPod): void {
    const { uid } = pod.info;
    this.delete(uid);
    this.#pods.set(uid, pod);
    let byPlugin = this.#byPlugin.get(pod.profile);
    if (!byPlugin) this.#byPlugin.set(pod.profile, (byPlugin = new Map()));
    for (const plugin of pod.rejectedBy) {
      const known = byPlugin.get(plugin);
      if (known) known.add(uid);
      else byPlugin.set(plugin, new Set([uid]));
    }
  }

  delete(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    const byPlugin = this.#byPlugin.get(pod.profile);
    for (const plugin of pod.rejectedBy) {
      const uids = byPlugin?.get(plugin);
      uids?.delete(uid);
      if (uids?.size === 0) byPlugin?.delete(plugin);
    }
  }

  /** The pods that an event may help, by the word of a plugin that rejected them. */
  helpedBy(event: ClusterEvent): QueuedPod[] {
    const helped = new Set<QueuedPod>();
    for (const [profile, byPlugin] of this.#byPlugin) {
      for (const plugin of profile.pluginsOn(event.type)) {
        for (const uid of byPlugin.get(plugin) ?? []) {
          const pod = this.#pods.get(uid)!;
          if (!helped.has(pod) && profile.mayHelp(plugin, pod.info.pod, event)) helped.add(pod);
        }
      }
    }
    return [...helped];
  }

  /** How many pods each plugin rejected, per profile. */
  *counts(): IterableIterator<{ readonly plugin: string; readonly profile: string; readonly count: number }> {
    for (const [profile, byPlugin] of this.#byPlugin) {
      for (const [plugin, uids] of byPlugin) yield { plugin, profile: profile.schedulerName, count: uids.size };
    }
  }

  values(): Iterable<QueuedPod> {
    return this.#pods.values();
  }
}
