/**
 * Calls to an etcd cluster: one member at a time, another one when it fails.
 */
import { Client, credentials, Metadata, type ChannelCredentials, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '#base/clock.ts';
import { StoreUnavailableError } from '../store.ts';
import { explainEtcd, isConnectionFailure, isNotDone } from './etcd-errors.ts';
import { etcdMethods, type Methods } from './messages.ts';

/** PEM text for connections to `https` endpoints. */
export interface EtcdTls {
  /** Who may sign the members' certificates; the system's authorities when absent. */
  readonly ca?: string;
  /** The client's certificate and key, when members ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where a cluster is. */
export interface EtcdClientOptions {
  /** One address per member: `http://host:port` or `https://host:port`. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  readonly clock: Clock;
}

/** A member that does not answer for this long is left for another. */
const CALL_TIMEOUT_MS = 2_000;
/** A call that cannot be made elsewhere waits this long. */
const PATIENT_TIMEOUT_MS = 10_000;
/** A call that may be repeated is, for this long: elections take a second or two. */
const RETRY_FOR_MS = 8_000;
const RETRY_PAUSE_MS = 50;

/** Dead connections are noticed in 15 s; etcd allows pings every 5 s. Answers may be as large as commits are. */
const CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** A watch stream: a request each way of the type that etcd wants. */
export type WatchStream = ClientDuplexStream<Methods['Watch'][0], Methods['Watch'][1]>;

function credentialsFor(protocol: string, tls: EtcdTls = {}): ChannelCredentials {
  if (protocol === 'http:') return credentials.createInsecure();
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
}

/** How a call may be made. */
export interface CallManner {
  /** It may be carried out more than once. */
  readonly repeatable: boolean;
  /** It cannot be made again: a slow member is waited for. */
  readonly patient?: boolean;
}

/** Methods that take one message and give one. */
type UnaryMethod = Exclude<keyof Methods, 'Watch'>;

/** The answer was lost: what was asked may have been done, or may yet be. */
export class OutcomeUnknownError extends StoreUnavailableError {
  constructor(endpoints: readonly string[], cause?: unknown) {
    super(`it is unknown whether etcd carried out the commit: no answer came from ${endpoints.join(', ')}`, cause);
    this.name = 'OutcomeUnknownError';
  }
}

/** A client of one cluster. */
export class EtcdClient {
  readonly endpoints: readonly string[];
  readonly #clock: Clock;
  readonly #methods = etcdMethods();
  readonly #members: readonly Client[];
  #current = 0;
  #closed = false;

  /** @throws TypeError for an endpoint that is no URL */
  constructor({ endpoints, tls, clock }: EtcdClientOptions) {
    if (endpoints.length === 0) throw new TypeError('an etcd cluster needs at least one endpoint');
    this.endpoints = endpoints;
    this.#clock = clock;
    this.#members = endpoints.map((endpoint) => {
      const { protocol, host } = new URL(endpoint);
      if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`not an etcd endpoint: ${endpoint}`);
      return new Client(host, credentialsFor(protocol, tls), CHANNEL_OPTIONS);
    });
  }

  /** Turns to the next member. */
  failOver(): void {
    this.#current = (this.#current + 1) % this.#members.length;
  }

  /**
   * Calls a method, on other members too when it is repeatable, else only where the call was certainly not carried out.
   * @throws ServiceError when etcd refuses, OutcomeUnknownError when a call that is not repeatable was not answered, StoreUnavailableError when no member answers
   */
  async call<M extends UnaryMethod>(method: M, request: Methods[M][0], { repeatable, patient = false }: CallManner): Promise<Methods[M][1]> {
    const giveUpAt = this.#clock.monotonicMs() + RETRY_FOR_MS;
    for (;;) {
      if (this.#closed) throw new StoreUnavailableError('the store is closed');
      const member = this.#current;
      try {
        return await this.#callMember(member, method, request, patient || this.#members.length === 1 ? PATIENT_TIMEOUT_MS : CALL_TIMEOUT_MS);
      } catch (error) {
        if (!isConnectionFailure(error)) throw error;
        if (this.#current === member) this.failOver();
        if (!repeatable && !isNotDone(error)) throw new OutcomeUnknownError(this.endpoints, error);
        if (this.#clock.monotonicMs() > giveUpAt) throw explainEtcd(error, this.endpoints);
        await this.#clock.sleep(RETRY_PAUSE_MS);
      }
    }
  }

  /** Opens a watch stream to the current member; it ends with an error when the member has lost its leader. */
  watch(): WatchStream {
    const { path, encode, decode } = this.#methods.Watch;
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    return this.#members[this.#current]!.makeBidiStreamRequest(path, encode, decode, metadata);
  }

  /** Closes all connections. */
  close(): void {
    this.#closed = true;
    for (const member of this.#members) member.close();
  }

  #callMember<M extends UnaryMethod>(member: number, method: M, request: Methods[M][0], timeoutMs: number): Promise<Methods[M][1]> {
    const { path, encode, decode } = this.#methods[method];
    const deadline = this.#clock.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      this.#members[member]!.makeUnaryRequest<Methods[M][0], Methods[M][1]>(
        path,
        encode as (request: Methods[M][0]) => Buffer,
        decode as (bytes: Buffer) => Methods[M][1],
        request,
        { deadline },
        (error, response) => (error ? reject(error) : resolve(response!)),
      );
    });
  }
}
