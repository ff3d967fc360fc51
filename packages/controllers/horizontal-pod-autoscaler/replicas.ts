/**
 * How many replicas bring usage to its target.
 *
 *     replicas = ceil(pods that count * usage / target), unless that is within the tolerance
 *
 * Pods without usable metrics are assumed to use what changes the least: nothing when growing, all of the target when shrinking; where that would
 * turn the direction around, nothing changes.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler/replica_calculator.go`, the documented algorithm.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isPodReady } from '../workload/pod-state.ts';
import type { PodMetric, PodMetrics } from './metrics-api.ts';
import { averageOf, groupPods, requestsOf, utilizationOf } from './usage.ts';
import type { ReadinessDelays } from './usage.ts';

/** By how much usage may differ from its target without a reaction, as parts of 1. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** What all calculations need. */
export interface ScaleFacts extends ReadinessDelays {
  /** Replicas that the target wants. */
  readonly specReplicas: number;
  /** Replicas that the target has. */
  readonly statusReplicas: number;
  /** The pods that its selector finds. */
  readonly pods: readonly Pod[];
  readonly tolerance: Tolerance;
  readonly nowMs: number;
}

/** A number of replicas and the usage it was calculated from. */
export interface Proposal {
  readonly replicas: number;
  /** Average or total usage, in thousandths. */
  readonly milli: number;
  /** Of what is requested, when that is what was compared. */
  readonly percent?: number;
}

/** Whether `ratio` is close enough to 1. */
export function isWithin({ up, down }: Tolerance, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

/** How one set of metrics is judged; `assumed` is the usage of a pod without metrics when shrinking. */
interface Measure {
  readonly ratioOf: (metrics: PodMetrics) => number;
  readonly assumed: (pod: string) => number;
}

function requirePods(pods: readonly Pod[]): void {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
}

const using = (milli: number): PodMetric => ({ milli, timestampMs: 0, windowMs: 0 });

/** The replicas by metrics of single pods. `metrics` holds those that count; `ratio` is theirs. */
function replicasByPods(facts: ScaleFacts, groups: ReturnType<typeof groupPods>, metrics: PodMetrics, { ratioOf, assumed }: Measure): number {
  const { specReplicas, tolerance } = facts;
  const ratio = ratioOf(metrics);
  const growsUnready = groups.unready.size > 0 && ratio > 1;
  if (!growsUnready && groups.missing.size === 0) return isWithin(tolerance, ratio) ? specReplicas : Math.ceil(ratio * groups.ready);
  const filled: PodMetrics = new Map(metrics);
  if (ratio < 1) for (const name of groups.missing) filled.set(name, using(assumed(name)));
  if (ratio > 1) for (const name of groups.missing) filled.set(name, using(0));
  if (growsUnready) for (const name of groups.unready) filled.set(name, using(0));
  const again = ratioOf(filled);
  if (isWithin(tolerance, again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return specReplicas;
  const replicas = Math.ceil(again * filled.size);
  const turnsAround = (again < 1 && replicas > specReplicas) || (again > 1 && replicas < specReplicas);
  return turnsAround ? specReplicas : replicas;
}

function grouped(facts: ScaleFacts, all: PodMetrics, resource: string): { readonly groups: ReturnType<typeof groupPods>; readonly metrics: PodMetrics } {
  requirePods(facts.pods);
  const groups = groupPods(facts.pods, all, resource, facts);
  const metrics: PodMetrics = new Map([...all].filter(([name]) => !groups.ignored.has(name) && !groups.unready.has(name)));
  if (metrics.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  return { groups, metrics };
}

/** Replicas that bring usage to `targetPercent` of the requests. @throws Error when metrics or requests are missing */
export function replicasByUtilization(facts: ScaleFacts, all: PodMetrics, target: { readonly resource: string; readonly container?: string; readonly percent: number }): Proposal {
  const { groups, metrics } = grouped(facts, all, target.resource);
  const requests = requestsOf(facts.pods, target.resource, target.container);
  const { percent, averageMilli } = utilizationOf(metrics, requests, target.percent);
  const replicas = replicasByPods(facts, groups, metrics, {
    ratioOf: (some) => utilizationOf(some, requests, target.percent).ratio,
    assumed: (name) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target.percent)) / 100),
  });
  return { replicas, milli: averageMilli, percent };
}

/** Replicas that bring the average of the pods to `targetMilli`. `resource` is empty for metrics that are no resource. @throws Error */
export function replicasByAverage(facts: ScaleFacts, all: PodMetrics, resource: string, targetMilli: number): Proposal {
  const { groups, metrics } = grouped(facts, all, resource);
  const replicas = replicasByPods(facts, groups, metrics, { ratioOf: (some) => averageOf(some, targetMilli).ratio, assumed: () => targetMilli });
  return { replicas, milli: averageOf(metrics, targetMilli).averageMilli };
}

/** Replicas that bring one value, which all pods share, to `targetMilli`. @throws Error when no pod is selected */
export function replicasByValue({ specReplicas, pods, tolerance }: ScaleFacts, milli: number, targetMilli: number): Proposal {
  const ratio = milli / targetMilli;
  if (specReplicas === 0) return { replicas: Math.ceil(ratio), milli };
  if (isWithin(tolerance, ratio)) return { replicas: specReplicas, milli };
  try {
    requirePods(pods);
  } catch (error) {
    throw new Error(`unable to calculate ready pods: ${(error as Error).message}`, { cause: error });
  }
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && isPodReady(pod)).length;
  return { replicas: Math.ceil(ratio * ready), milli };
}

/** Replicas that bring each one's share of a value to `targetMilli`. */
export function replicasByShare({ statusReplicas, tolerance }: ScaleFacts, milli: number, targetMilli: number): Proposal {
  // Nobody there to share: what there is waits for the first.
  if (statusReplicas === 0) return { replicas: Math.ceil(milli / targetMilli), milli };
  const ratio = milli / (targetMilli * statusReplicas);
  const replicas = isWithin(tolerance, ratio) ? statusReplicas : Math.ceil(milli / targetMilli);
  return { replicas, milli: Math.ceil(milli / statusReplicas) };
}
