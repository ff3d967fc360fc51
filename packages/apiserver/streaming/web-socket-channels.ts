/**
 * Exec and attach over WebSocket: the channels of `v5.channel.k8s.io` and `v4.channel.k8s.io`, translated to the SPDY streams that container
 * runtimes speak. Only SPDY can close standard input alone, which is what v5 is about.
 *
 *     client  channel 0 1 2 3 4, close 255  <->  streams stdin stdout stderr error resize  kubelet, runtime
 *
 * Source: KEP-4006, apimachinery `remotecommand` constants, apiserver `util/proxy` stream translation.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { internalError } from '#machinery/status.ts';
import type { Connection } from '../call.ts';
import { SpdyClient, type SpdyStream } from './spdy-client.ts';
import { type UpgradedBackend, upgradeBackend } from './upgrade-backend.ts';
import { acceptWebSocket, closed, receiveHolding, sendHolding } from './web-socket.ts';

/** Which standard streams were asked for. */
export interface StandardStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The protocols translated here, best first. */
export const CHANNEL_PROTOCOLS: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** What is spoken in the SPDY streams; v5 exists for WebSocket only. */
const STREAM_PROTOCOL = 'v4.channel.k8s.io';
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;

/** One exec or attach. */
export interface ChannelSession {
  readonly protocol: string;
  readonly streams: StandardStreams;
  readonly path: string;
  readonly host: string;
  readonly signal: AbortSignal;
}

/** Serves a client until the command or the client ends. */
export async function serveChannels(connection: Connection, socket: Duplex, session: ChannelSession): Promise<void> {
  const { protocol, path, host, signal } = session;
  const webSocket = await acceptWebSocket(connection, protocol).catch(() => undefined);
  if (!webSocket) {
    socket.destroy();
    return;
  }
  webSocket.once('close', () => socket.destroy());
  try {
    const backend = await upgradeBackend(socket, { path, host, streamProtocol: STREAM_PROTOCOL }, signal);
    await translate(webSocket, backend, session);
  } catch (error) {
    sendStatus(webSocket, error);
  }
  webSocket.close(1000);
  // The client's own goodbye has to be read.
  webSocket.resume();
  await closed(webSocket);
}

function sendStatus(webSocket: WebSocket, error: unknown): void {
  if (webSocket.readyState !== webSocket.OPEN) return;
  webSocket.send(channelMessage(ERROR, Buffer.from(JSON.stringify(internalError(error).toStatus()))), { binary: true });
}

function channelMessage(channel: number, bytes: Buffer): Buffer {
  const message = Buffer.allocUnsafe(1 + bytes.length);
  message[0] = channel;
  bytes.copy(message, 1);
  return message;
}

/** Resolves when the command's result and output have been passed on, or one side is gone. */
function translate(webSocket: WebSocket, { socket, head }: UpgradedBackend, { protocol, streams }: ChannelSession): Promise<void> {
  return new Promise((resolve) => {
    const spdy = new SpdyClient(socket, head);
    let open = 0;
    let told = false;
    const openStream = (name: string, channel: number, isOutput: boolean): SpdyStream => {
      if (isOutput) open++;
      return spdy.open({ streamtype: name }, {
        data(piece) {
          if (!isOutput) return;
          if (channel === ERROR) told = true;
          sendHolding(webSocket, channelMessage(channel, piece), socket);
        },
        ended() {
          if (!isOutput || --open > 0) return;
          if (!told) sendStatus(webSocket, new Error('the connection to the container was lost'));
          resolve();
        },
      });
    };
    // Servers expect the streams in this order.
    openStream('error', ERROR, true);
    const inputs = new Map<number, SpdyStream>();
    if (streams.stdin) inputs.set(STDIN, openStream('stdin', STDIN, false));
    if (streams.stdout) openStream('stdout', STDOUT, true);
    if (streams.stderr && !streams.tty) openStream('stderr', STDERR, true);
    if (streams.tty) inputs.set(RESIZE, openStream('resize', RESIZE, false));
    receiveHolding(webSocket, socket, (message) => {
      const channel = message[0];
      if (channel === CLOSE && protocol === CHANNEL_PROTOCOLS[0]) {
        const closing = message[1] ?? -1;
        inputs.get(closing)?.end();
        inputs.delete(closing);
        return true;
      }
      return message.length <= 1 || (inputs.get(channel ?? -1)?.write(message.subarray(1)) ?? true);
    });
    // An empty message tells the client that the connection stands.
    webSocket.send(Buffer.from([streams.stdout ? STDOUT : streams.stderr ? STDERR : ERROR]), { binary: true });
  });
}
