/** Watches over WebSocket, for browsers: one event per message, text for JSON, binary for protobuf. Source: apiserver `endpoints/handlers/watch`. */
import type { WebSocket } from 'ws';
import type { Connection, WatchItem } from '../call.ts';
import { acceptWebSocket, closed, offeredProtocols, TOKEN_PROTOCOL_PREFIX } from './web-socket.ts';

/** Bytes waiting for a slow client before the watch has to wait too. */
const MAX_WAITING_BYTES = 256 * 1024;
/** What precedes a protobuf event in a byte stream; messages have their own ends. */
const FRAME_HEAD_BYTES = 4;

/** Whether a request asks for a WebSocket. */
export function asksForWebSocket(header: (name: string) => string | undefined): boolean {
  return offeredProtocols(header) !== undefined;
}

/** Sends events until they or the client end. What the client sends is ignored. */
export async function serveWebSocketWatch(connection: Connection, events: AsyncIterable<readonly WatchItem[]>, syntax: 'json' | 'protobuf'): Promise<void> {
  const offered = offeredProtocols((name) => connection.request.headers[name]?.toString()) ?? [];
  const webSocket = await acceptWebSocket(connection, offered.find((one) => !one.startsWith(TOKEN_PROTOCOL_PREFIX))).catch(() => undefined);
  if (!webSocket) return;
  webSocket.resume();
  for await (const items of events) {
    for (const item of items) {
      const message = syntax === 'json' ? item.json() : item.protobuf().subarray(FRAME_HEAD_BYTES);
      await send(webSocket, message, syntax === 'protobuf');
    }
    if (webSocket.readyState !== webSocket.OPEN) break;
  }
  webSocket.close(1000);
  await closed(webSocket);
}

/** Resolves at once as long as the client keeps up. */
function send(webSocket: WebSocket, message: Buffer, binary: boolean): Promise<void> | undefined {
  if (webSocket.readyState !== webSocket.OPEN) return undefined;
  if (webSocket.bufferedAmount <= MAX_WAITING_BYTES) {
    webSocket.send(message, { binary });
    return undefined;
  }
  return new Promise((resolve) => {
    // A message that cannot be sent any more calls back too.
    webSocket.send(message, { binary }, () => resolve());
  });
}
