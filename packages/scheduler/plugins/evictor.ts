/**
 * Removes the victims of a preemption.
 */
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { ignoreMissing, patchPodStatus } from '../pod-writes.ts';
import type { Candidate } from '../preemption.ts';
import type { PodInfo } from '../pod-info.ts';
import type { PluginHandle } from './registry.ts';

/** What making room on a node means. */
export interface Clearing extends Candidate {
  /** Less important pods that the node was promised to: they must look for another. */
  readonly displaced: readonly PodInfo[];
}

type EvictorHandle = Pick<PluginHandle, 'client' | 'clock' | 'events' | 'waiting'>;

/** Tells victims why, then deletes them. */
export class Evictor {
  readonly #handle: EvictorHandle;

  constructor(handle: EvictorHandle) {
    this.#handle = handle;
  }

  /** Removes the victims, each with the condition DisruptionTarget and an event. */
  async evict(preemptor: Pod, { node, victims, displaced }: Clearing, signal: AbortSignal): Promise<void> {
    const { client, waiting } = this.#handle;
    await Promise.all([
      ...victims.map(async (victim) => {
        // A victim that is not bound yet need not be deleted: it goes back to the queue.
        if (!waiting.reject(victim.uid, 'DefaultPreemption', 'preempted')) await this.#delete(victim.pod, preemptor, signal);
        this.#tell(victim.pod, preemptor, node);
      }),
      ...displaced.map(({ pod }) => patchPodStatus(client, pod, { nominatedNodeName: null }, signal)),
    ]);
  }

  async #delete(pod: Pod, preemptor: Pod, signal: AbortSignal): Promise<void> {
    if (pod.metadata.deletionTimestamp) return;
    const { client, clock } = this.#handle;
    const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`;
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message, observedGeneration: pod.metadata.generation, lastTransitionTime: formatTime(clock.now()) };
    await patchPodStatus(client, pod, { conditions: [condition] }, signal);
    await ignoreMissing(client.of(pods).namespace(pod.metadata.namespace!).delete(pod.metadata.name!, { preconditions: { uid: pod.metadata.uid! } }, signal));
  }

  #tell(victim: Pod, preemptor: Pod, node: string): void {
    this.#handle.events.event({
      regarding: victim,
      related: preemptor,
      type: 'Normal',
      reason: 'Preempted',
      action: 'Preempting',
      note: `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
    });
  }
}
