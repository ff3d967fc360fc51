/** A call while it goes through the stages: what each stage has learnt about it so far. */
import type { HistogramSeries } from '#base/metrics.ts';
import type { StatusError } from '#machinery/status.ts';
import type { Accept, ApiCall, CallBody, RequestInfo, User } from './call.ts';
import type { Exchange } from './http/exchange.ts';
import type { Target } from './http/request-info.ts';

/** Where a call came from; both kinds are treated alike after authentication. */
export type Origin =
  | { readonly type: 'http'; readonly exchange: Exchange }
  | { readonly type: 'process'; readonly user: User; readonly userAgent: string; readonly body: CallBody; readonly signal: AbortSignal };

/** How fairness classified a call, for the reply's headers. */
export interface FlowIdentity {
  readonly flowSchemaUid: string;
  readonly priorityLevelUid: string;
}

/** What is known at the beginning. */
export interface CallStart {
  readonly method: string;
  readonly target: Target;
  readonly info: RequestInfo;
  readonly accept: Accept;
  readonly auditId: string;
  readonly startMs: number;
  readonly origin: Origin;
}

const NOBODY: User = { name: '', groups: [] };
const NO_BODY: CallBody = { type: 'none' };

/** The longest text of warnings in one reply. Source: apiserver `warning` recorder. */
const MAX_WARNINGS_LENGTH = 4 * 1024;

/** One call on its way down. */
export class ActiveCall implements ApiCall {
  readonly method: string;
  readonly info: RequestInfo;
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly accept: Accept;
  readonly auditId: string;
  readonly startMs: number;
  readonly exchange: Exchange | undefined;
  user: User;
  /** Who asked in truth, when `user` is impersonated. */
  impersonator: User | undefined;
  body: CallBody;
  flow: FlowIdentity | undefined;
  /** Given back when the call has been answered. */
  seat: { leave(): void } | undefined;
  /** How long the call waited for its seat. */
  queuedMs = 0;
  /** Whether there was no seat for it. */
  wasRefused = false;
  /** Bytes of the answer's body so far. */
  sentBytes = 0;
  /** Told how large the answer was. */
  replySizes: HistogramSeries | undefined;
  /** Told when the server no longer waits for an answer; whoever asked has been told so. */
  givenUp: ((error: StatusError) => void) | undefined;
  #ended: (() => void)[] | undefined;
  /** Why the call was allowed, for the audit log. */
  authorizationReason = '';
  readonly #processSignal: AbortSignal | undefined;
  #endSignal: AbortSignal | undefined;
  readonly #processUserAgent: string = '';
  #warnings: string[] | undefined;
  #annotations: Map<string, string> | undefined;

  constructor({ method, target, info, accept, auditId, startMs, origin }: CallStart) {
    this.method = method;
    this.info = info;
    this.rawPath = target.rawPath;
    this.query = target.query;
    this.accept = accept;
    this.auditId = auditId;
    this.startMs = startMs;
    if (origin.type === 'http') {
      this.exchange = origin.exchange;
      this.user = NOBODY;
      this.body = NO_BODY;
    } else {
      this.user = origin.user;
      this.body = origin.body;
      this.#processSignal = origin.signal;
      this.#processUserAgent = origin.userAgent;
    }
  }

  get reach(): ApiCall['reach'] {
    if (!this.exchange) return 'process';
    return this.exchange.upgrade ? 'upgrade' : 'http';
  }

  get userAgent(): string {
    return this.exchange ? (this.exchange.headers.get('user-agent') ?? '') : this.#processUserAgent;
  }

  get signal(): AbortSignal {
    return this.#endSignal ?? this.#processSignal ?? this.exchange!.signal;
  }

  endWith(signal: AbortSignal): void {
    this.#endSignal = AbortSignal.any([this.signal, signal]);
  }

  /** Calls `ended` when a stream that has begun has ended. */
  whenEnded(ended: () => void): void {
    (this.#ended ??= []).push(ended);
  }

  /** The answer is complete, or was broken off. */
  end(): void {
    this.replySizes?.observe(this.sentBytes);
    this.replySizes = undefined;
    const all = this.#ended ?? [];
    this.#ended = undefined;
    for (const ended of all) ended();
  }

  get warnings(): readonly string[] {
    return this.#warnings ?? [];
  }

  /** What the stages and admission add to the audit event. */
  get annotations(): Iterable<readonly [string, string]> {
    return this.#annotations ?? [];
  }

  /** Whether the call may last as long as its client likes: watches, streams, proxied requests. */
  get longRunning(): boolean {
    const { verb, subresource } = this.info;
    if (verb === 'watch' || verb === 'proxy') return true;
    return LONG_RUNNING_SUBRESOURCES.has(subresource);
  }

  header(name: string): string | undefined {
    return this.exchange?.headers.combined(name);
  }

  annotate(key: string, value: string): void {
    this.#annotations ??= new Map();
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  }

  warn(text: string): void {
    this.#warnings ??= [];
    const length = this.#warnings.reduce((sum, one) => sum + one.length, text.length);
    if (length <= MAX_WARNINGS_LENGTH && !this.#warnings.includes(text)) this.#warnings.push(text);
  }
}

const LONG_RUNNING_SUBRESOURCES = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);
