/**
 * The port of a cluster's API server: found free, and claimed until the server itself listens on it, so that clusters that start at the same time do not choose the same one.
 */
import { createServer, type Server } from 'node:net';
import { systemClock } from '#base/clock.ts';
import { UserError } from './spec.ts';

/** A port that no other `navarch up` on this machine takes while it is held. */
export interface PortClaim extends AsyncDisposable {
  readonly port: number;
}

const FIRST_API_PORT = 6443;
const PORTS_TO_TRY = 100;
/** How long to wait for another `navarch up` that holds the very port this one was told to use: its server listens sooner, which decides the matter. */
const PATIENCE_MS = 10_000;
const POLL_MS = 20;

/** Claims the first port that is free and not in `avoid` (ports of clusters that are stopped). @throws UserError when there is none. */
export async function chooseApiPort(avoid: ReadonlySet<number>): Promise<PortClaim> {
  for (let port = FIRST_API_PORT; port < FIRST_API_PORT + PORTS_TO_TRY; port++) {
    if (avoid.has(port)) continue;
    const held = await claim(port);
    if (held && (await isFree(port))) return held;
    await held?.[Symbol.asyncDispose]();
  }
  throw new UserError(`no port from ${FIRST_API_PORT} to ${FIRST_API_PORT + PORTS_TO_TRY - 1} is free on 127.0.0.1; choose one with --api-port`);
}

/** Claims this port. @throws UserError saying `advice` when something listens on it, or is about to. */
export async function claimApiPort(port: number, advice: string): Promise<PortClaim> {
  const deadlineMs = systemClock.monotonicMs() + PATIENCE_MS;
  while (await isFree(port)) {
    const held = await claim(port);
    // Looked at once more: whoever held the claim before may have listened in between.
    if (held && (await isFree(port))) return held;
    await held?.[Symbol.asyncDispose]();
    if (systemClock.monotonicMs() > deadlineMs) throw new UserError(`another navarch up is about to use port ${port}; ${advice}`);
    await systemClock.sleep(POLL_MS);
  }
  throw new UserError(`port ${port} on 127.0.0.1 is taken; ${advice}`);
}

/** A name in Linux's abstract socket namespace is the claim: machine-wide, per network namespace as ports are, and gone with its holder. */
async function claim(port: number): Promise<PortClaim | undefined> {
  const holder = await listen({ path: `\0navarch/api-port/${port}` });
  return holder && { port, [Symbol.asyncDispose]: () => close(holder) };
}

async function isFree(port: number): Promise<boolean> {
  try {
    const server = await listen({ port, host: '127.0.0.1' });
    if (server) await close(server);
    return server !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new UserError(`port ${port} may not be used by this user; choose one above 1023 with --api-port`);
  }
}

/** Listens; undefined when the address is in use. */
async function listen(address: { readonly path: string } | { readonly port: number; readonly host: string }): Promise<Server | undefined> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
  server.listen(address, () => resolve(server));
  return await promise;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
