/**
 * Asks a DNS server the way a pod would.
 */
import { Resolver } from 'node:dns/promises';

const TIMEOUT_MS = 500;

/** Whether the server at `address` knows `name`. */
export async function answersClusterNames(address: string, name: string, signal: AbortSignal): Promise<boolean> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  resolver.setServers([address]);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return (await resolver.resolve4(name)).length > 0;
  } catch (error) {
    signal.throwIfAborted();
    // Every failure of a question means: not yet.
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return false;
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
