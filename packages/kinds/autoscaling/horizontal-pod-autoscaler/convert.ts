/**
 * Autoscalers of `autoscaling/v1` are stored as `v2`; what v1 cannot say travels in annotations.
 *
 * Source: kubernetes `pkg/apis/autoscaling/v1/conversion.go`, `annotations.go`.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { DEFAULT_CPU_UTILIZATION } from './defaults.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from './schema.ts';
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './schema-v1.ts';

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CARRIERS: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

/** The value that an annotation carries; text that does not parse is dropped, as upstream does. */
function carried<T>(metadata: ObjectMeta, name: string): T | undefined {
  const text = metadata.annotations?.[name];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function withAnnotations(metadata: ObjectMeta, added: Readonly<Record<string, unknown>>): ObjectMeta {
  const { annotations: given, ...rest } = metadata;
  const annotations: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) if (!CARRIERS.includes(name)) annotations[name] = value;
  for (const [name, value] of Object.entries(added)) if (value !== undefined) annotations[name] = JSON.stringify(value);
  return Object.keys(annotations).length ? { ...rest, annotations } : rest;
}

/** The CPU metric that v1 has a field of its own for. */
function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
}

/** The v2 autoscaler that stores a v1 one. */
export function toAutoscalerV2(object: HorizontalPodAutoscalerV1): KubeObject {
  const { metadata, spec, status } = object;
  const { targetCPUUtilizationPercentage: percent, ...common } = spec;
  const others = carried<MetricSpec[]>(metadata, METRICS) ?? [];
  const metrics: MetricSpec[] = [...others];
  if (percent !== undefined || others.length === 0) {
    metrics.push({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent ?? DEFAULT_CPU_UTILIZATION } },
    });
  }
  const behavior = carried<NonNullable<HorizontalPodAutoscaler['spec']['behavior']>>(metadata, BEHAVIOR);
  const conditions = carried<NonNullable<HorizontalPodAutoscaler['status']['conditions']>>(metadata, CONDITIONS);
  const { currentCPUUtilizationPercentage: current, ...counts } = status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const currentMetrics: MetricStatus[] = carried<MetricStatus[]>(metadata, CURRENT_METRICS) ?? [];
  if (current !== undefined) currentMetrics.push({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } });
  const stored: HorizontalPodAutoscaler = {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, {}),
    spec: { ...common, metrics, ...(behavior ? { behavior } : {}) },
    status: { ...counts, currentMetrics, ...(conditions ? { conditions } : {}) },
  };
  return stored;
}

/** The v1 view of a stored v2 autoscaler. */
export function fromAutoscalerV2(object: KubeObject): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = object as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...common } = spec;
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const { currentMetrics, conditions, currentReplicas, ...counts } = status ?? { desiredReplicas: 0, currentMetrics: [] };
  const current = currentMetrics?.find(
    ({ type, resource }) => type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined,
  );
  const otherCurrent = (currentMetrics ?? []).filter((one) => one !== current);
  const percent = cpu?.resource?.target.averageUtilization;
  const currentPercent = current?.resource?.current.averageUtilization;
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, {
      [METRICS]: others.length ? others : undefined,
      [CURRENT_METRICS]: otherCurrent.length ? otherCurrent : undefined,
      [CONDITIONS]: conditions?.length ? conditions : undefined,
      [BEHAVIOR]: behavior,
    }),
    spec: { ...common, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
    status: {
      ...counts,
      currentReplicas: currentReplicas ?? 0,
      ...(currentPercent === undefined ? {} : { currentCPUUtilizationPercentage: currentPercent }),
    },
  };
}
