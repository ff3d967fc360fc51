/** Counts the events that watches are sent, and their sizes. Source: apiserver `endpoints/metrics`, `endpoints/handlers/watch.go`. */
import type { Counter, Histogram, MetricRegistry } from '#base/metrics.ts';
import type { RequestInfo } from '../call.ts';

const LABELS = ['group', 'version', 'resource'];
/** 1 KiB to 128 KiB, by twos. */
const BYTES = Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i);

/** Counts an event that a watch is sent, of so many bytes. */
export type CountEvent = (bytes: number) => void;

/** Metrics of watches. */
export class WatchMetrics {
  readonly #events: Counter;
  readonly #sizes: Histogram;
  readonly #known = new Map<string, CountEvent>();

  constructor(metrics: MetricRegistry) {
    this.#events = metrics.counter({ name: 'apiserver_watch_events_total', help: 'Number of events sent in watch clients', stability: 'ALPHA', labels: LABELS });
    this.#sizes = metrics.histogram({ name: 'apiserver_watch_events_sizes', help: 'Watch event size distribution in bytes', stability: 'ALPHA', labels: LABELS, buckets: BYTES });
  }

  /** What counts the events of watches of a resource; there are as many as resources that are served. */
  of({ group, version, resource }: RequestInfo): CountEvent {
    const key = `${group}/${version}/${resource}`;
    const known = this.#known.get(key);
    if (known) return known;
    const events = this.#events.series([group, version, resource]);
    const sizes = this.#sizes.series([group, version, resource]);
    const count: CountEvent = (bytes) => {
      events.increment();
      sizes.observe(bytes);
    };
    this.#known.set(key, count);
    return count;
  }
}
