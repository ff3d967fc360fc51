/**
 * One TLS port that speaks HTTP/1.1 and HTTP/2, on several addresses.
 *
 *     TLS socket ── h2 ──────────────────────────────► Node's HTTP/2 server ─┐
 *                └─ http/1.1 ─► FastConnection ─ plain requests ─────────────┼─► serve(exchange)
 *                                             └─ all else ─► Node's HTTP/1.1 ┘
 */
import { type IncomingMessage, STATUS_CODES, type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session, type ServerHttp2Stream, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS, type TLSSocket, type Server as TlsServer, createServer as createTlsServer } from 'node:tls';
import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import { MAX_HEAD_BYTES, type HeaderPairs, Peer, type Serve } from './exchange.ts';
import { FastConnection, type FastHost } from './fast-connection.ts';
import { ChunkFramer, ReplyMemory } from './fast-reply.ts';
import { httpDate } from './http-date.ts';
import { NodeExchange } from './node-exchange.ts';
import { NamedContexts, type NamedPair } from './serving-certificates.ts';

/** Certificates and keys, PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates are asked for. */
  readonly clientCa: readonly string[];
  /** Other certificates for those who ask for some names. */
  readonly named?: readonly NamedPair[];
}

/** An address to listen on; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What a listener needs. */
export interface ListenerOptions {
  readonly listen: readonly ListenAddress[];
  readonly tls: TlsMaterial;
  readonly serve: Serve;
  readonly clock: Clock;
  readonly log: Logger;
  readonly http2?: Http2Settings;
  /** Told of connections that did not come to speak TLS. */
  readonly onHandshakeError?: () => void;
}

/** How HTTP/2 connections are treated. */
export interface Http2Settings {
  /** Requests of one connection at once; default 100. */
  readonly maxStreams?: number;
  /** Asked for each request: whether the client is to open another connection for those that follow, so that load balancers get to choose anew. */
  readonly sendsAway?: () => boolean;
}

/** An open port. */
export interface Listener extends AsyncDisposable {
  readonly addresses: readonly ListenAddress[];
  /** Uses other certificates for new connections. */
  setTls(tls: TlsMaterial): void;
  /** Takes no new connections and closes those that are idle; the others end after their reply. */
  drain(): void;
  /** Connections that are open. */
  readonly connections: number;
}

/** A client must send a request head and body in this time. Source: apiserver's read header timeout. */
const REQUEST_TIMEOUT_MS = 32_000;
/** Idle connections are closed after this time. Source: apiserver's idle timeout. */
const IDLE_TIMEOUT_MS = 90_000;
/** A client that does not take a single write for this long is gone, whatever its connection says. Writes are large: slow clients need minutes. */
const STALLED_READER_MS = 300_000;
const PATIENCE_MS = { request: IDLE_TIMEOUT_MS, rest: REQUEST_TIMEOUT_MS, reader: STALLED_READER_MS } as const;
const SWEEP_MS = 1_000;
const KEEP_ALIVE_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Node's choice of ciphers, with the one first that costs least where the processor knows AES; as upstream, whose language prefers it too. */
const CIPHERS = `TLS_AES_128_GCM_SHA256:${DEFAULT_CIPHERS.replace(':TLS_AES_128_GCM_SHA256', '')}`;
/** As upstream's default. */
const MAX_STREAMS_PER_CONNECTION = 100;
/** Beyond this HTTP/2 requests get 431. The library ends connections at nine frames (144 KiB of compressed headers), or one header of 72 KiB, without a word, which nothing here can change. */
const MAX_HTTP2_HEADER_BYTES = 128 * 1024;
/** What the library is told, so that it leaves the refusal to us; a header counts 32 bytes more than it has. */
const ANNOUNCED_HEADER_BYTES = 2 * MAX_HTTP2_HEADER_BYTES;
const HEADER_OVERHEAD_BYTES = 32;
const BACKLOG = 1024;
/** How long a refused client is listened to before its connection is cut. */
const LINGER_MS = 2_000;

/** Status codes of what Node's parser refuses; everything else is a bad request. */
const REFUSALS: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, HPE_CHUNK_EXTENSIONS_OVERFLOW: 413, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Opens the port on every address. @throws Error with the system's code when an address is taken. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const listener = new OpenListener(options);
  try {
    for (const address of options.listen) await listener.open(address);
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
  return listener;
}

/** As HTTP/2 counts. Source: RFC 9113, section 10.5.1. */
function headerBytes(raw: readonly string[]): number {
  let bytes = (raw.length / 2) * HEADER_OVERHEAD_BYTES;
  for (const text of raw) bytes += text.length;
  return bytes;
}

function contextsOf({ named = [], clientCa }: TlsMaterial): NamedContexts {
  return new NamedContexts(named, clientCa, CIPHERS);
}

class OpenListener implements Listener, FastHost {
  readonly addresses: ListenAddress[] = [];
  readonly serve: Serve;
  readonly framer = new ChunkFramer();
  readonly memory = new ReplyMemory();
  draining = false;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #servers: TlsServer[] = [];
  readonly #connections = new Set<Socket>();
  readonly #fast = new Map<TLSSocket, FastConnection>();
  readonly #peers = new WeakMap<Duplex | ServerHttp2Session, Peer>();
  readonly #http1: HttpServer;
  readonly #http2;
  readonly #refused = new WeakSet<Duplex>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #onHandshakeError: () => void;
  #tls: TlsMaterial;
  #contexts: NamedContexts;
  #sweep: Timer;
  #date = '';
  #dateSecond = -1;

