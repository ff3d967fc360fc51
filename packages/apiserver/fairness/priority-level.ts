/** The seats of one priority level, and the queue before them. Source: KEP-1040. */
import type { Clock, Timer } from '#base/clock.ts';
import { StatusError } from '#machinery/status.ts';

/** How a level treats requests beyond its seats. */
export interface LevelLimits {
  /** Requests that run at once; `Infinity`: exempt. */
  readonly seats: number;
  /** Requests that may wait; 0: those beyond the seats are refused. */
  readonly queueLength: number;
  /** Requests of one flow that may wait. */
  readonly flowQueueLength: number;
  /** Seats that others may have when they are not needed; default none. */
  readonly lendable?: number;
  /** Seats that may be had from others; default none. */
  readonly borrowingLimit?: number;
}

/** A queued request is refused after this time: a quarter of the request timeout, as upstream. */
const MAX_WAIT_MS = 15_000;
const RETRY_AFTER_SECONDS = 1;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: StatusError) => void;
  readonly timer: Timer;
}

/** Counts what runs, queues what has to wait, and takes flows in turn. */
export class PriorityLevel {
  readonly name: string;
  #limits: LevelLimits;
  #seats: number;
  #running = 0;
  #waiting = 0;
  /** The most that ran and waited at once since `takeDemand`. */
  #demand = 0;
  /** Waiters by flow; the map's order is the order of turns. */
  readonly #flows = new Map<string, Waiter[]>();
  readonly #clock: Clock;
  readonly #onFull: () => void;

  /** `onFull` is told whenever a request finds no seat. */
  constructor(name: string, limits: LevelLimits, clock: Clock, onFull: () => void = () => {}) {
    this.name = name;
    this.#limits = limits;
    this.#seats = limits.seats;
    this.#clock = clock;
    this.#onFull = onFull;
  }

  get limits(): LevelLimits {
    return this.#limits;
  }

  /** Seats with those borrowed or lent. */
  get seats(): number {
    return this.#seats;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** New limits; nothing is borrowed or lent until `setSeats`. */
  setLimits(limits: LevelLimits): void {
    this.#limits = limits;
    this.setSeats(limits.seats);
  }

  setSeats(seats: number): void {
    this.#seats = seats;
    this.#admitNext();
  }

  /** The most seats that were taken or wanted at once since the last call. */
  takeDemand(): number {
    const demand = Math.max(this.#demand, this.#running + this.#waiting);
    this.#demand = this.#running + this.#waiting;
    return demand;
  }

  /** Takes a seat if one is free. */
  tryEnter(): boolean {
    if (this.#running >= this.#seats || this.#waiting > 0) {
      this.#onFull();
      return false;
    }
    this.#running++;
    if (this.#running > this.#demand) this.#demand = this.#running;
    return true;
  }

  /** Gives a seat back. */
  leave(): void {
    this.#running--;
    if (this.#waiting > 0) this.#admitNext();
  }

  /** Takes a seat when one is free and it is the flow's turn. @throws StatusError TooManyRequests: too many wait, or too long. */
  queue(flow: string): Promise<void> {
    const waiters = this.#flows.get(flow) ?? [];
    if (this.#waiting >= this.#limits.queueLength || waiters.length >= this.#limits.flowQueueLength) throw refusal();
    this.#flows.set(flow, waiters);
    this.#waiting++;
    this.#demand = Math.max(this.#demand, this.#running + this.#waiting);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: resolve,
        refuse: reject,
        timer: this.#clock.after(MAX_WAIT_MS, () => {
          this.#remove(flow, waiter);
          reject(refusal());
        }),
      };
      waiters.push(waiter);
    });
  }

  #remove(flow: string, waiter: Waiter): void {
    const waiters = this.#flows.get(flow);
    const index = waiters?.indexOf(waiter) ?? -1;
    if (!waiters || index < 0) return;
    waiters.splice(index, 1);
    this.#waiting--;
    if (waiters.length === 0) this.#flows.delete(flow);
  }

  #admitNext(): void {
    while (this.#waiting > 0 && this.#running < this.#seats) {
      const [flow, waiters] = this.#flows.entries().next().value!;
      const waiter = waiters.shift()!;
      this.#flows.delete(flow);
      if (waiters.length > 0) this.#flows.set(flow, waiters);
      this.#waiting--;
      this.#running++;
      waiter.timer.cancel();
      waiter.admit();
    }
  }
}

function refusal(): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: 'Too many requests, please try again later.',
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}
