/** Passing bytes between a client that upgraded its connection and a backend, and turning HTTP messages into bytes. */
import type { Duplex } from 'node:stream';
import type { Connection } from '../call.ts';
import { TOKEN_PROTOCOL_PREFIX } from './web-socket.ts';

/** Header pairs as they came: name, value, name, value. */
type RawHeaders = readonly string[];

/** Headers that are about the client's connection or identity and must not reach a backend. */
const PRIVATE = new Set(['authorization', 'host', 'x-remote-user', 'x-remote-uid', 'x-remote-group', 'proxy-authorization', 'proxy-connection']);
const PRIVATE_PREFIXES = ['impersonate-', 'x-remote-extra-'];

/** Headers to pass on, without those that name the client's credentials. */
export function passedHeaders(raw: RawHeaders): string[] {
  const passed: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const lower = name.toLowerCase();
    if (name.startsWith(':') || PRIVATE.has(lower) || PRIVATE_PREFIXES.some((prefix) => lower.startsWith(prefix))) continue;
    if (lower !== 'sec-websocket-protocol') {
      passed.push(name, raw[i + 1]!);
      continue;
    }
    const protocols = raw[i + 1]!.split(',').map((protocol) => protocol.trim());
    const kept = protocols.filter((protocol) => !protocol.startsWith(TOKEN_PROTOCOL_PREFIX));
    if (kept.length > 0) passed.push(name, kept.join(', '));
  }
  return passed;
}

/** Sends an upgrade request to `backend` and joins it with the client, byte for byte, until one of them ends. */
export function relayUpgrade(connection: Connection, backend: Duplex, request: { readonly method: string; readonly path: string; readonly host: string }): Promise<void> {
  const { socket, head } = connection.upgrade!;
  let text = `${request.method} ${request.path} HTTP/1.1\r\nHost: ${request.host}\r\n`;
  const headers = passedHeaders(connection.request.rawHeaders);
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  backend.write(`${text}\r\n`, 'latin1');
  if (head.length > 0) backend.write(head);
  return join(socket, backend);
}

/** Pipes both ways; ends when both directions have, or one breaks. */
export function join(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      a.destroy();
      b.destroy();
      resolve();
    };
    let open = 2;
    const ended = (): void => {
      if (--open === 0) finish();
    };
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      from.pipe(to);
      from.once('end', ended);
      from.once('error', finish);
      from.once('close', finish);
    }
  });
}
