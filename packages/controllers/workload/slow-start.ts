/**
 * Does something many times in batches of 1, 2, 4, …, and stops at the first batch with a failure: a hopeless case costs few requests.
 *
 * Source: `slowStartBatch` upstream.
 */

/** How a slow start ended: how often it succeeded, and the first failure. */
export interface SlowStartResult {
  readonly succeeded: number;
  readonly error: unknown;
}

/** Calls `act` `count` times; batches begin with `initial` calls and double. */
export async function slowStart(count: number, initial: number, act: (index: number) => Promise<void>): Promise<SlowStartResult> {
  let done = 0;
  let succeeded = 0;
  for (let batch = Math.min(count, initial); batch > 0; batch = Math.min(2 * batch, count - done)) {
    const first = done;
    const results = await Promise.allSettled(Array.from({ length: batch }, (_, i) => act(first + i)));
    done += batch;
    succeeded += results.filter((result) => result.status === 'fulfilled').length;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) return { succeeded, error: failed.reason };
  }
  return { succeeded, error: undefined };
}
