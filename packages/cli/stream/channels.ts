/**
 * A WebSocket that carries several numbered byte streams, as the API server's streaming subresources use it: the first byte of a message is the channel.
 *
 * Source: the `v4.channel.k8s.io` and `v5.channel.k8s.io` protocols; v5 adds a message (255, channel) that closes one channel.
 */
import WebSocket from 'ws';
import { CliError } from '../io.ts';
import { failure, type Session } from '../session.ts';

/** Protocols offered, best first. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CLOSE_SIGNAL = 255;

/** An open connection. */
export interface ChannelSocket {
  send(channel: number, data: Buffer): void;
  /** Says that nothing more comes on the channel; only v5 can. */
  close(channel: number): void;
  end(): void;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/** Opens `path`; `receive` gets every message. @throws StatusError, CliError when the server refuses. */
export async function openChannels(session: Session, path: string, receive: (channel: number, data: Buffer) => void): Promise<ChannelSocket> {
  const url = new URL(path, session.server);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  const socket = new WebSocket(url, PROTOCOLS, await session.upgradeOptions());
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('message', (data: Buffer) => {
    if (data.length > 0) receive(data[0]!, data.subarray(1));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => reject(failure(response.statusCode!, Buffer.concat(chunks).toString('utf8'))));
    });
    socket.once('error', (error) => reject(new CliError(`error: unable to upgrade connection: ${error.message}`)));
  });
  socket.on('error', () => socket.terminate());
  session.io.signal.addEventListener('abort', () => socket.close(), { once: true });
  return {
    send: (channel, data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), data]));
    },
    close: (channel) => {
      if (socket.readyState === WebSocket.OPEN && socket.protocol === PROTOCOLS[0]) socket.send(Buffer.from([CLOSE_SIGNAL, channel]));
    },
    end: () => socket.close(),
    ended,
  };
}
