/**
 * Pods of nodes that are not ready: whatever they last reported, nobody can vouch for it now.
 */
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podCondition } from '#kinds/core/pod/conditions.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';

/** Pods by the node they run on: the name of an index. */
export const BY_NODE = 'spec.nodeName';

/** The values of that index. */
export function nodeOf({ spec }: Pod): readonly string[] {
  return spec.nodeName ? [spec.nodeName] : [];
}

/** Whether the pod still says that it is ready, or might be. */
export function claimsReady(pod: Pod): boolean {
  const ready = podCondition(pod.status, 'Ready');
  return ready !== undefined && ready.status !== 'False';
}

/** What marking needs. */
export interface MarkContext {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly nowMs: number;
}

/** Writes that the pod is not ready, with an event. A pod that is gone is fine. */
export async function markNotReady(pod: Pod, { client, events, nowMs }: MarkContext, signal: AbortSignal): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata;
  const condition = { ...podCondition(pod.status, 'Ready'), type: 'Ready', status: 'False', lastTransitionTime: formatTime(nowMs) };
  try {
    await client
      .of(pods)
      .namespace(namespace)
      .patch(name, { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } }, subresource: 'status' }, {}, signal);
  } catch (error) {
    if (isReason(error, 'NotFound')) return;
    throw error;
  }
  events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
}
