/**
 * The stages that every call goes through, in order, whether it came over HTTP or from this process.
 */
import { StatusError, internalError } from '#machinery/status.ts';
import type { ActiveCall } from './active-call.ts';
import type { ApiReply, Handler } from './call.ts';

/** How a call ended. */
export interface Outcome {
  readonly code: number;
  readonly reply?: ApiReply;
  readonly error?: StatusError;
  /** What was thrown instead of a StatusError: a fault of the server. */
  readonly fault?: unknown;
}

/** One stage. */
export interface Stage {
  readonly name: string;
  /** Lets the call pass, learns something about it, or refuses it by throwing StatusError. Returns a promise only when it has to wait. */
  enter(call: ActiveCall): void | Promise<void>;
  /** Called once, in reverse order, when a call that entered has been answered (a stream: has begun to be). */
  leave?(call: ActiveCall, outcome: Outcome): void;
}

/** Stages with a handler at their end. */
export class Pipeline {
  readonly #stages: readonly Stage[];
  readonly #handler: Handler;
  readonly #onFault: (error: unknown, call: ActiveCall) => void;

  /** `onFault` is told of errors that are not a StatusError: faults of the server, which clients see as InternalError. */
  constructor(stages: readonly Stage[], handler: Handler, onFault: (error: unknown, call: ActiveCall) => void) {
    this.#stages = stages;
    this.#handler = handler;
    this.#onFault = onFault;
  }

  /** Answers a call; at once when every stage and the handler can. @throws StatusError */
  run(call: ActiveCall): ApiReply | Promise<ApiReply> {
    const stages = this.#stages;
    let entered = 0;
    try {
      for (; entered < stages.length; entered++) {
        const waiting = stages[entered]!.enter(call);
        if (waiting) return this.#resume(call, waiting, entered + 1);
      }
      const reply = this.#handler.handle(call);
      if (reply instanceof Promise) return this.#finish(call, reply);
      this.#leave(call, stages.length, { code: codeOf(reply), reply });
      return reply;
    } catch (error) {
      throw this.#fail(call, entered + 1, error);
    }
  }

  async #resume(call: ActiveCall, waiting: Promise<void>, next: number): Promise<ApiReply> {
    const stages = this.#stages;
    let entered = next;
    try {
      await waiting;
      for (; entered < stages.length; entered++) await stages[entered]!.enter(call);
      const reply = await this.#handler.handle(call);
      this.#leave(call, stages.length, { code: codeOf(reply), reply });
      return reply;
    } catch (error) {
      throw this.#fail(call, entered + 1, error);
    }
  }

  async #finish(call: ActiveCall, pending: Promise<ApiReply>): Promise<ApiReply> {
    try {
      const reply = await pending;
      this.#leave(call, this.#stages.length, { code: codeOf(reply), reply });
      return reply;
    } catch (error) {
      throw this.#fail(call, this.#stages.length, error);
    }
  }

  #fail(call: ActiveCall, entered: number, error: unknown): StatusError {
    if (!(error instanceof StatusError)) this.#onFault(error, call);
    const status = error instanceof StatusError ? error : internalError(error);
    this.#leave(call, Math.min(entered, this.#stages.length), { code: status.code, error: status, ...(status === error ? {} : { fault: error }) });
    return status;
  }

  #leave(call: ActiveCall, entered: number, outcome: Outcome): void {
    for (let i = entered - 1; i >= 0; i--) this.#stages[i]!.leave?.(call, outcome);
  }
}

function codeOf(reply: ApiReply): number {
  switch (reply.type) {
    case 'entry':
    case 'object':
    case 'raw':
      return reply.code;
    case 'takeover':
      return 101;
    case 'list':
    case 'watch':
      return 200;
  }
}
