/** The seats of one priority level, and the queues before them. Source: KEP-1040. */
import type { Clock } from '#base/clock.ts';
import type { StatusDetails } from '#machinery/status.ts';
import { PlainTextError } from '../http/plain-text-error.ts';
import { flowHash } from './dealer.ts';
import { type FairQueue, FairQueues, type QueueShape, type Served } from './fair-queues.ts';
import { RetryAdvice } from './retry-advice.ts';

/** How a level treats requests beyond its seats. */
export interface LevelLimits {
  /** Seats that are taken at once; `Infinity`: exempt. */
  readonly seats: number;
  /** Where requests wait; absent: those beyond the seats are refused. */
  readonly queuing?: QueueShape;
  /** Seats that others may have when they are not needed; default none. */
  readonly lendable?: number;
  /** Seats that may be had from others; default none. */
  readonly borrowingLimit?: number;
}

/** Why a request was not served. */
export type RefusalReason = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled';

/** What waits, for those who look into the queues. */
export interface Waiting {
  readonly schema: string;
  readonly flow: string;
  readonly seats: number;
  readonly sinceMs: number;
  /** What the request is about; whoever queued it knows. */
  readonly about: unknown;
}

/** What is to wait. */
export interface Queued {
  /** The flow schema, and what tells its flows apart. */
  readonly schema: string;
  readonly flow: string;
  /** Default 1. */
  readonly seats?: number;
  readonly about?: unknown;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** Told how many requests are in its queue, with it. */
  readonly queued?: (length: number) => void;
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
  readonly admit: (turn: Turn) => void;
}

/** What a request that had waited gives back with its seats. */
export type Turn = Served<Waiter>;

/** Without queues nothing waits, so that any shape will do. */
const NO_QUEUES: QueueShape = { queues: 1, handSize: 1, queueLengthLimit: 0 };

/** Counts what runs, and queues what has to wait. */
export class PriorityLevel {
  readonly name: string;
  readonly advice: RetryAdvice;
  /** How requests ended that were not served at once, how many were served, and how often the next one did not fit. */
  readonly counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0, unaccommodated: 0 };
  #limits: LevelLimits;
  #seats: number;
  #running = 0;
  #seatsInUse = 0;
  #waiting = 0;
  #waitingSeats = 0;
  /** The most seats that were taken and wanted at once since `takeDemand`. */
  #demand = 0;
  readonly #queues: FairQueues<Waiter>;
  readonly #clock: Clock;
  readonly #onFull: () => void;

  /** `onFull` is told whenever a request finds no seat. */
  constructor(name: string, limits: LevelLimits, clock: Clock, onFull: () => void = () => {}) {
    this.name = name;
    this.#limits = limits;
    this.#seats = limits.seats;
    this.#clock = clock;
    this.#onFull = onFull;
    this.#queues = new FairQueues(clock, limits.queuing ?? NO_QUEUES);
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

  /** What each queue with work would have had by now, in seat-seconds. */
  get r(): number {
    return this.#queues.r;
  }

  get waitingSeats(): number {
    return this.#waitingSeats;
  }

  /** The queues that have work, in order. */
  queues(): readonly FairQueue<Waiting>[] {
    return this.#queues.active();
  }

  /** New limits; nothing is borrowed or lent until `setSeats`. */
  setLimits(limits: LevelLimits): void {
    this.#limits = limits;
    if (limits.queuing) this.#queues.setShape(limits.queuing);
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

  /** Gives seats back; `turn`: of a request that had waited for them. */
  leave(seats = 1, turn?: Turn): void {
    this.#running--;
    this.#seatsInUse -= seats;
    if (turn) this.#queues.served(turn, this.#seats);
    if (this.#waiting > 0) this.#admitNext();
  }

  /** Takes seats when they are free and it is the request's turn. @throws Refusal: too many wait, or too long; rejects with one when the caller has gone. */
  queue({ schema, flow, seats = 1, about, signal, queued }: Queued): Promise<Turn> {
    if (!this.#limits.queuing) throw this.#refuse('concurrency-limit');
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    const cancel = (): void => stop('cancelled');
    const timer = this.#clock.after(MAX_WAIT_MS, () => stop('time-out'));
    const admit = (turn: Turn): void => {
      signal?.removeEventListener('abort', cancel);
      timer.cancel();
      resolve(turn);
    };
    const waiter: Waiter = { schema, flow, seats, about, sinceMs: this.#clock.now(), admit };
    const queue = this.#queues.add(waiter, flowHash(schema, flow), this.#seats);
    if (!queue) {
      timer.cancel();
      throw this.#refuse('queue-full');
    }
    const stop = (why: RefusalReason): void => {
      signal?.removeEventListener('abort', cancel);
      timer.cancel();
      if (!this.#queues.remove(queue, waiter, this.#seats)) return;
      this.#waiting--;
      this.#waitingSeats -= seats;
      reject(this.#refuse(why));
      // What could not be served before it may fit now.
      this.#admitNext();
    };
    queued?.(queue.waiting.length);
    this.#waiting++;
    this.#waitingSeats += seats;
    this.#demand = Math.max(this.#demand, this.#seatsInUse + this.#waitingSeats);
    signal?.addEventListener('abort', cancel);
    return promise;
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

  /** Serves those whose turn it is while they fit; one that does not fit is waited for, so that wide requests get their turn too. */
  #admitNext(): void {
    while (this.#waiting > 0) {
      const first = this.#queues.first()!;
      const { seats, admit } = first.request;
      if (!this.#fits(seats)) {
        this.counts.unaccommodated++;
        return;
      }
      this.#waiting--;
      this.#waitingSeats -= seats;
      this.#take(seats);
      admit(this.#queues.serve(first.queue, this.#seats));
    }
  }
}
