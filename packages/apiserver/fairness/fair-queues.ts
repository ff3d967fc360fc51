/**
 * The queues of one priority level, served so that each that has work gets as many seat-seconds as the others: fair queuing with a virtual clock.
 *
 *     R(t)        what each queue with work would have had by now, if seats could be divided at will (seat-seconds)
 *     queue.next  R at which the queue's next request would begin; the queue whose next request would end first is served
 *
 * Source: KEP-1040, "Fair Queuing for Server Requests".
 */
import type { Clock } from '#base/clock.ts';
import { dealHand } from './dealer.ts';

/** What a request is thought to take before it is known. Source: apiserver `flowcontrol`. */
export const ESTIMATED_SECONDS = 0.003;

/** How many queues there are, and how flows share them. */
export interface QueueShape {
  readonly queues: number;
  /** Queues that one flow may use. */
  readonly handSize: number;
  /** Requests that may wait in one queue. */
  readonly queueLengthLimit: number;
}

/** What waits. */
export interface QueuedRequest {
  readonly seats: number;
}

/** One queue that has work, waiting or served. */
export interface FairQueue<T extends QueuedRequest> {
  readonly index: number;
  readonly waiting: T[];
  executing: number;
  executingSeats: number;
  /** R at which the next request begins. */
  next: number;
}

/** A request that is served, and where it waited. */
export interface Served<T extends QueuedRequest> {
  readonly queue: FairQueue<T>;
  readonly request: T;
  readonly sinceMs: number;
}

/** Queues, made when they are needed and forgotten when they have no work. */
export class FairQueues<T extends QueuedRequest> {
  readonly #clock: Clock;
  readonly #queues = new Map<number, FairQueue<T>>();
  #shape: QueueShape;
  #r = 0;
  #atMs: number;
  /** The queue that was served last: of equals, the one after it is next. */
  #last = -1;

  constructor(clock: Clock, shape: QueueShape) {
    this.#clock = clock;
    this.#shape = shape;
    this.#atMs = clock.monotonicMs();
  }

  get shape(): QueueShape {
    return this.#shape;
  }

  /** Requests that wait stay where they are. */
  setShape(shape: QueueShape): void {
    this.#shape = shape;
  }

  /** The queues that have work, in order. */
  active(): FairQueue<T>[] {
    return [...this.#queues.values()].sort((a, b) => a.index - b.index);
  }

  /** R now, in seat-seconds. */
  get r(): number {
    return this.#r;
  }

  /** Puts a request into the queue of its flow's hand that has least to do; `undefined`: that one is full. */
  add(request: T, hash: bigint, seats: number): FairQueue<T> | undefined {
    this.#advance(seats);
    const { queues, handSize, queueLengthLimit } = this.#shape;
    let least: FairQueue<T> | number = -1;
    let leastWork = Infinity;
    for (const index of dealHand(hash, queues, Math.min(handSize, queues))) {
      const queue = this.#queues.get(index);
      const work = queue ? queue.executingSeats + queue.waiting.reduce((sum, one) => sum + one.seats, 0) : 0;
      if (work >= leastWork) continue;
      least = queue ?? index;
      leastWork = work;
    }
    if (typeof least === 'number') {
      least = { index: least, waiting: [], executing: 0, executingSeats: 0, next: this.#r };
      this.#queues.set(least.index, least);
    }
    if (least.waiting.length >= queueLengthLimit) return undefined;
    // A queue that had nothing to do cannot save time up.
    if (least.waiting.length === 0 && least.executing === 0) least.next = Math.max(least.next, this.#r);
    least.waiting.push(request);
    return least;
  }

  /** The request that is to be served next, without taking it. */
  first(): { readonly queue: FairQueue<T>; readonly request: T } | undefined {
    const { queues } = this.#shape;
    let best: FairQueue<T> | undefined;
    let bestEnd = Infinity;
    let bestTurn = Infinity;
    for (const queue of this.#queues.values()) {
      const request = queue.waiting[0];
      if (!request) continue;
      const end = queue.next + request.seats * ESTIMATED_SECONDS;
      const turn = (queue.index - this.#last - 1 + queues) % queues;
      if (end > bestEnd || (end === bestEnd && turn > bestTurn)) continue;
      best = queue;
      bestEnd = end;
      bestTurn = turn;
    }
    return best && { queue: best, request: best.waiting[0]! };
  }

  /** Begins to serve the first request of a queue; `seats`: of the level. */
  serve(queue: FairQueue<T>, seats: number): Served<T> {
    this.#advance(seats);
    const request = queue.waiting.shift()!;
    queue.executing++;
    queue.executingSeats += request.seats;
    queue.next += request.seats * ESTIMATED_SECONDS;
    this.#last = queue.index;
    return { queue, request, sinceMs: this.#clock.monotonicMs() };
  }

  /** A request has been served: what it took in truth is known now. */
  served({ queue, request, sinceMs }: Served<T>, seats: number): void {
    this.#advance(seats);
    queue.executing--;
    queue.executingSeats -= request.seats;
    queue.next += request.seats * ((this.#clock.monotonicMs() - sinceMs) / 1000 - ESTIMATED_SECONDS);
    this.#forget(queue);
  }

  /** Takes a request out that no longer waits; false when it does not wait. */
  remove(queue: FairQueue<T>, request: T, seats: number): boolean {
    const index = queue.waiting.indexOf(request);
    if (index < 0) return false;
    this.#advance(seats);
    queue.waiting.splice(index, 1);
    this.#forget(queue);
    return true;
  }

  #forget(queue: FairQueue<T>): void {
    if (queue.waiting.length === 0 && queue.executing === 0 && this.#queues.get(queue.index) === queue) this.#queues.delete(queue.index);
  }

  /** Moves R by what the queues have had since the last time: the seats that are wanted, at most those there are, divided. */
  #advance(seats: number): void {
    const nowMs = this.#clock.monotonicMs();
    const elapsed = (nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    if (elapsed === 0 || this.#queues.size === 0) return;
    let wanted = 0;
    for (const { waiting, executingSeats } of this.#queues.values()) {
      wanted += executingSeats;
      for (const one of waiting) wanted += one.seats;
    }
    this.#r += (elapsed * Math.min(wanted, seats)) / this.#queues.size;
  }
}
