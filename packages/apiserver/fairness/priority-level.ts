/** The seats of one priority level, and the queues before them. Source: KEP-1040. */
import type { Clock, Timer } from '#base/clock.ts';
import type { StatusDetails } from '#machinery/status.ts';
import { PlainTextError } from '../http/plain-text-error.ts';
import { RetryAdvice } from './retry-advice.ts';

/** How a level treats requests beyond its seats. */
export interface LevelLimits {
  /** Seats that are taken at once; `Infinity`: exempt. */
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

/** Why a request was not served. */
export type RefusalReason = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled';

/** What waits, for those who look into the queues. */
export interface Waiting {
  readonly flow: string;
  readonly seats: number;
  readonly sinceMs: number;
  /** What the request is about; whoever queued it knows. */
  readonly about: unknown;
}

/** What is to wait. */
export interface Queued {
  readonly flow: string;
  /** Default 1. */
  readonly seats?: number;
  readonly about?: unknown;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** A queued request is refused after this time: a quarter of the request timeout, as upstream. */
const MAX_WAIT_MS = 15_000;

/** Thrown to those who are not served; knows why. */
export class Refusal extends PlainTextError {
  readonly why: RefusalReason;

  constructor(why: RefusalReason, retryAfterSeconds: number) {
    const details: StatusDetails = { retryAfterSeconds };
    super({ code: 429, reason: 'TooManyRequests', message: 'Too many requests, please try again later.', details });
    this.why = why;
  }
}

interface Waiter extends Waiting {
  readonly admit: () => void;
  readonly timer: Timer;
}

/** The requests of one flow that wait. Flows take turns so that each gets as many seats as the others, whatever it asks for. */
interface Flow {
  readonly name: string;
  readonly waiters: Waiter[];
  /** Seats that the flow has had, counted from those of the flow that had fewest when it came. */
  had: number;
}

/** Counts what runs, queues what has to wait, and takes flows in turn. */
export class PriorityLevel {
  readonly name: string;
  readonly advice: RetryAdvice;
  /** How requests ended that were not served at once, and how many were served. */
  readonly counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };
  #limits: LevelLimits;
  #seats: number;
  #running = 0;
  #seatsInUse = 0;
  #waiting = 0;
  #waitingSeats = 0;
  /** The most seats that were taken and wanted at once since `takeDemand`. */
  #demand = 0;
  readonly #flows = new Map<string, Flow>();
  /** What the flow had that was served last. */
  #had = 0;
  readonly #clock: Clock;
  readonly #onFull: () => void;

  /** `onFull` is told whenever a request finds no seat. */
  constructor(name: string, limits: LevelLimits, clock: Clock, onFull: () => void = () => {}) {
    this.name = name;
    this.#limits = limits;
    this.#seats = limits.seats;
    this.#clock = clock;
    this.#onFull = onFull;
    this.advice = new RetryAdvice(clock);
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

  get seatsInUse(): number {
    return this.#seatsInUse;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get waitingSeats(): number {
    return this.#waitingSeats;
  }

  /** The queues, one per flow. */
  *queues(): Generator<readonly Waiting[]> {
    for (const { waiters } of this.#flows.values()) yield waiters;
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
    const now = this.#seatsInUse + this.#waitingSeats;
    const demand = Math.max(this.#demand, now);
    this.#demand = now;
    return demand;
  }

  /** Takes seats if they are free and nobody waits for them. */
  tryEnter(seats = 1): boolean {
    if (this.#waiting > 0 || !this.#fits(seats)) {
      this.#onFull();
      return false;
    }
    this.#take(seats);
    return true;
  }

  /** Gives seats back. */
  leave(seats = 1): void {
    this.#running--;
    this.#seatsInUse -= seats;
    if (this.#waiting > 0) this.#admitNext();
  }

  /** Takes seats when they are free and it is the flow's turn. @throws Refusal: too many wait, or too long; rejects with one when the caller has gone. */
  queue({ flow: name, seats = 1, about, signal }: Queued): Promise<void> {
    const flow = this.#flows.get(name) ?? { name, waiters: [], had: this.#had };
    if (this.#limits.queueLength === 0) throw this.#refuse('concurrency-limit');
    if (this.#waiting >= this.#limits.queueLength || flow.waiters.length >= this.#limits.flowQueueLength) throw this.#refuse('queue-full');
    this.#flows.set(name, flow);
    this.#waiting++;
    this.#waitingSeats += seats;
    this.#demand = Math.max(this.#demand, this.#seatsInUse + this.#waitingSeats);
    return new Promise((resolve, reject) => {
      const cancel = (): void => stop('cancelled');
      const timer = this.#clock.after(MAX_WAIT_MS, () => stop('time-out'));
      const admit = (): void => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      };
      const waiter: Waiter = { flow: name, seats, about, sinceMs: this.#clock.now(), admit, timer };
      const stop = (why: RefusalReason): void => {
        signal?.removeEventListener('abort', cancel);
        timer.cancel();
        this.#remove(flow, waiter);
        reject(this.#refuse(why));
      };
      flow.waiters.push(waiter);
      signal?.addEventListener('abort', cancel);
    });
  }

  #fits(seats: number): boolean {
    return this.#seatsInUse === 0 || this.#seatsInUse + seats <= this.#seats;
  }

  #take(seats: number): void {
    this.counts.dispatched++;
    this.#running++;
    this.#seatsInUse += seats;
    if (this.#seatsInUse > this.#demand) this.#demand = this.#seatsInUse;
  }

  #refuse(why: RefusalReason): Refusal {
    if (why === 'time-out') this.counts.timedOut++;
    else if (why === 'cancelled') this.counts.cancelled++;
    else this.counts.rejected++;
    if (why !== 'cancelled') this.advice.note();
    return new Refusal(why, this.advice.seconds);
  }

  #remove(flow: Flow, waiter: Waiter): void {
    const index = flow.waiters.indexOf(waiter);
    if (index < 0) return;
    flow.waiters.splice(index, 1);
    this.#forget(flow, waiter);
  }

  #forget(flow: Flow, { seats }: Waiter): void {
    this.#waiting--;
    this.#waitingSeats -= seats;
    if (flow.waiters.length === 0) this.#flows.delete(flow.name);
  }

  /** The flow that has had least; of several, the one that waits longest. */
  #next(): Flow {
    let next: Flow | undefined;
    for (const flow of this.#flows.values()) if (!next || flow.had < next.had) next = flow;
    return next!;
  }

  #admitNext(): void {
    while (this.#waiting > 0) {
      const flow = this.#next();
      const waiter = flow.waiters[0]!;
      if (!this.#fits(waiter.seats)) return;
      flow.waiters.shift();
      this.#had = Math.max(this.#had, flow.had);
      flow.had += waiter.seats;
      this.#forget(flow, waiter);
      this.#take(waiter.seats);
      waiter.timer.cancel();
      waiter.admit();
    }
  }
}
