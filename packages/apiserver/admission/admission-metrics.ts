/** How long admission takes, by plugin. Source: apiserver `admission/metrics`. */
import type { Clock } from '#base/clock.ts';
import type { Histogram, HistogramSeries, MetricRegistry } from '#base/metrics.ts';
import type { Operation } from './admission.ts';

/** The two parts of admission. */
export type Phase = 'admit' | 'validate';

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** Histograms of admission. */
export class AdmissionMetrics {
  readonly #clock: Clock;
  readonly #controllers: Histogram;
  readonly #steps: Histogram;

  constructor(metrics: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    const controllers = 'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).';
    this.#controllers = metrics.histogram({ name: 'apiserver_admission_controller_admission_duration_seconds', help: controllers, stability: 'STABLE', labels: ['name', 'type', 'operation', 'rejected'], buckets: SECONDS });
    const steps = 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).';
    this.#steps = metrics.histogram({ name: 'apiserver_admission_step_admission_duration_seconds', help: steps, stability: 'STABLE', labels: ['type', 'operation', 'rejected'], buckets: SECONDS });
  }

  /** Measures requests that go through the plugins of these names. */
  meter(names: readonly string[], phase: Phase, operation: Operation): PhaseMeter {
    const plugin = (name: string, rejected: boolean): HistogramSeries => this.#controllers.series([name, phase, operation, String(rejected)]);
    const step = (rejected: boolean): HistogramSeries => this.#steps.series([phase, operation, String(rejected)]);
    return new PhaseMeter(this.#clock, { passed: names.map((name) => plugin(name, false)), refused: (index) => plugin(names[index]!, true), step });
  }
}

/** Where a meter writes. */
interface MeterSeries {
  /** By plugin. */
  readonly passed: readonly HistogramSeries[];
  readonly refused: (index: number) => HistogramSeries;
  readonly step: (rejected: boolean) => HistogramSeries;
}

/** Measures one phase for one kind of request. */
export class PhaseMeter {
  readonly #clock: Clock;
  readonly #series: MeterSeries;
  readonly #step: HistogramSeries;

  constructor(clock: Clock, series: MeterSeries) {
    this.#clock = clock;
    this.#series = series;
    this.#step = series.step(false);
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** Plugins from `from` to before `to` let a request pass; those that do not wait take microseconds each, so they share the time since `sinceMs` and the clock is read once. */
  passed(from: number, to: number, sinceMs: number): void {
    if (to === from) return;
    const share = this.#since(sinceMs) / (to - from);
    for (let i = from; i < to; i++) this.#series.passed[i]!.observe(share);
  }

  /** Plugin `index` refused a request that it had seen since `sinceMs`. */
  refused(index: number, sinceMs: number): void {
    this.#series.refused(index).observe(this.#since(sinceMs));
  }

  /** The phase is over. */
  ended(sinceMs: number, rejected: boolean): void {
    (rejected ? this.#series.step(true) : this.#step).observe(this.#since(sinceMs));
  }

  #since(ms: number): number {
    return (this.#clock.monotonicMs() - ms) / 1000;
  }
}
