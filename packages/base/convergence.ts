/**
 * Work that brings something into line with what is wanted: run on request, never twice at once, again after a failure.
 */
import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

/** What a convergence needs. */
export interface ConvergenceOptions {
  /** Names the work in log lines. */
  readonly name: string;
  /** Brings everything into line; what was requested while it runs is seen by the next run. */
  readonly converge: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** How long to wait after failures. */
  readonly backoff: Backoff;
  readonly log: Logger;
}

/** Runs until disposed; disposing waits for the run in progress, whose signal aborts. */
export interface Convergence extends AsyncDisposable {
  /** Asks for a run; requests made before it starts are one. */
  request(): void;
  /** Resolves when every request made so far has been met by a run that succeeded. */
  settled(signal: AbortSignal): Promise<void>;
}

/** Opens a convergence that does nothing until the first request. */
export function openConvergence(options: ConvergenceOptions): Convergence {
  return new Converging(options);
}

class Converging implements Convergence {
  readonly #options: ConvergenceOptions;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<{ readonly version: number; readonly resolve: () => void }>();
  #requested = 0;
  #done = 0;
  #running: Promise<void> | undefined;

  constructor(options: ConvergenceOptions) {
    this.#options = options;
  }

  request(): void {
    this.#requested++;
    if (!this.#abort.signal.aborted) this.#running ??= this.#run();
  }

  async settled(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const version = this.#requested;
    if (this.#done >= version) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { version, resolve };
    const giveUp = (): void => reject(signal.reason as Error);
    this.#waiters.add(waiter);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', giveUp);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { name, converge, clock, backoff, log } = this.#options;
    // Requests of the same turn (a batch of watch events) are one run.
    await Promise.resolve();
    while (this.#done < this.#requested && !signal.aborted) {
      const version = this.#requested;
      try {
        await converge(signal);
        this.#done = version;
        backoff.reset();
        for (const waiter of this.#waiters) if (waiter.version <= version) waiter.resolve();
      } catch (error) {
        if (signal.aborted) break;
        const delayMs = backoff.next();
        log.warn(`${name} failed; it will be tried again`, { error, delayMs });
        await clock.sleep(delayMs, signal).catch(() => undefined);
      }
    }
    this.#running = undefined;
  }
}
