/**
 * Usage compared with what is wanted: which pods count, and by what factor they use more or less than they should.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler` replica_calculator (groupPods, calculatePodRequests), metrics/utilization.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import { quantityMilliValue } from '#machinery/quantity.ts';
import { timeToMs } from '#machinery/time.ts';
import { isTerminating, podCondition } from '../workload/pod-state.ts';
import type { PodMetric, PodMetrics } from './metrics-api.ts';

/** When the CPU usage of young pods is believed. */
export interface ReadinessDelays {
  /** Usage within this time of the start counts only if measured while ready. */
  readonly cpuInitializationMs: number;
  /** A pod that became unready within this time of its start has never been ready. */
  readonly initialReadinessMs: number;
}

/** Pods by what their metrics are worth. */
export interface PodGroups {
  /** How many have metrics that count. */
  readonly ready: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
}

/** Sorts `pods`; only `cpu` asks for readiness. */
export function groupPods(pods: readonly Pod[], metrics: PodMetrics, resource: string, delays: ReadinessDelays & { readonly nowMs: number }): PodGroups {
  let ready = 0;
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  for (const pod of pods) {
    const { name = '' } = pod.metadata;
    const metric = metrics.get(name);
    if (isTerminating(pod) || pod.status.phase === 'Failed') ignored.add(name);
    else if (pod.status.phase === 'Pending') unready.add(name);
    else if (!metric) missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, metric, delays)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

function isUnready(pod: Pod, metric: PodMetric, { cpuInitializationMs, initialReadinessMs, nowMs }: ReadinessDelays & { readonly nowMs: number }): boolean {
  const condition = podCondition(pod, 'Ready');
  if (!condition || !pod.status.startTime) return true;
  const startMs = timeToMs(pod.status.startTime);
  const sinceMs = condition.lastTransitionTime ? timeToMs(condition.lastTransitionTime) : 0;
  const isNotReady = condition.status === 'False';
  if (startMs + cpuInitializationMs > nowMs) return isNotReady || metric.timestampMs < sinceMs + metric.windowMs;
  return isNotReady && startMs + initialReadinessMs > sinceMs;
}

/**
 * What each pod requests of `resource`, in thousandths.
 * @throws Error when a container requests nothing
 */
export function requestsOf(pods: readonly Pod[], resource: string, container: string | undefined): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name ?? '', requestOf(pod, resource, container)]));
}

function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const wholePod = container === undefined ? pod.spec.resources?.requests?.[resource] : undefined;
  if (wholePod !== undefined) return quantityMilliValue(wholePod);
  let milli = 0;
  for (const one of [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)]) {
    if (container !== undefined && one.name !== container) continue;
    const request = one.resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${one.name} of Pod ${pod.metadata.name}`);
    milli += quantityMilliValue(request);
  }
  return milli;
}

/** How much is used of what is requested. */
export interface Utilization {
  /** Usage as a multiple of the target. */
  readonly ratio: number;
  /** Percent of the requests. */
  readonly percent: number;
  /** Average of a pod, in thousandths. */
  readonly averageMilli: number;
}

/** @throws Error when metrics and requests have no pod in common */
export function utilizationOf(metrics: PodMetrics, requests: ReadonlyMap<string, number>, targetPercent: number): Utilization {
  let used = 0;
  let requested = 0;
  let count = 0;
  for (const [name, { milli }] of metrics) {
    const request = requests.get(name);
    if (request === undefined) continue;
    used += milli;
    requested += request;
    count++;
  }
  if (requested === 0) throw new Error('no metrics returned matched known pods');
  const percent = Math.trunc((used * 100) / requested);
  return { ratio: percent / targetPercent, percent, averageMilli: Math.trunc(used / count) };
}

/** The average of all pods against a target, both in thousandths. */
export function averageOf(metrics: PodMetrics, targetMilli: number): { readonly ratio: number; readonly averageMilli: number } {
  let total = 0;
  for (const { milli } of metrics.values()) total += milli;
  const averageMilli = Math.trunc(total / metrics.size);
  return { ratio: averageMilli / targetMilli, averageMilli };
}
