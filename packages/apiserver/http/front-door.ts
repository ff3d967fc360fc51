/** From an exchange to a call, through the pipeline, and back. */
import type { Clock, Timer } from '#base/clock.ts';
import { type Logger, errorFields } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { StatusError, internalError, notAcceptable, timeout } from '#machinery/status.ts';
import { ActiveCall } from '../active-call.ts';
import { AuditIds } from '../audit/audit-ids.ts';
import type { ApiReply } from '../call.ts';
import type { WatchMetrics } from '../endpoints/watch-metrics.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Exchange, Serve } from './exchange.ts';
import { MEDIA_TYPES, Negotiator, PLAIN_JSON } from './negotiation.ts';
import { ReplyWriter } from './reply-writer.ts';
import { TargetParser } from './request-info.ts';
import { askedTimeoutMs, REQUEST_TIMEOUT_MS } from './request-timeout.ts';

/** What the front door needs. */
export interface FrontDoorOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly watchMetrics?: WatchMetrics;
  /** Told of calls that are no longer waited for. */
  readonly onGivenUp?: (call: ActiveCall, error: StatusError) => void;
}

const MAX_AUDIT_ID_LENGTH = 64;
const SWEEP_MS = 1_000;

/** A reply to wait for, and how long the client does if less than usual. */
interface Pending {
  readonly reply: Promise<ApiReply>;
  readonly limitMs: number | undefined;
}

/** Lets requests in. */
export class FrontDoor implements Disposable {
  readonly #options: FrontDoorOptions;
  readonly #negotiator = new Negotiator();
  readonly #targets = new TargetParser();
  readonly #auditIds: AuditIds;
  readonly #writer: ReplyWriter;
  /** Calls that wait, oldest first. */
  readonly #waiting = new Map<ActiveCall, Exchange>();
  #sweep: Timer | undefined;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#writer = new ReplyWriter(options.log, options.watchMetrics);
    this.#auditIds = new AuditIds(options.random);
  }

  [Symbol.dispose](): void {
    this.#sweep?.cancel();
  }

  /** Calls that have not been answered yet; streams count as answered when they have begun. */
  get inFlight(): number {
    return this.#waiting.size;
  }

  readonly serve: Serve = (exchange) => {
    let call: ActiveCall | undefined;
    try {
      call = this.#callOf(exchange);
      if (!exchange.canTakeOver && call.longRunning && call.info.verb !== 'watch') {
        exchange.takeOver();
        return;
      }
      const limitMs = call.longRunning ? undefined : askedTimeoutMs(call.query);
      const reply = this.#options.pipeline.run(call);
      if (reply instanceof Promise) void this.#later(exchange, call, { reply, limitMs });
      else this.#write(exchange, call, reply);
    } catch (error) {
      this.#fail(exchange, call, error);
    }
  };

  #callOf(exchange: Exchange): ActiveCall {
    const { clock } = this.#options;
    const { target, info } = this.#targets.parse(exchange.method, exchange.url);
    const accept = this.#negotiator.negotiate(exchange.headers.combined('accept'));
    const sent = exchange.headers.get('audit-id');
    const auditId = sent !== undefined && sent.length <= MAX_AUDIT_ID_LENGTH ? sent : this.#auditIds.next();
    const call = new ActiveCall({ method: exchange.method, target, info, accept: accept ?? PLAIN_JSON, auditId, startMs: clock.now(), origin: { type: 'http', exchange } });
    // Only resources insist on the types they are served in: logs, health checks and proxied requests have their own.
    if (accept === undefined && info.isResource && (info.verb === 'watch' || !call.longRunning)) throw notAcceptable(MEDIA_TYPES);
    return call;
  }

  async #later(exchange: Exchange, call: ActiveCall, pending: Pending): Promise<void> {
    if (!call.longRunning) this.#watchOver(call, exchange);
    const timer = pending.limitMs === undefined ? undefined : this.#options.clock.after(pending.limitMs, () => this.#giveUp(exchange, call));
    try {
      const reply = await pending.reply;
      this.#waiting.delete(call);
      this.#write(exchange, call, reply);
    } catch (error) {
      this.#waiting.delete(call);
      this.#fail(exchange, call, error);
    } finally {
      timer?.cancel();
    }
  }

  #giveUp(exchange: Exchange, call: ActiveCall): void {
    this.#waiting.delete(call);
    const error = timeout('request did not complete within the allotted timeout');
    this.#options.onGivenUp?.(call, error);
    call.givenUp?.(error);
    this.#writer.writeError(exchange, call, error);
  }

  #write(exchange: Exchange, call: ActiveCall, reply: ApiReply): void {
    const writing = this.#writer.write(exchange, call, reply);
    if (writing) void writing.catch((error: unknown) => this.#fail(exchange, call, error)).finally(() => call.end());
    else call.end();
  }

  #fail(exchange: Exchange, call: ActiveCall | undefined, error: unknown): void {
    if (!(error instanceof StatusError)) this.#options.log.error('a request could not be answered', { path: exchange.url, ...errorFields(error) });
    try {
      this.#writer.writeError(exchange, call, error instanceof StatusError ? error : internalError(error));
    } catch (failure) {
      this.#options.log.error('an error could not be sent', errorFields(failure));
    }
    call?.end();
  }

  #watchOver(call: ActiveCall, exchange: Exchange): void {
    this.#waiting.set(call, exchange);
    this.#sweep ??= this.#options.clock.after(SWEEP_MS, () => this.#onSweep());
  }

  #onSweep(): void {
    this.#sweep = undefined;
    const latest = this.#options.clock.now() - REQUEST_TIMEOUT_MS;
    for (const [call, exchange] of this.#waiting) {
      if (call.startMs > latest) break;
      this.#giveUp(exchange, call);
    }
    if (this.#waiting.size > 0) this.#sweep = this.#options.clock.after(SWEEP_MS, () => this.#onSweep());
  }
}
