/**
 * Removes the victims of a preemption.
 */
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { ignoreMissing, patchPodStatus } from '../pod-writes.ts';
import type { Candidate } from '../preemption.ts';
import type { PluginHandle } from './registry.ts';

/** Tells victims why, then deletes them. */
export class Evictor {
  readonly #handle: Pick<PluginHandle, 'client' | 'clock' | 'events'>;

  constructor(handle: Pick<PluginHandle, 'client' | 'clock' | 'events'>) {
    this.#handle = handle;
  }

  /** Removes the candidate's victims, each with the condition DisruptionTarget and an event. */
  async evict(preemptor: Pod, candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { client, clock, events } = this.#handle;
    const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`;
    await Promise.all(
      candidate.victims.map(async ({ pod }) => {
        if (pod.metadata.deletionTimestamp) return;
        const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message, lastTransitionTime: formatTime(clock.now()) };
        await patchPodStatus(client, pod, { conditions: [condition] }, signal);
        await ignoreMissing(client.of(pods).namespace(pod.metadata.namespace!).delete(pod.metadata.name!, { preconditions: { uid: pod.metadata.uid! } }, signal));
        events.event({
          regarding: pod,
          related: preemptor,
          type: 'Normal',
          reason: 'Preempted',
          action: 'Preempting',
          note: `Preempted by pod ${preemptor.metadata.uid} on node ${candidate.node}`,
        });
      }),
    );
  }
}
