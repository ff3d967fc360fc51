/**
 * How long extension points and plugins take, as kube-scheduler measures them: every point of every cycle, every plugin in one cycle of ten.
 */
import type { Clock } from '#base/clock.ts';
import type { HistogramSeries } from '#base/metrics.ts';
import type { Rejection } from './framework.ts';
import type { SchedulerMetrics } from './metrics.ts';

/** An extension point by its label. */
export type PointName = 'PreFilter' | 'Filter' | 'PostFilter' | 'PreScore' | 'Score' | 'Reserve' | 'Unreserve' | 'Permit' | 'PreBind' | 'Bind' | 'PostBind';
/** How a point ended, by its label. */
export type PointStatus = 'Success' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Pending' | 'Wait' | 'Error';

/** The times of one cycle. */
export interface CycleTimes {
  /** Milliseconds on the clock that all times are of. */
  nowMs(): number;
  /** A point took `tookMs`. */
  point(point: PointName, status: PointStatus, tookMs: number): void;
  /** A plugin took from `startMs` until now. */
  plugin(plugin: string, point: PointName, status: PointStatus, startMs: number): void;
}

/** The label of a plugin's or a point's answer. */
export function statusOf(rejection: Rejection | undefined): PointStatus {
  if (!rejection) return 'Success';
  if (rejection.pending) return 'Pending';
  return rejection.resolvable ? 'Unschedulable' : 'UnschedulableAndUnresolvable';
}

/** Plugins are measured in one cycle of so many: asking the clock twice for each would cost more than some of them. */
const SAMPLED = 10;

/** Nobody looks at the times. */
export const untimed: CycleTimes = { nowMs: () => 0, point: () => undefined, plugin: () => undefined };

/** Measures the cycles of one scheduler. */
export class PointTimes {
  readonly #clock: Clock;
  readonly #metrics: Pick<SchedulerMetrics, 'pointSeconds' | 'pluginSeconds'>;
  readonly #byProfile = new Map<string, { readonly usual: CycleTimes; readonly sampled: CycleTimes }>();
  #cycles = 0;

  constructor(clock: Clock, metrics: Pick<SchedulerMetrics, 'pointSeconds' | 'pluginSeconds'>) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** For the next cycle of a profile. */
  cycle(profile: string): CycleTimes {
    let times = this.#byProfile.get(profile);
    if (!times) this.#byProfile.set(profile, (times = this.#timesOf(profile)));
    return this.#cycles++ % SAMPLED === 0 ? times.sampled : times.usual;
  }

  #timesOf(profile: string): { usual: CycleTimes; sampled: CycleTimes } {
    const { pointSeconds, pluginSeconds } = this.#metrics;
    const nowMs = (): number => this.#clock.monotonicMs();
    const series = new Map<string, HistogramSeries>();
    const point: CycleTimes['point'] = (name, status, tookMs) => {
      const key = `${name} ${status}`;
      let one = series.get(key);
      if (!one) series.set(key, (one = pointSeconds.series([name, status, profile])));
      one.observe(tookMs / 1_000);
    };
    const plugin: CycleTimes['plugin'] = (name, at, status, startMs) => pluginSeconds.observe((nowMs() - startMs) / 1_000, [name, at, status]);
    return { usual: { nowMs, point, plugin: () => undefined }, sampled: { nowMs, point, plugin } };
  }
}