  constructor({ tls, serve, clock, log, http2 = {}, onHandshakeError = () => {} }: ListenerOptions) {
    this.#onHandshakeError = onHandshakeError;
    this.#tls = tls;
    this.#contexts = contextsOf(tls);
    this.serve = serve;
    this.#clock = clock;
    this.#log = log;
    this.#http1 = createHttpServer({ maxHeaderSize: MAX_HEAD_BYTES, headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: IDLE_TIMEOUT_MS });
    this.#http1.on('request', (request, response) => {
      serve(new NodeExchange(request, this.#peerOf(request.socket), { type: 'response', response }));
    });
    this.#http1.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket));
    this.#http1.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    // Node begins to watch for slow clients when a server listens; this one is handed its connections.
    this.#http1.emit('listening');
    this.#http2 = createHttp2Server({
      maxHeaderListPairs: ANNOUNCED_HEADER_BYTES / HEADER_OVERHEAD_BYTES,
      settings: { maxConcurrentStreams: http2.maxStreams ?? MAX_STREAMS_PER_CONNECTION, initialWindowSize: 256 * 1024, maxHeaderListSize: ANNOUNCED_HEADER_BYTES },
    });
    this.#http2.on('session', (session) => this.#onSession(session as ServerHttp2Session));
    this.#http2.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      if (headerBytes(request.rawHeaders) > MAX_HTTP2_HEADER_BYTES) {
        response.writeHead(431, { 'Content-Type': 'text/plain; charset=utf-8' }).end('431 Request Header Fields Too Large');
        return;
      }
      // Streams that are open go on until they end.
      if (http2.sendsAway?.()) request.stream.session?.close();
      serve(new NodeExchange(request, this.#peers.get(request.stream.session as ServerHttp2Session) ?? new Peer(request.socket), { type: 'response', response }));
    });
    this.#http2.on('sessionError', (error) => log.debug('http/2 session failed', { error }));
    this.#sweep = clock.after(SWEEP_MS, () => this.#onSweep());
  }

  async open(address: ListenAddress): Promise<void> {
    const server = createTlsServer({
      ...this.#tlsOptions(),
      ALPNProtocols: ['h2', 'http/1.1'],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      SNICallback: (name, done) => done(null, this.#contexts.of(name)),
      allowHalfOpen: true,
      noDelay: true,
    });
    // Connections whose handshake has not ended are known only here.
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.on('secureConnection', (socket) => this.#onSocket(socket));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#log.debug('TLS handshake failed', { error: error.message, remote: socket.remoteAddress });
      this.#onHandshakeError();
      socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.#log.error('listener failed', { error }));
    this.#servers.push(server);
    this.addresses.push({ host: address.host, port: (server.address() as AddressInfo).port });
  }

  setTls(tls: TlsMaterial): void {
    this.#tls = tls;
    this.#contexts = contextsOf(tls);
    for (const server of this.#servers) server.setSecureContext(this.#tlsOptions());
  }

  get connections(): number {
    return this.#connections.size;
  }

  drain(): void {
    this.draining = true;
    for (const server of this.#servers) server.close();
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
    for (const [socket, connection] of this.#fast) if (connection.idle) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweep.cancel();
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#connections) socket.destroy();
    this.#http1.close();
    await Promise.all(closed);
  }

  date(): string {
    const nowMs = this.#clock.now();
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = httpDate(nowMs);
    }
    return this.#date;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  handOver(socket: TLSSocket, bytes: Buffer): void {
    this.#fast.delete(socket);
    this.#http1.emit('connection', socket);
    socket.unshift(bytes);
    socket.resume();
  }

  #tlsOptions() {
    return { cert: this.#tls.cert, key: this.#tls.key, ca: [...this.#tls.clientCa] };
  }

  #peerOf(socket: Duplex): Peer {
    let peer = this.#peers.get(socket);
    if (!peer) {
      peer = new Peer(socket);
      this.#peers.set(socket, peer);
    }
    return peer;
  }

  #onSocket(socket: TLSSocket): void {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('close', () => this.#fast.delete(socket));
    const peer = this.#peerOf(socket);
    if (socket.alpnProtocol === 'h2') this.#http2.emit('connection', socket);
    else this.#fast.set(socket, new FastConnection(socket, peer, this));
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    // The session's socket is a proxy that gives access to the certificate.
    this.#peers.set(session, new Peer(session.socket as TLSSocket));
    session.on('close', () => this.#sessions.delete(session));
    let streams = 0;
    session.on('stream', (stream: ServerHttp2Stream) => {
      streams++;
      stream.once('close', () => streams--);
    });
    // A quiet watch is not idle.
    session.setTimeout(IDLE_TIMEOUT_MS, () => {
      if (streams === 0) session.close();
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const respond = (code: number, headers: HeaderPairs, body?: Buffer): void => {
      let text = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}\r\n`;
      for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
      if (body === undefined) socket.write(`${text}Connection: close\r\n\r\n`, 'latin1');
      else socket.end(Buffer.concat([Buffer.from(`${text}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`, 'latin1'), body]));
    };
    this.serve(new NodeExchange(request, this.#peerOf(request.socket), { type: 'upgrade', socket, head, respond }));
  }

  /** Answers what Node's parser could not read, and listens on for a moment: closing at once would discard the answer with the client's unread bytes. */
  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    // The parser complains again about every further piece.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const code = REFUSALS[error.code ?? ''] ?? 400;
    const text = `${code} ${STATUS_CODES[code]}`;
    socket.end(`HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
    socket.removeAllListeners('data');
    socket.resume();
    const timer = this.#clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }

  #onSweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [socket, connection] of this.#fast) {
      const waiting = connection.waiting(nowMs);
      if (waiting.ms > PATIENCE_MS[waiting.for]) socket.destroy();
    }
    this.#sweep = this.#clock.after(SWEEP_MS, () => this.#onSweep());
  }
}
