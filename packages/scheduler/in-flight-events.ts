/**
 * What happens in the cluster while pods are being bound: a pod that is refused at the end must not wait for an event that has already come.
 */
import type { ClusterEvent } from './events.ts';

/** Events remembered at the same time; when there are more, pods in flight count as helped. */
const MAX_EVENTS = 10_000;

/** Events since the start of each attempt that is under way. */
export class InFlightEvents {
  /** By UID: how many events had come when the attempt began. */
  readonly #since = new Map<string, number>();
  #events: ClusterEvent[] = [];
  /** The number of the first event that is still remembered. */
  #first = 0;

  start(uid: string): void {
    this.#since.set(uid, this.#first + this.#events.length);
  }

  record(event: ClusterEvent): void {
    if (this.#since.size === 0) return;
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#forgetUntil(this.#first + this.#events.length - MAX_EVENTS / 2);
  }

  /** Ends an attempt: the events since it began, or `all` when some of them were forgotten. */
  end(uid: string): readonly ClusterEvent[] | 'all' {
    const since = this.#since.get(uid);
    if (since === undefined) return [];
    this.#since.delete(uid);
    const events = since < this.#first ? 'all' : this.#events.slice(since - this.#first);
    if (this.#since.size === 0) this.#forgetUntil(this.#first + this.#events.length);
    return events;
  }

  #forgetUntil(number: number): void {
    this.#events = this.#events.slice(number - this.#first);
    this.#first = number;
  }
}
