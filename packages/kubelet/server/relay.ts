/**
 * Joins connections byte for byte: upgraded requests to the runtime's streaming server, tunnels to pods and services.
 */
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Time to reach the other side. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens a TCP connection. @throws Error. */
export function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Passes bytes both ways until either side ends. */
export function join(a: Duplex, b: Duplex): void {
  const end = (): void => {
    a.destroy();
    b.destroy();
  };
  a.on('error', end);
  b.on('error', end);
  a.on('close', end);
  b.on('close', end);
  a.pipe(b);
  b.pipe(a);
}

/** Writes an HTTP/1.1 answer on a connection that asked for an upgrade, and ends it. */
export function refuse(socket: Duplex, code: number, reason: string, text: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${code} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
}

/** Headers that are the API server's business with us, not with the runtime. */
const OWN_HEADERS = new Set(['host', 'authorization']);

/** Sends the request on to `url` as it came, and then everything that follows. */
export async function relayUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): Promise<void> {
  const upstream = await dial(url.hostname.replaceAll(/[[\]]/g, ''), Number(url.port));
  const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) if (!OWN_HEADERS.has(rawHeaders[at]!.toLowerCase())) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  join(socket, upstream);
}
