/**
 * Waits until a server accepts connections.
 */
import { connect } from 'node:net';
import type { Clock } from '#base/clock.ts';

const POLL_MS = 20;
/** A server that stays away this long is left to the clients' own retries. */
const PATIENCE_MS = 10_000;

/** Resolves when `server` accepts a connection, or after ten seconds. */
export async function whenReachable(server: URL, clock: Clock, signal: AbortSignal): Promise<void> {
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
  while (!(await accepts(server)) && clock.monotonicMs() < deadlineMs) await clock.sleep(POLL_MS, signal);
}

function accepts(server: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: server.hostname, port: Number(server.port) });
  socket.once('connect', () => {
    resolve(true);
    socket.destroy();
  });
  socket.once('error', () => resolve(false));
  return promise;
}
