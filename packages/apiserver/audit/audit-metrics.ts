/** Counts audit events. Source: apiserver `audit/metrics.go`. */
import type { CounterSeries, MetricRegistry, Sample } from '#base/metrics.ts';
import type { AuditLevel } from './policy.ts';

const PREFIX = 'apiserver_audit_';
const LEVELS: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];

/** Reads how many events were lost so far. */
export type Losses = () => readonly { readonly plugin: string; readonly events: number }[];

/** Metrics of the audit log. */
export class AuditMetrics {
  readonly #events: CounterSeries;
  readonly #levels: ReadonlyMap<AuditLevel, CounterSeries>;

  /** `losses`: events that were lost so far, by what lost them. */
  constructor(metrics: MetricRegistry, losses: Losses = () => []) {
    this.#events = metrics.counter({ name: `${PREFIX}event_total`, help: 'Counter of audit events generated and sent to the audit backend.', stability: 'ALPHA' }).series([]);
    const levels = metrics.counter({ name: `${PREFIX}level_total`, help: 'Counter of policy levels for audit events (1 per request).', stability: 'ALPHA', labels: ['level'] });
    this.#levels = new Map(LEVELS.map((level) => [level, levels.series([level])]));
    const errors = { name: `${PREFIX}error_total`, help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.', labels: ['plugin'], stability: 'ALPHA', type: 'counter' } as const;
    metrics.gauge(errors, () => losses().map(({ plugin, events }): Sample => ({ labels: [plugin], value: events })));
    // Requests never wait for the log, so none is refused because of it.
    metrics.gauge({ name: `${PREFIX}requests_rejected_total`, help: 'Counter of apiserver requests rejected due to an error in audit logging backend.', stability: 'ALPHA', type: 'counter' }, () => 0);
  }

  /** An event was made. */
  event(): void {
    this.#events.increment();
  }

  /** The policy decided on a request. */
  level(level: AuditLevel): void {
    this.#levels.get(level)!.increment();
  }
}
