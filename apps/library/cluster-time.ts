/**
 * The time of a cluster in a test: the machine's, or one that stands still until the test moves it.
 */
import type { Clock } from '#base/clock.ts';
import { systemClock } from '#base/clock.ts';
import { SimClock } from '#base/testing/sim-clock.ts';

/** How one cluster's time passes. */
export interface ClusterTime {
  readonly clock: Clock;
  readonly simulated: boolean;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** @throws Error when time is real. */
  advance(ms: number): Promise<void>;
  /** Waits until `done` answers true. @throws Error after `withinMs` of the cluster's time. */
  until(done: () => boolean | Promise<boolean>, withinMs: number): Promise<void>;
  /** Waits for `reply`, letting time pass when it does not come without. */
  drive<T>(reply: Promise<T>): Promise<T>;
}

/** How often conditions are looked at in real time. */
const POLL_MS = 5;
/** Simulated time that a single call may take before it counts as hanging. */
const CALL_MS = 3_600_000;

/** The machine's time. */
export const realTime: ClusterTime = {
  clock: systemClock,
  simulated: false,
  settle: () => systemClock.sleep(0),
  advance() {
    throw new Error("the cluster runs in real time: start it with clock: 'simulated' to move its time");
  },
  async until(done, withinMs) {
    const deadlineMs = systemClock.monotonicMs() + withinMs;
    while (!(await done())) {
      if (systemClock.monotonicMs() > deadlineMs) throw new Error(`the condition does not hold after ${withinMs} ms`);
      await systemClock.sleep(POLL_MS);
    }
  },
  drive: (reply) => reply,
};

/** Time that the test owns, from `startMs` on. */
export function simulatedTime(startMs: number | undefined): ClusterTime {
  return new SimulatedTime(startMs);
}

class SimulatedTime implements ClusterTime {
  readonly clock: SimClock;
  readonly simulated = true;
  /** One at a time moves the clock, in the order they asked. */
  #turn: Promise<void> = Promise.resolve();

  constructor(startMs: number | undefined) {
    this.clock = new SimClock(startMs);
  }

  settle(): Promise<void> {
    return this.#exclusive(() => this.clock.settle());
  }

  advance(ms: number): Promise<void> {
    return this.#exclusive(() => this.clock.advance(ms));
  }

  async until(done: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    const deadlineMs = this.clock.monotonicMs() + withinMs;
    for (;;) {
      await this.settle();
      if (await done()) return;
      const nextMs = this.clock.nextInMs;
      if (nextMs === undefined || this.clock.monotonicMs() + nextMs > deadlineMs) throw new Error(`the condition does not hold after ${withinMs} ms of simulated time`);
      await this.advance(nextMs);
    }
  }

  async drive<T>(reply: Promise<T>): Promise<T> {
    let done = false;
    const end = (): void => {
      done = true;
    };
    reply.then(end, end);
    // Nearly every call is answered without any time passing.
    for (let turn = 0; turn < 2 && !done; turn++) await Promise.resolve();
    if (!done) {
      await this.#exclusive(async () => {
        if (!done) await this.clock.runUntil(() => done, CALL_MS);
      });
    }
    return reply;
  }

  async #exclusive(move: () => Promise<void>): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      await move();
    } finally {
      resolve();
    }
  }
}
