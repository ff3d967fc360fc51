/**
 * What a Conflict on a patch with a uid means: another object has the name by now, or others wrote at the same time.
 */
import type { Client } from '#client/client.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';

/** Whether the object is gone, perhaps with another one in its place. @throws StatusError when that cannot be told */
export async function isReplaced<T extends KubeObject>(client: Client, kind: Kind<T>, { metadata }: T, signal: AbortSignal): Promise<boolean> {
  try {
    return (await client.of(kind).namespace(metadata.namespace ?? '').get(metadata.name ?? '', signal)).metadata.uid !== metadata.uid;
  } catch (error) {
    if (isReason(error, 'NotFound')) return true;
    throw error;
  }
}
