/** Port forwarding over WebSocket: the SPDY/3.1 connection that clients have always used, its bytes inside binary messages. Source: KEP-4006. */
import type { Connection } from '../call.ts';
import type { UpgradedBackend } from './upgrade-backend.ts';
import { acceptWebSocket, closed, receiveHolding, sendHolding } from './web-socket.ts';

/** What precedes the name of the tunnelled protocol. */
const TUNNEL_PREFIX = 'SPDY/3.1+';

/** A protocol that a client wants tunnelled: as offered, and the one inside. */
export interface Tunnelled {
  readonly offered: string;
  readonly inner: string;
}

/** The first tunnelled protocol among those offered. */
export function tunnelledProtocol(protocols: readonly string[]): Tunnelled | undefined {
  const offered = protocols.find((one) => one.startsWith(TUNNEL_PREFIX));
  return offered === undefined ? undefined : { offered, inner: offered.slice(TUNNEL_PREFIX.length) };
}

/** Passes bytes until one side ends. */
export async function serveTunnel(connection: Connection, { socket, head }: UpgradedBackend, protocol: string): Promise<void> {
  const webSocket = await acceptWebSocket(connection, protocol).catch(() => undefined);
  if (!webSocket) {
    socket.destroy();
    return;
  }
  webSocket.once('close', () => socket.destroy());
  if (head.length > 0) sendHolding(webSocket, head, socket);
  receiveHolding(webSocket, socket, (message) => socket.write(message));
  socket.on('data', (piece: Buffer) => sendHolding(webSocket, piece, socket));
  socket.on('error', () => socket.destroy());
  for (const event of ['end', 'close'] as const) socket.once(event, () => webSocket.close(1000));
  await closed(webSocket);
}
