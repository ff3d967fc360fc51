/**
 * The sockets of the DNS server: UDP and TCP on each address.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { errorFields, type Logger } from '#base/log.ts';
import { StatusError } from '#machinery/status.ts';
import type { Resolver } from './resolver.ts';

/** Where to listen; port 0 takes a free one, the same for both protocols. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

const MAX_TCP_CONNECTIONS = 200;
const TCP_IDLE_MS = 10_000;

/** Sockets that answer until disposed. */
export class DnsServer implements AsyncDisposable {
  readonly #resolver: Resolver;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #udp: UdpSocket[] = [];
  readonly #tcp: Server[] = [];
  readonly #connections = new Set<Socket>();

  constructor(resolver: Resolver, log: Logger) {
    this.#resolver = resolver;
    this.#log = log;
  }

  /** Listens on one more address; answers the port. @throws StatusError when it is taken. */
  async listen({ address, port }: ListenAddress): Promise<number> {
    try {
      const server = createServer((socket) => this.#connection(socket));
      server.maxConnections = MAX_TCP_CONNECTIONS;
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
      server.on('error', (error) => this.#log.warn('DNS over TCP', errorFields(error)));
      this.#tcp.push(server);
      const bound = server.address();
      const chosen = typeof bound === 'object' && bound ? bound.port : port;
      await this.#bindUdp(address, chosen);
      return chosen;
    } catch (error) {
      const what = (error as Error).message;
      throw new StatusError({ code: 500, reason: 'InternalError', message: `cluster DNS cannot listen on ${address}:${port}: ${what}` }, error);
    }
  }

  async #bindUdp(address: string, port: number): Promise<void> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(port, address, resolve));
    socket.removeAllListeners('error');
    // For instance a refusal that comes back for an answer we sent.
    socket.on('error', (error) => this.#log.debug('DNS over UDP', errorFields(error)));
    socket.on('message', (packet, from) => void this.#datagram(socket, packet, from));
    this.#udp.push(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    for (const connection of this.#connections) connection.destroy();
    const closing = [
      ...this.#tcp.map((server) => new Promise((resolve) => server.close(resolve))),
      ...this.#udp.map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
    ];
    this.#udp.length = 0;
    await Promise.all(closing);
  }

  async #datagram(socket: UdpSocket, packet: Buffer, from: RemoteInfo): Promise<void> {
    const answer = await this.#answer(packet, 'udp');
    if (answer && !this.#abort.signal.aborted) socket.send(answer, from.port, from.address);
  }

  #connection(socket: Socket): void {
    this.#connections.add(socket);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    void this.#serve(socket);
  }

  /** One question after the other: a client that does not read its answers gets no more. */
  async #serve(socket: Socket): Promise<void> {
    let waiting = Buffer.alloc(0);
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        waiting = Buffer.concat([waiting, chunk]);
        while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
          const length = waiting.readUInt16BE(0);
          const answer = await this.#answer(waiting.subarray(2, 2 + length), 'tcp');
          waiting = waiting.subarray(2 + length);
          if (!answer) return;
          const frame = Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]);
          if (!socket.write(frame)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
        }
      }
    } catch (error) {
      this.#log.debug('DNS over TCP', errorFields(error));
    } finally {
      socket.destroy();
    }
  }

  async #answer(packet: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    try {
      return await this.#resolver.answer(packet, transport, this.#abort.signal);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#log.error('a DNS question could not be answered', { error });
      return undefined;
    }
  }
}
