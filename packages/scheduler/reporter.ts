/**
 * Tells pods what became of them: events, and the condition PodScheduled.
 */
import type { Clock } from '#base/clock.ts';
import type { Client } from '#client/client.ts';
import type { EventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { patchPodStatus } from './pod-writes.ts';

/** Notes of events are cut at this many characters. */
const MAX_NOTE = 1024;

/** Why a pod has no node. */
export interface Failure {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** A node that is being cleared for the pod; empty: no longer; undefined: as before. */
  readonly nominated?: string | undefined;
}

/** The scheduler's words, through one client. */
export class Reporter {
  readonly #client: Client;
  readonly #recorders: ReadonlyMap<string, EventSeriesRecorder>;
  readonly #clock: Clock;

  /** `recorders`: by scheduler name. */
  constructor(client: Client, recorders: ReadonlyMap<string, EventSeriesRecorder>, clock: Clock) {
    this.#client = client;
    this.#recorders = recorders;
    this.#clock = clock;
  }

  /** The pod has its node. */
  scheduled(info: PodInfo, node: NodeInfo): void {
    this.#recorderOf(info.pod)?.event({
      regarding: info.pod,
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note: `Successfully assigned ${info.key} to ${node.name}`,
    });
  }

  /** Tells the pod why it has no node: condition PodScheduled and an event; names a node that is being cleared for it. */
  async failed(pod: Pod, { reason, message, nominated }: Failure, signal: AbortSignal): Promise<void> {
    const note = message.length > MAX_NOTE ? `${message.slice(0, MAX_NOTE - 4)} ...` : message;
    this.#recorderOf(pod)?.event({ regarding: pod, type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note });
    const current = pod.status.conditions?.find((one) => one.type === 'PodScheduled');
    const unchanged = current?.status === 'False' && current.reason === reason && current.message === message;
    if (unchanged && (nominated === undefined || nominated === (pod.status.nominatedNodeName ?? ''))) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      observedGeneration: pod.metadata.generation,
      lastTransitionTime: current?.status === 'False' ? current.lastTransitionTime : formatTime(this.#clock.now()),
    };
    await patchPodStatus(this.#client, pod, { conditions: [condition], ...(nominated === undefined ? {} : { nominatedNodeName: nominated || null }) }, signal);
  }

  #recorderOf(pod: Pod): EventSeriesRecorder | undefined {
    return this.#recorders.get(pod.spec.schedulerName ?? '');
  }
}
