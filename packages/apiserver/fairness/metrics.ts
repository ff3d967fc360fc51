/** What runs, waits and was refused, by priority level and flow schema. Source: apiserver `flowcontrol/metrics`. */
import type { HistogramSeries, MetricRegistry, Sample } from '#base/metrics.ts';
import type { Fairness, SchemaCounts } from './fairness.ts';
import type { PriorityLevel } from './priority-level.ts';

const PREFIX = 'apiserver_flowcontrol_';
const LEVEL = ['priority_level'];
const SCHEMA = ['priority_level', 'flow_schema'];
const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** Notes how long requests waited; made before the `Fairness` that tells it. */
export function waitingTimes(metrics: MetricRegistry): (counts: SchemaCounts, seconds: number, executed: boolean) => void {
  const histogram = metrics.histogram({ name: `${PREFIX}request_wait_duration_seconds`, help: 'Length of time a request spent waiting in its queue', labels: [...SCHEMA, 'execute'], buckets: WAIT_SECONDS });
  const executedSeries = new WeakMap<SchemaCounts, HistogramSeries>();
  const seriesOf = (counts: SchemaCounts, executed: boolean): HistogramSeries => histogram.series([counts.level.name, counts.schema, String(executed)]);
  return (counts, seconds, executed) => {
    let series = executed ? executedSeries.get(counts) : seriesOf(counts, false);
    if (!series) executedSeries.set(counts, (series = seriesOf(counts, true)));
    series.observe(seconds);
  };
}

/** Reads levels and flow schemas when metrics are asked for. */
export function addFairnessMetrics(metrics: MetricRegistry, fairness: Fairness): void {
  const bySchema = (name: string, help: string, read: (counts: SchemaCounts) => number, type?: 'counter'): void =>
    metrics.gauge({ name: PREFIX + name, help, labels: SCHEMA, ...(type ? { type } : {}) }, () => [...fairness.counts()].map((counts): Sample => ({ labels: [counts.level.name, counts.schema], value: read(counts) })));
  const byLevel = (name: string, help: string, read: (level: PriorityLevel) => number): void =>
    metrics.gauge({ name: PREFIX + name, help, labels: LEVEL }, () =>
      [...fairness.levels()].map((level): Sample => {
        const value = read(level);
        return { labels: [level.name], value: Number.isFinite(value) ? value : 0 };
      }),
    );
  bySchema('current_executing_requests', 'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem', ({ executing }) => executing);
  bySchema('current_executing_seats', 'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem', ({ executingSeats }) => executingSeats);
  bySchema('current_inqueue_requests', 'Number of requests currently pending in queues of the API Priority and Fairness subsystem', ({ waiting }) => waiting);
  bySchema('current_inqueue_seats', 'Number of seats currently pending in queues of the API Priority and Fairness subsystem', ({ waitingSeats }) => waitingSeats);
  bySchema('dispatched_requests_total', 'Number of requests executed by API Priority and Fairness subsystem', ({ dispatched }) => dispatched, 'counter');
  metrics.gauge({ name: `${PREFIX}rejected_requests_total`, help: 'Number of requests rejected by API Priority and Fairness subsystem', labels: [...SCHEMA, 'reason'], type: 'counter' }, () =>
    [...fairness.counts()].flatMap(({ level, schema, rejected }) => [...rejected].map(([why, value]): Sample => ({ labels: [level.name, schema, why], value }))),
  );
  byLevel('nominal_limit_seats', 'Nominal number of execution seats configured for each priority level', ({ limits }) => limits.seats);
  byLevel('lower_limit_seats', 'Configured lower bound on number of execution seats available to each priority level', ({ limits }) => limits.seats - (limits.lendable ?? 0));
  byLevel('upper_limit_seats', 'Configured upper bound on number of execution seats available to each priority level', ({ limits }) => limits.seats + (limits.borrowingLimit ?? 0));
  byLevel('current_limit_seats', 'current derived number of execution seats available to each priority level', ({ seats }) => seats);
}
