/**
 * The engine as seen from the store's thread: the same methods, answered later.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../store.ts';
import type { DatabaseOptions } from './database.ts';
import type { Engine, EngineState } from './engine.ts';
import type { EngineFailure, EngineGreeting, EngineMethod, EngineReply, EngineRequest } from './messages.ts';

/** The engine's objects live for one call: a small young generation is enough and stays small. */
const YOUNG_GENERATION_MEGABYTES = 4;

/** The engine refused a call; `transient` as in `EngineFailure`. */
export class EngineError extends StoreUnavailableError {
  readonly transient: boolean;
  constructor(failure: EngineFailure) {
    super(failure.message);
    this.transient = failure.transient;
  }
}

/** The thread's program: the source beside this file, or in a bundle a file beside the bundle's entry. */
function threadProgram(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('./engine-thread.ts', import.meta.url);
  const beside = new URL('./engine-thread.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../engine-thread.js', import.meta.url);
}

interface PendingCall {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Calls the engine in its thread. */
export class EngineClient {
  readonly #worker: Worker;
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  #gone: StoreUnavailableError | undefined;
  /** Where the store stood when it was opened. */
  readonly opened: EngineState;

  private constructor(worker: Worker, opened: EngineState) {
    this.#worker = worker;
    this.opened = opened;
    worker.on('message', (reply: EngineReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(new StoreUnavailableError(`the store's thread died: ${error.message}`, error)));
    worker.on('exit', () => this.#lose(new StoreUnavailableError('the store is closed')));
  }

  /**
   * Starts the engine's thread.
   * @throws StoreUnavailableError
   */
  static async open(options: DatabaseOptions): Promise<EngineClient> {
    const worker = new Worker(threadProgram(), {
      name: 'store',
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEGABYTES },
    });
    const [greeting] = (await once(worker, 'message')) as [EngineGreeting];
    if ('ready' in greeting) return new EngineClient(worker, greeting.ready);
    await worker.terminate();
    throw new EngineError(greeting.failure);
  }

  /**
   * Calls `method` of the engine.
   * @throws EngineError when it fails, StoreUnavailableError when the thread is gone
   */
  call<M extends EngineMethod>(method: M, ...args: Parameters<Engine[M]>): Promise<ReturnType<Engine[M]>> {
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(this.#gone);
        return;
      }
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies EngineRequest);
    });
  }

  /** Closes the engine's files after all calls made so far, and ends the thread. */
  async close(): Promise<void> {
    if (this.#gone) return;
    const exited = once(this.#worker, 'exit');
    await this.call('close');
    await exited;
  }

  #settle(reply: EngineReply): void {
    const call = this.#calls.get(reply.id)!;
    this.#calls.delete(reply.id);
    if ('failure' in reply) call.reject(new EngineError(reply.failure));
    else call.resolve(reply.result as never);
  }

  #lose(reason: StoreUnavailableError): void {
    this.#gone ??= reason;
    for (const call of this.#calls.values()) call.reject(this.#gone);
    this.#calls.clear();
  }
}
