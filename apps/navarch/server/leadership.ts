/**
 * Components of which one at a time may work in a cluster, however many servers it has.
 */
import { hostname } from 'node:os';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { runWithLease } from '#client/leader-election.ts';

/** Before a server that has lost leadership competes again. */
const AGAIN_MS = 2_000;

/** What leading needs. */
export interface LeadershipOptions {
  readonly client: Client;
  /** The Lease in kube-system: `kube-scheduler`. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Starts components into the stack that it is given. */
export type StartComponents = (components: AsyncDisposableStack) => Promise<void> | void;

/** Runs what `start` starts whenever this server leads, until `signal` aborts. */
export async function runWhileLeading({ client, name, clock, random, log }: LeadershipOptions, start: StartComponents, signal: AbortSignal): Promise<void> {
  const lead = async (leading: AbortSignal): Promise<void> => {
    await using components = new AsyncDisposableStack();
    await start(components);
    log.info('leading', { lease: name });
    await new Promise<void>((resolve) => leading.addEventListener('abort', () => resolve(), { once: true }));
  };
  const identity = `${hostname()}_${random.uuid()}`;
  while (!signal.aborted) {
    try {
      await runWithLease({ client, namespace: 'kube-system', name, identity, clock, random, log }, lead, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('no longer leading', { lease: name, ...errorFields(error) });
    }
    await clock.sleep(AGAIN_MS, signal);
  }
}
