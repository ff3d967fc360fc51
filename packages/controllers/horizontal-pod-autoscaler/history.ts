/**
 * What an autoscaler remembers between its passes. It is lost when the leader changes, as upstream's is.
 */
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import type { Recommendation, ScaleEvent, ScaleHistory } from './behavior.ts';

/** Wishes kept at most: an hour, the longest window that validation lets pass, of one every 15 s, and some more. */
const MAX_RECOMMENDATIONS = 300;
/** Changes kept at most: as many as can happen in the longest period, 30 minutes. */
const MAX_EVENTS = 200;

/** The memory of one autoscaler. */
export class History implements ScaleHistory {
  recommendations: readonly Recommendation[] = [];
  ups: readonly ScaleEvent[] = [];
  downs: readonly ScaleEvent[] = [];

  /** The first wish is what was found: nothing shrinks before a window has passed. */
  begin(replicas: number, atMs: number): void {
    if (this.recommendations.length === 0) this.recommendations = [{ replicas, atMs }];
  }

  /** Notes a wish; wishes older than `windowMs` are forgotten. */
  wished(replicas: number, atMs: number, windowMs: number): void {
    this.recommendations = [...this.recommendations.filter((one) => one.atMs >= atMs - windowMs), { replicas, atMs }].slice(-MAX_RECOMMENDATIONS);
  }

  /** Notes a change; only behaviours look back at changes. */
  scaled(from: number, to: number, atMs: number, behavior: HorizontalPodAutoscalerBehavior | undefined): void {
    if (!behavior) return;
    if (to > from) this.ups = withEvent(this.ups, { change: to - from, atMs }, behavior.scaleUp);
    else this.downs = withEvent(this.downs, { change: from - to, atMs }, behavior.scaleDown);
  }
}

function withEvent(events: readonly ScaleEvent[], event: ScaleEvent, rules: HPAScalingRules | undefined): readonly ScaleEvent[] {
  const periodMs = 1000 * Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
  return [...events.filter(({ atMs }) => atMs >= event.atMs - periodMs), event].slice(-MAX_EVENTS);
}
