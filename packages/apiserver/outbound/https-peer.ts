/**
 * Another server that this one asks: webhooks, identity providers.
 */
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import type { Clock } from '#base/clock.ts';

/** Where it is and how to trust each other. */
export interface PeerAddress {
  readonly url: URL;
  /** PEM; default: the authorities that Node trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Asked for every request, since it may change. */
  readonly token?: () => Promise<string>;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

/** What a peer answered. */
export interface PeerReply {
  readonly code: number;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

/** Longer answers are refused. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** Connections to one peer; further requests wait for one. */
const MAX_CONNECTIONS = 16;
/** Requests to one peer at a time, those that wait for a connection included; more are refused, so that a slow peer cannot fill the memory. */
const MAX_REQUESTS = 1_024;

/** A peer with its connections, which stay open between requests. */
export class HttpsPeer implements Disposable {
  readonly #address: PeerAddress;
  readonly #clock: Clock;
  readonly #agent: PlainAgent;
  #requests = 0;

  constructor(address: PeerAddress, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
    const { url, ca, cert, key, serverName, insecureSkipVerify } = address;
    const shared = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
    this.#agent =
      url.protocol === 'https:'
        ? new Agent({
            ...shared,
            ...(ca ? { ca } : {}),
            ...(cert ? { cert } : {}),
            ...(key ? { key } : {}),
            ...(serverName ? { servername: serverName } : {}),
            ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
          })
        : new PlainAgent(shared);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** @throws Error when there is no complete answer within `timeoutMs`. */
  async get(url: URL, timeoutMs: number): Promise<PeerReply> {
    return this.#bounded(url, undefined, timeoutMs);
  }

  /** Posts JSON to the peer's own address. @throws Error when there is no complete answer within `timeoutMs`. */
  async post(body: string, timeoutMs: number): Promise<PeerReply> {
    return this.#bounded(this.#address.url, body, timeoutMs);
  }

  async #bounded(url: URL, body: string | undefined, timeoutMs: number): Promise<PeerReply> {
    if (this.#requests >= MAX_REQUESTS) throw new Error(`${url.host} is asked too much at once`);
    this.#requests++;
    try {
      return await this.#exchange(url, body, timeoutMs);
    } finally {
      this.#requests--;
    }
  }

  async #exchange(url: URL, body: string | undefined, timeoutMs: number): Promise<PeerReply> {
    const token = await this.#address.token?.();
    const headers = {
      accept: 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const method = body === undefined ? 'GET' : 'POST';
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        timer.cancel();
        const title = `${method[0]}${method.slice(1).toLowerCase()}`;
        reject(new Error(`${title} ${JSON.stringify(url.href)}: ${error.message}`, { cause: error }));
      };
      const request = send(url, { method, headers, agent: url.protocol === this.#address.url.protocol ? this.#agent : false });
      const timer = this.#clock.after(timeoutMs, () => request.destroy(new Error('context deadline exceeded')));
      request.on('error', fail);
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        let length = 0;
        response.on('data', (piece: Buffer) => {
          length += piece.length;
          if (length > MAX_REPLY_BYTES) request.destroy(new Error('the answer is too long'));
          else pieces.push(piece);
        });
        response.on('error', fail);
        response.on('end', () => {
          timer.cancel();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString() });
        });
      });
      request.end(body);
    });
  }
}
