/**
 * What the scheduler writes to pods besides their binding.
 */
import type { Client } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';

/** Patches the pod's status unless it is another pod by now. */
export async function patchPodStatus(client: Client, pod: Pod, status: unknown, signal: AbortSignal): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const patch = { type: 'strategic' as const, body: { metadata: { uid }, status }, subresource: 'status' };
  await ignoreMissing(client.of(pods).namespace(namespace!).patch(name!, patch, {}, signal));
}

/** A pod that went away meanwhile needs nothing more. */
export async function ignoreMissing(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
  }
}
