/** The server's side of WebSocket connections, and how fast bytes pass between one and a byte stream. */
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Connection } from '../call.ts';

/** The longest message a client may send. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Bytes waiting for a slow client before the backend has to wait too. */
const MAX_WAITING_BYTES = 256 * 1024;

/** The protocols that a client of a WebSocket request offers, in its order; undefined for other requests. */
export function offeredProtocols(header: (name: string) => string | undefined): readonly string[] | undefined {
  if (header('upgrade')?.toLowerCase() !== 'websocket') return undefined;
  return (header('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim()).filter(Boolean);
}

/** Begins the protocol in which browsers hide a bearer token, since they cannot set headers. */
export const TOKEN_PROTOCOL_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** Completes the handshake, choosing `protocol` if there is one; nothing is read before `receiveHolding`. Rejects when the client's part is malformed (it has been told). */
export async function acceptWebSocket(connection: Connection, protocol: string | undefined): Promise<WebSocket> {
  const { socket, head } = connection.upgrade!;
  // Loaded when first needed: most servers never stream over WebSocket, and all start faster.
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  const request = connection.request as IncomingMessage;
  // The library insists on the grammar of protocol names, which `SPDY/3.1+portforward.k8s.io` does not follow.
  delete request.headers['sec-websocket-protocol'];
  if (protocol !== undefined) server.on('headers', (headers) => void headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the WebSocket handshake failed')));
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.pause();
      webSocket.on('error', () => webSocket.terminate());
      // A client that has hung up without a word will not answer a goodbye either.
      socket.once('end', () => webSocket.terminate());
      resolve(webSocket);
    });
  });
}

/** Sends a message; when too much waits for the client, `source` waits until it does not. */
export function sendHolding(webSocket: WebSocket, message: Buffer, source: Readable, binary = true): void {
  if (webSocket.readyState !== webSocket.OPEN) return;
  webSocket.send(message, { binary }, () => {
    if (source.isPaused() && webSocket.bufferedAmount <= MAX_WAITING_BYTES) source.resume();
  });
  if (webSocket.bufferedAmount > MAX_WAITING_BYTES) source.pause();
}

/** Calls `take` with each message; when it answers false, no more are read until `sink` drains. */
export function receiveHolding(webSocket: WebSocket, sink: Duplex, take: (message: Buffer) => boolean): void {
  webSocket.binaryType = 'nodebuffer';
  sink.on('drain', () => webSocket.resume());
  webSocket.on('message', (message: Buffer) => {
    if (!take(message)) webSocket.pause();
  });
  webSocket.resume();
}

/** Resolves when the connection is closed. */
export function closed(webSocket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (webSocket.readyState === webSocket.CLOSED) resolve();
    else webSocket.once('close', () => resolve());
  });
}
