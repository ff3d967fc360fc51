/**
 * Asks outside name servers and remembers what they said for a while.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock } from '#base/clock.ts';
import { MAX_MESSAGE_BYTES, readName } from './message.ts';
import type { UpstreamCache } from './upstream-cache.ts';

/** How a question reaches us and so goes on. */
export type Transport = 'udp' | 'tcp';

/** What forwarding needs. */
export interface UpstreamOptions {
  /** Addresses of name servers, tried in order. */
  readonly servers: readonly { readonly address: string; readonly port: number }[];
  readonly clock: Clock;
  readonly cache: UpstreamCache;
}

/** One try of one server. */
const TRY_MS = 1_500;
/** Rounds over all servers. */
const ROUNDS = 2;
/** Questions under way at once; more are refused, so that a slow server does not pile them up. */
const MAX_IN_FLIGHT = 500;

/** Forwards questions as they are, under an id of its own. */
export class Upstream {
  readonly #options: UpstreamOptions;
  #inFlight = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** Whether there is anyone to ask. */
  get exists(): boolean {
    return this.#options.servers.length > 0;
  }

  /** The answer to `packet` with its own id; undefined when nobody answered. */
  async ask(packet: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer | undefined> {
    const { cache, clock } = this.#options;
    const key = cacheKey(packet, transport);
    const known = cache.get(key, clock.monotonicMs());
    if (known) return withId(known, packet.readUInt16BE(0));
    if (this.#inFlight >= MAX_IN_FLIGHT) return undefined;
    this.#inFlight++;
    try {
      const answer = await this.#askServers(packet, transport, signal);
      if (answer) cache.put(key, answer, clock.monotonicMs());
      return answer && withId(answer, packet.readUInt16BE(0));
    } finally {
      this.#inFlight--;
    }
  }

  async #askServers(packet: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer | undefined> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of this.#options.servers) {
        // A fresh id and a fresh port per try: hard to guess for whoever would forge an answer.
        const question = withId(packet, randomInt(0x10000));
        const exchange = transport === 'udp' ? askUdp : askTcp;
        const answer = await exchange(question, server, this.#options.clock, signal);
        if (answer) return answer;
        signal.throwIfAborted();
      }
    }
    return undefined;
  }
}

type Exchange = (question: Buffer, server: { address: string; port: number }, clock: Clock, signal: AbortSignal) => Promise<Buffer | undefined>;

const askUdp: Exchange = (question, server, clock, signal) => {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  let ended = false;
  const end = (answer?: Buffer): void => {
    if (ended) return;
    ended = true;
    timer.cancel();
    signal.removeEventListener('abort', abort);
    socket.close();
    resolve(answer);
  };
  const abort = (): void => end();
  const timer = clock.after(TRY_MS, abort);
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', abort);
  // Connected, so that only this server's packets arrive and its refusal is an error.
  socket.connect(server.port, server.address, () => {
    if (!ended) socket.send(question);
  });
  socket.on('message', (packet) => {
    if (answers(packet, question)) end(packet);
  });
  return promise;
};

const askTcp: Exchange = (question, server, clock, signal) => {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = connect({ host: server.address, port: server.port });
  let received = Buffer.alloc(0);
  const end = (answer?: Buffer): void => {
    timer.cancel();
    signal.removeEventListener('abort', abort);
    socket.destroy();
    resolve(answer);
  };
  const abort = (): void => end();
  const timer = clock.after(TRY_MS, abort);
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', abort);
  socket.once('close', abort);
  socket.write(Buffer.concat([Buffer.from([question.length >> 8, question.length & 255]), question]));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length > MAX_MESSAGE_BYTES + 2) return;
    const length = received.readUInt16BE(0);
    if (received.length < length + 2) return;
    const packet = received.subarray(2, length + 2);
    end(answers(packet, question) ? packet : undefined);
  });
  return promise;
};

/** Whether the packet answers this question: same id, same name and type. */
function answers(packet: Buffer, question: Buffer): boolean {
  if (packet.length < 12 || packet.readUInt16BE(0) !== question.readUInt16BE(0) || (packet[2]! & 0x80) === 0) return false;
  if (packet.readUInt16BE(4) !== 1) return false;
  return questionText(packet) === questionText(question);
}

function questionText(packet: Buffer): string | undefined {
  const name = readName(packet, 12);
  return name && name.end + 4 <= packet.length ? `${name.text.toLowerCase()} ${packet.readUInt32BE(name.end)}` : undefined;
}

/** Answers differ by question, by whether they may be long, and by what the client's EDNS0 asks for. */
function cacheKey(packet: Buffer, transport: Transport): string {
  const name = readName(packet, 12);
  const rest = name ? packet.toString('latin1', name.end) : '';
  return `${transport} ${packet[2]! & 1} ${packet[3]! & 0x10} ${name?.text ?? ''} ${rest}`;
}

function withId(packet: Buffer, id: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(id, 0);
  return copy;
}
