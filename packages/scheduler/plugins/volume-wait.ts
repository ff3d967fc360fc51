/**
 * Waiting for the caches to show something.
 */
import type { Clock } from '#base/clock.ts';

/** Something that says when it has changed: an informer of any kind. */
interface Changing {
  listen(listener: { progressed(): void }): Disposable;
}

/** Whose changes matter, and how long to wait for them at most. */
export interface UntilOptions {
  readonly informers: readonly Changing[];
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Waits until `settled` is true; it is asked whenever one of the informers has changed. @throws what `settled` throws, or Error after the time. */
export async function until(settled: () => boolean, { informers, clock, timeoutMs }: UntilOptions, signal: AbortSignal): Promise<void> {
  if (settled()) return;
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    try {
      if (settled()) done.resolve();
    } catch (error) {
      done.reject(error as Error);
    }
  };
  const stop = (): void => done.reject(signal.reason as Error);
  using subscriptions = new DisposableStack();
  for (const informer of informers) subscriptions.use(informer.listen({ progressed: look }));
  using _timer = clock.after(timeoutMs, () => done.reject(new Error('context deadline exceeded')));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await done.promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
