/** What is counted of the requests of one flow schema. Source: apiserver `flowcontrol/metrics`. */
import type { Histogram, HistogramSeries, MetricRegistry } from '#base/metrics.ts';

/** Begins the names of all metrics of fairness. */
export const PREFIX = 'apiserver_flowcontrol_';
const SCHEMA = ['priority_level', 'flow_schema'];
const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const QUEUE_LENGTHS = [0, 10, 25, 50, 100, 250, 500, 1000];
const SEATS = [1, 2, 4, 10];

/** The series of one flow schema in one level. */
export interface SchemaSeries {
  /** Seconds that requests waited which were served then. */
  readonly waited: HistogramSeries;
  /** Seconds that requests waited which were not. */
  readonly waitedInVain: HistogramSeries;
  readonly executed: Readonly<Record<'regular' | 'watch', HistogramSeries>>;
  readonly seats: HistogramSeries;
  /** Requests in the queue that one was put into, with it. */
  readonly queueLength: HistogramSeries;
}

/** Makes the series of flow schemas. */
export class SchemaHistograms {
  readonly #waited: Histogram;
  readonly #executed: Histogram;
  readonly #seats: Histogram;
  readonly #queueLength: Histogram;

  constructor(metrics: MetricRegistry) {
    const histogram = (name: string, help: string, buckets: readonly number[], ...more: readonly string[]): Histogram =>
      metrics.histogram({ name: PREFIX + name, help, stability: name.startsWith('request_wait') ? 'BETA' : 'ALPHA', labels: [...SCHEMA, ...more], buckets });
    this.#waited = histogram('request_wait_duration_seconds', 'Length of time a request spent waiting in its queue', WAIT_SECONDS, 'execute');
    this.#executed = histogram('request_execution_seconds', 'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem', WAIT_SECONDS, 'type');
    this.#seats = histogram('work_estimated_seats', 'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness', SEATS);
    this.#queueLength = histogram('request_queue_length_after_enqueue', 'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued', QUEUE_LENGTHS);
  }

  /** The series of a flow schema. */
  of(level: string, schema: string): SchemaSeries {
    const labels = [level, schema];
    const { waited, executed } = { waited: this.#waited, executed: this.#executed };
    let waitedInVain: HistogramSeries | undefined;
    return {
      waited: waited.series([...labels, 'true']),
      // Few flow schemas refuse anything.
      get waitedInVain() {
        return (waitedInVain ??= waited.series([...labels, 'false']));
      },
      executed: { regular: executed.series([...labels, 'regular']), watch: executed.series([...labels, 'watch']) },
      seats: this.#seats.series(labels),
      queueLength: this.#queueLength.series(labels),
    };
  }
}
