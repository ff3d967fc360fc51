/**
 * What the scheduler writes: bindings, conditions, nominations, evictions of victims, events.
 */
import type { Clock } from '#base/clock.ts';
import type { EventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { Client } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { Candidate } from './preemption.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './framework.ts';

/** Notes of events are cut at this many characters. */
const MAX_NOTE = 1024;

/** The scheduler's writes, through one client. */
export class Binder {
  readonly #client: Client;
  readonly #events: EventSeriesRecorder;
  readonly #clock: Clock;

  constructor(client: Client, events: EventSeriesRecorder, clock: Clock) {
    this.#client = client;
    this.#events = events;
    this.#clock = clock;
  }

  /** Binds the pod to its node. @throws StatusError when the binding was refused. */
  async bind(profile: Profile, info: PodInfo, node: NodeInfo, signal: AbortSignal): Promise<void> {
    const { metadata } = info.pod;
    for (const plugin of profile.preBinders) await plugin.preBind!(info, node, signal);
    const binding = {
      kind: 'Binding',
      apiVersion: 'v1',
      metadata: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
      target: { kind: 'Node', name: node.name },
    };
    await this.#client.of(pods).namespace(metadata.namespace!).sub('POST', metadata.name!, 'binding', binding, signal);
    this.#events.event({
      regarding: info.pod,
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note: `Successfully assigned ${info.key} to ${node.name}`,
    });
  }

  /** Tells the pod why it has no node: condition PodScheduled and an event; names a node that is being cleared for it. */
  async reject(pod: Pod, reason: 'Unschedulable' | 'SchedulerError', message: string, nominatedNode: string | undefined, signal: AbortSignal): Promise<void> {
    const note = message.length > MAX_NOTE ? `${message.slice(0, MAX_NOTE - 4)} ...` : message;
    this.#events.event({ regarding: pod, type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note });
    const current = pod.status.conditions?.find((one) => one.type === 'PodScheduled');
    const unchanged = current?.status === 'False' && current.reason === reason && current.message === message;
    if (unchanged && (nominatedNode === undefined || nominatedNode === pod.status.nominatedNodeName)) return;
    const now = formatTime(this.#clock.now());
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastTransitionTime: current?.status === 'False' ? current.lastTransitionTime : now,
    };
    await this.#patchStatus(pod, { conditions: [condition], ...(nominatedNode === undefined ? {} : { nominatedNodeName: nominatedNode }) }, signal);
  }

  /** Removes the victims of a preemption, each told why. */
  async evict(preemptor: Pod, candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { uid } = preemptor.metadata;
    const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`;
    await Promise.all(
      candidate.victims.map(async ({ pod }) => {
        if (pod.metadata.deletionTimestamp) return;
        const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message, lastTransitionTime: formatTime(this.#clock.now()) };
        await this.#patchStatus(pod, { conditions: [condition] }, signal);
        await ignoreMissing(this.#client.of(pods).namespace(pod.metadata.namespace!).delete(pod.metadata.name!, { preconditions: { uid: pod.metadata.uid! } }, signal));
        this.#events.event({
          regarding: pod,
          related: preemptor,
          type: 'Normal',
          reason: 'Preempted',
          action: 'Preempting',
          note: `Preempted by pod ${uid} on node ${candidate.node}`,
        });
      }),
    );
  }

  async #patchStatus(pod: Pod, status: unknown, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const patch = { type: 'strategic' as const, body: { metadata: { uid }, status }, subresource: 'status' };
    await ignoreMissing(this.#client.of(pods).namespace(namespace!).patch(name!, patch, {}, signal));
  }
}

/** A pod that went away meanwhile needs nothing more. */
async function ignoreMissing(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
  }
}
