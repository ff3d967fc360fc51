/** Long works in slices of time, between which others get their turn. */
import type { Clock } from '#base/clock.ts';

/** How long the event loop may be kept. */
const SLICE_MS = 5;

/** Does `steps`, pausing whenever a slice is over. */
export async function inSlices<T>(steps: Generator<undefined, T>, clock: Clock): Promise<T> {
  let until = clock.monotonicMs() + SLICE_MS;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (clock.monotonicMs() < until) continue;
    await clock.sleep(0);
    until = clock.monotonicMs() + SLICE_MS;
  }
}
