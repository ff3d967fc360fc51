/**
 * A stream of bytes over WebSocket: what pods have logged, for clients that read it as messages.
 *
 * Source: apiserver `util/wsstream`: `binary.k8s.io` has the bytes as they are, `base64.binary.k8s.io` as text in base64; an empty message comes first.
 */
import type { Readable } from 'node:stream';
import type { Connection } from '../call.ts';
import { acceptWebSocket, closed, offeredProtocols, sendHolding, TOKEN_PROTOCOL_PREFIX } from './web-socket.ts';

const BINARY = 'binary.k8s.io';
const BASE64 = 'base64.binary.k8s.io';

/** Whether one of the protocols that a client offers carries bytes; a client that offers none takes them as they are. */
export function carriesBytes(offered: readonly string[]): boolean {
  const named = offered.filter((one) => !one.startsWith(TOKEN_PROTOCOL_PREFIX));
  return named.length === 0 || named.some((one) => one === BINARY || one === BASE64);
}

/** Sends what `source` yields until it or the client ends. What the client sends is ignored. */
export async function serveBytes(connection: Connection, source: Readable): Promise<void> {
  const offered = offeredProtocols((name) => connection.request.headers[name]?.toString()) ?? [];
  const protocol = offered.find((one) => one === BINARY || one === BASE64);
  const webSocket = await acceptWebSocket(connection, protocol).catch(() => undefined);
  if (!webSocket) {
    source.destroy();
    return;
  }
  webSocket.once('close', () => source.destroy());
  webSocket.resume();
  const binary = protocol !== BASE64;
  webSocket.send(Buffer.alloc(0), { binary });
  source.on('data', (piece: Buffer) => sendHolding(webSocket, binary ? piece : Buffer.from(piece.toString('base64')), source, binary));
  source.once('error', () => webSocket.terminate());
  source.once('end', () => webSocket.close(1000));
  await closed(webSocket);
}
