/** What runs, waits and was refused, by priority level and flow schema. Source: apiserver `flowcontrol/metrics`. */
import type { MetricRegistry, Sample, Stability } from '#base/metrics.ts';
import type { Fairness, SchemaCounts } from './fairness.ts';
import type { PriorityLevel } from './priority-level.ts';
import { PREFIX } from './schema-series.ts';

const LEVEL = ['priority_level'];
const SCHEMA = ['priority_level', 'flow_schema'];
const BETA = new Set(['current_executing_requests', 'current_executing_seats', 'current_inqueue_requests', 'dispatched_requests_total', 'rejected_requests_total', 'nominal_limit_seats']);

const stabilityOf = (name: string): Stability => (BETA.has(name) ? 'BETA' : 'ALPHA');

/** Reads levels and flow schemas when metrics are asked for. */
export function addFairnessMetrics(metrics: MetricRegistry, fairness: Fairness): void {
  const bySchema = (name: string, help: string, read: (counts: SchemaCounts) => number, type?: 'counter'): void =>
    metrics.gauge({ name: PREFIX + name, help, stability: stabilityOf(name), labels: SCHEMA, ...(type ? { type } : {}) }, () => [...fairness.counts()].map((counts): Sample => ({ labels: [counts.level.name, counts.schema], value: read(counts) })));
  const byLevel = (name: string, help: string, read: (level: PriorityLevel) => number): void =>
    metrics.gauge({ name: PREFIX + name, help, stability: stabilityOf(name), labels: LEVEL }, () =>
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
  metrics.gauge({ name: `${PREFIX}rejected_requests_total`, stability: 'BETA', help: 'Number of requests rejected by API Priority and Fairness subsystem', labels: [...SCHEMA, 'reason'], type: 'counter' }, () =>
    [...fairness.counts()].flatMap(({ level, schema, rejected }) => [...rejected].map(([why, value]): Sample => ({ labels: [level.name, schema, why], value }))),
  );
  byLevel('nominal_limit_seats', 'Nominal number of execution seats configured for each priority level', ({ limits }) => limits.seats);
  byLevel('lower_limit_seats', 'Configured lower bound on number of execution seats available to each priority level', ({ limits }) => limits.seats - (limits.lendable ?? 0));
  byLevel('upper_limit_seats', 'Configured upper bound on number of execution seats available to each priority level', ({ limits }) => limits.seats + (limits.borrowingLimit ?? 0));
  byLevel('current_limit_seats', 'current derived number of execution seats available to each priority level', ({ seats }) => seats);
  byLevel('current_r', 'R(time of last change)', ({ r }) => r);
  const unaccommodated = 'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats';
  metrics.gauge({ name: `${PREFIX}request_dispatch_no_accommodation_total`, stability: 'ALPHA', help: unaccommodated, labels: LEVEL, type: 'counter' }, () =>
    [...fairness.levels()].map(({ name, counts }): Sample => ({ labels: [name], value: counts.unaccommodated })),
  );
  metrics.gauge({ name: 'apiserver_current_inqueue_requests', stability: 'ALPHA', help: 'Maximal number of queued requests in this apiserver per request kind in last second.', labels: ['request_kind'] }, () =>
    Object.entries(fairness.inQueue).map(([kind, peak]): Sample => ({ labels: [kind], value: peak.read() })),
  );
}
