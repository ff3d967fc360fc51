/**
 * Time as a value that is passed in, so that a whole cluster can run under a simulated clock.
 *
 * Nothing outside `base` reads the system's time or sets a timer: it takes a `Clock`.
 */

/** A timer that has not fired yet; disposing it (or calling `cancel`) means it never will. */
export interface Timer extends Disposable {
  cancel(): void;
}

/** Wall-clock time, monotonic time and timers. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. Use it for durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fire` once after `ms` milliseconds unless cancelled. Timers never keep the process alive. */
  after(ms: number, fire: () => void): Timer;
}

const noop = (): void => {};

/** The longest delay the platform's timers take in one piece; longer waits are split. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      let onAbort = noop;
      const timer = systemClock.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      if (signal) {
        onAbort = () => {
          timer.cancel();
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort, { once: true });
      }
    });
  },
  after(ms, fire) {
    const deadline = performance.now() + ms;
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const pieceMs = Math.min(Math.max(remainingMs, 0), MAX_TIMER_MS);
      handle = setTimeout(() => {
        const leftMs = deadline - performance.now();
        if (remainingMs > MAX_TIMER_MS && leftMs > 0) arm(leftMs);
        else fire();
      }, pieceMs);
    };
    arm(ms);
    const cancel = (): void => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  },
};
