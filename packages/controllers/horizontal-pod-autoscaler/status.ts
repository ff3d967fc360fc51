/**
 * The status of an autoscaler, as one pass leaves it.
 */
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerStatus, MetricStatus } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { formatTime } from '#machinery/time.ts';

type Condition = HorizontalPodAutoscalerCondition;
type Counts = Pick<HorizontalPodAutoscalerStatus, 'currentReplicas' | 'desiredReplicas' | 'lastScaleTime'>;

/** Collects what a pass has to say. */
export class StatusDraft {
  readonly #stored: HorizontalPodAutoscalerStatus;
  readonly #nowMs: number;
  #conditions: readonly Condition[];
  #counts: Counts;
  #metrics: readonly MetricStatus[] | undefined;

  constructor({ status }: HorizontalPodAutoscaler, nowMs: number) {
    this.#stored = status;
    this.#nowMs = nowMs;
    this.#conditions = status.conditions ?? [];
    const { currentReplicas = 0, desiredReplicas, lastScaleTime } = status;
    this.#counts = { currentReplicas, desiredReplicas, ...(lastScaleTime ? { lastScaleTime } : {}) };
    this.#metrics = status.currentMetrics;
  }

  /** Sets a condition in its place; its time changes with its status only. */
  condition(type: Condition['type'], status: Condition['status'], reason: string, message: string): void {
    const known = this.#conditions.find((one) => one.type === type);
    const lastTransitionTime = known?.status === status && known.lastTransitionTime ? known.lastTransitionTime : formatTime(this.#nowMs);
    const next: Condition = { type, status, lastTransitionTime, reason, message };
    this.#conditions = known ? this.#conditions.map((one) => (one === known ? next : one)) : [...this.#conditions, next];
  }

  /** What was measured: nothing new about the wish. */
  measured(currentReplicas: number, metrics: readonly MetricStatus[]): void {
    this.#counts = { ...this.#counts, currentReplicas };
    this.#metrics = metrics;
  }

  /** The outcome of a whole pass. */
  decided(currentReplicas: number, desiredReplicas: number, metrics: readonly MetricStatus[] | undefined): void {
    this.#counts = { ...this.#counts, currentReplicas, desiredReplicas };
    this.#metrics = metrics;
  }

  /** The target was scaled now. */
  scaled(): void {
    this.#counts = { ...this.#counts, lastScaleTime: formatTime(this.#nowMs) };
  }

  /** The status, or `undefined` when it says nothing new. */
  changed(): HorizontalPodAutoscalerStatus | undefined {
    const { observedGeneration } = this.#stored;
    const next: HorizontalPodAutoscalerStatus = {
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      ...this.#counts,
      currentMetrics: this.#metrics ?? [],
      conditions: this.#conditions,
    };
    return sameValue({ currentReplicas: 0, ...this.#stored }, next) ? undefined : next;
  }
}
