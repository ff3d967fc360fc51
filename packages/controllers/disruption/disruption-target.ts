/**
 * The pod condition that tells a pod ends because of a disruption, and which: retry rules of jobs read it.
 *
 * Source: the documented pod disruption conditions.
 */
import type { Client } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { formatTime } from '#machinery/time.ts';

/** Why a pod ends. */
export interface Disruption {
  readonly reason: 'DeletionByTaintManager' | 'DeletionByPodGC' | 'DeletionByDeviceTaintManager';
  readonly message: string;
}

/** Writes the condition, with more of the status if wanted. @throws StatusError NotFound, or Conflict when the pod is another one by now */
export async function markDisrupted(
  client: Client,
  pod: Pod,
  disruption: Disruption | undefined,
  options: { readonly status?: Partial<PodStatus>; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { namespace = '', name = '', uid, generation } = pod.metadata;
  const known = pod.status.conditions?.find((one) => one.type === 'DisruptionTarget');
  const isTold = !disruption || (known?.status === 'True' && known.reason === disruption.reason && known.message === disruption.message);
  if (isTold && !options.status) return;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    ...disruption,
    ...(generation ? { observedGeneration: generation } : {}),
    lastTransitionTime: known?.status === 'True' && known.lastTransitionTime ? known.lastTransitionTime : formatTime(options.nowMs),
  };
  const status = { ...options.status, ...(isTold ? {} : { conditions: [condition] }) };
  await client
    .of(pods)
    .namespace(namespace)
    .patch(name, { type: 'strategic', body: { metadata: { uid }, status }, subresource: 'status' }, {}, options.signal);
}
