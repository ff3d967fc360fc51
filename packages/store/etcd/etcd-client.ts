/**
 * Calls to an etcd cluster: one member at a time, another one when it fails.
 */
import type { Clock } from '#base/clock.ts';
import { GrpcClient, type GrpcStream, type GrpcStreamSink } from '#h2/grpc-client.ts';
import type { ClientTls } from '#h2/target.ts';
import { StoreUnavailableError } from '../store.ts';
import { explainEtcd, isConnectionFailure, isNotDone } from './etcd-errors.ts';
import { etcdMethods, type Method, type Methods } from './messages.ts';

/** PEM text for connections to `https` endpoints; members may ask for a client's certificate. */
export type EtcdTls = ClientTls;

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

/** Answers are as large as commits and pages are; this only keeps nonsense out. */
const MAX_MESSAGE_BYTES = 1 << 30;
/** A member without a leader says so at once, instead of waiting for one. */
const METADATA = [['hasleader', 'true']] as const;

/** Hears of a watch. */
export interface WatchSink {
  response(response: Methods['Watch'][1]): void;
  /** Called once, last. */
  end(error: Error): void;
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
    super(`it is unknown whether etcd carried out the commit: no answer came from ${endpoints.join(', ')}`, cause, { outcomeUnknown: true });
    this.name = 'OutcomeUnknownError';
  }
}

/** A client of one cluster. */
export class EtcdClient {
  readonly endpoints: readonly string[];
  readonly #clock: Clock;
  readonly #methods = etcdMethods();
  readonly #members: readonly GrpcClient[];
  #current = 0;
  #closed = false;

  /** @throws TypeError for an endpoint that is no URL */
  constructor({ endpoints, tls, clock }: EtcdClientOptions) {
    if (endpoints.length === 0) throw new TypeError('an etcd cluster needs at least one endpoint');
    this.endpoints = endpoints;
    this.#clock = clock;
    this.#members = endpoints.map((endpoint) => {
      if (!/^https?:\/\//.test(endpoint)) throw new TypeError(`not an etcd endpoint: ${endpoint}`);
      return new GrpcClient({ endpoint, ...(tls && { tls }), metadata: METADATA, maxMessageBytes: MAX_MESSAGE_BYTES, clock });
    });
  }

  /** Turns to the next member. */
  failOver(): void {
    this.#current = (this.#current + 1) % this.#members.length;
  }

  /**
   * Calls a method, on other members too when it is repeatable, else only where the call was certainly not carried out.
   * @throws GrpcError when etcd refuses, OutcomeUnknownError when a call that is not repeatable was not answered, StoreUnavailableError when no member answers
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

  /** Opens a watch on the current member with its one request; it ends with an error when the member has lost its leader. */
  watch(request: Methods['Watch'][0], sink: WatchSink): GrpcStream {
    const { path, encode, decode } = this.#methods.Watch;
    const to: GrpcStreamSink = {
      message: (message) => sink.response(decode(message)),
      end: (error) => sink.end(error ?? new StoreUnavailableError('etcd ended the watch')),
    };
    const stream = this.#members[this.#current]!.stream(path, to);
    stream.send(encode(request));
    return stream;
  }

  /** Closes all connections. */
  close(): void {
    this.#closed = true;
    for (const member of this.#members) member[Symbol.dispose]();
  }

  async #callMember<M extends UnaryMethod>(member: number, method: M, request: Methods[M][0], timeoutMs: number): Promise<Methods[M][1]> {
    const { path, encode, decode } = this.#methods[method] as Method<Methods[M][0], Methods[M][1]>;
    return decode(await this.#members[member]!.unary(path, encode(request), timeoutMs));
  }
}
