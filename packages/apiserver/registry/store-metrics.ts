/** How long writes to the store take. Source: apiserver `storage/etcd3/metrics`. */
import type { Clock } from '#base/clock.ts';
import type { Counter, CounterSeries, Histogram, HistogramSeries, MetricRegistry } from '#base/metrics.ts';
import type { Storage } from './resources.ts';

const LABELS = ['operation', 'group', 'resource'];
const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** What a write does. */
export type StoreOperation = 'create' | 'update' | 'delete';

interface Series {
  readonly seconds: HistogramSeries;
  readonly requests: CounterSeries;
  readonly errors: CounterSeries;
}

/** Metrics of writes to the store. */
export class StoreMetrics {
  readonly #clock: Clock;
  readonly #seconds: Histogram;
  readonly #requests: Counter;
  readonly #errors: Counter;
  readonly #known = new Map<Storage, Map<StoreOperation, Series>>();

  constructor(metrics: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    this.#seconds = metrics.histogram({ name: 'etcd_request_duration_seconds', help: 'Etcd request latency in seconds for each operation and object type.', stability: 'ALPHA', labels: LABELS, buckets: SECONDS });
    this.#requests = metrics.counter({ name: 'etcd_requests_total', help: 'Etcd request counts for each operation and object type.', stability: 'ALPHA', labels: LABELS });
    this.#errors = metrics.counter({ name: 'etcd_request_errors_total', help: 'Etcd failed request counts for each operation and object type.', stability: 'ALPHA', labels: LABELS });
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** Counts a write that began at `sinceMs`. */
  written(storage: Storage, operation: StoreOperation, sinceMs: number, failed: boolean): void {
    const { seconds, requests, errors } = this.#seriesOf(storage, operation);
    seconds.observe((this.#clock.monotonicMs() - sinceMs) / 1000);
    requests.increment();
    if (failed) errors.increment();
  }

  #seriesOf(storage: Storage, operation: StoreOperation): Series {
    let operations = this.#known.get(storage);
    if (!operations) this.#known.set(storage, (operations = new Map()));
    let series = operations.get(operation);
    if (!series) {
      const labels = [operation, storage.kind.group, storage.kind.plural];
      operations.set(operation, (series = { seconds: this.#seconds.series(labels), requests: this.#requests.series(labels), errors: this.#errors.series(labels) }));
    }
    return series;
  }
}
