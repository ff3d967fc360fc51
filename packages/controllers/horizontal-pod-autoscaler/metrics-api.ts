/**
 * Reads the metrics that autoscaling looks at from the three metrics APIs, through the API server.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler/metrics`.
 */
import type { ApiRequest, Transport } from '#client/transport.ts';
import type { CrossVersionObjectReference } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import { durationToMs } from '#machinery/duration.ts';
import { quantityMilliValue } from '#machinery/quantity.ts';
import { StatusError } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';

/** What one pod uses. */
export interface PodMetric {
  readonly timestampMs: number;
  /** Over how long it was measured. */
  readonly windowMs: number;
  /** In thousandths of a unit. */
  readonly milli: number;
}

/** Metrics by name of pod. */
export type PodMetrics = Map<string, PodMetric>;

/** Which series of a metric is meant. */
export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  /** Selector text of the metric's own labels; empty for any. */
  readonly metricSelector: string;
}

/** What autoscaling asks. Everything throws Error with upstream's words. */
export interface MetricsApi {
  /** CPU, memory and the like of the selected pods, of all their containers or of one. */
  resource(of: { readonly namespace: string; readonly resource: string; readonly selector: string; readonly container?: string }, signal: AbortSignal): Promise<PodMetrics>;
  /** A custom metric of the selected pods. */
  pods(query: MetricQuery, selector: string, signal: AbortSignal): Promise<PodMetrics>;
  /** A custom metric of one object; `resource` is `ingresses.networking.k8s.io`. In thousandths. */
  object(query: MetricQuery, described: CrossVersionObjectReference, resource: string, signal: AbortSignal): Promise<number>;
  /** The values of an external metric, in thousandths. */
  external(query: MetricQuery, signal: AbortSignal): Promise<readonly number[]>;
}

interface ContainerMetricsJson {
  readonly name: string;
  readonly usage?: Readonly<Record<string, string>>;
}
interface PodMetricsJson {
  readonly metadata: { readonly name?: string };
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly ContainerMetricsJson[];
}
interface MetricValueJson {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  readonly window?: number;
  readonly value: string;
}
interface ListJson<T> {
  readonly items?: readonly T[] | null;
}

const RESOURCE_ROOT = '/apis/metrics.k8s.io/v1beta1';
const CUSTOM_ROOTS = ['/apis/custom.metrics.k8s.io/v1beta2', '/apis/custom.metrics.k8s.io/v1beta1'];
const EXTERNAL_ROOT = '/apis/external.metrics.k8s.io/v1beta1';
/** When a custom metric does not say over how long it was measured. */
const DEFAULT_WINDOW_MS = 60_000;
/** What clients make of the generic answer for paths that nobody serves; they complete it with what they asked for. */
const NOT_SERVED = 'the server could not find the requested resource';
/** That answer as plain text: nobody serves the whole group. */
const NO_PAGE = '404 page not found';

/** The metrics APIs behind `transport`. */
export function metricsApi(transport: Transport): MetricsApi {
  const get = async (api: string, request: Pick<ApiRequest, 'path' | 'query'>, what: string, signal: AbortSignal): Promise<unknown> => {
    try {
      return await transport.request({ method: 'GET', ...request }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(`unable to fetch metrics from ${api} API: ${messageOf(error, what)}`, { cause: error });
    }
  };
  /** The version that answered last; most adapters have one alone. */
  let usual = CUSTOM_ROOTS[0];
  const custom = async (path: string, query: NonNullable<ApiRequest['query']>, signal: AbortSignal): Promise<readonly MetricValueJson[]> => {
    for (const root of CUSTOM_ROOTS.toSorted((a, b) => Number(b === usual) - Number(a === usual))) {
      try {
        const { items } = (await get('custom metrics', { path: `${root}${path}`, query }, '', signal)) as ListJson<MetricValueJson>;
        usual = root;
        return items ?? [];
      } catch (error) {
        if (!isNotServed((error as Error).cause)) throw error;
      }
    }
    throw new Error('unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered');
  };
  return {
    async resource({ namespace, resource, selector, container }, signal) {
      const request = { path: `${RESOURCE_ROOT}/namespaces/${encodeURIComponent(namespace)}/pods`, query: { labelSelector: selector || undefined } };
      const items = ((await get('resource metrics', request, '(get pods.metrics.k8s.io)', signal)) as ListJson<PodMetricsJson>).items ?? [];
      if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
      return resourceMetrics(items, resource, container);
    },
    async pods({ namespace, name, metricSelector }, selector, signal) {
      const path = `/namespaces/${encodeURIComponent(namespace)}/pods/*/${encodeURIComponent(name)}`;
      const items = await custom(path, { labelSelector: selector || undefined, metricLabelSelector: metricSelector || undefined }, signal);
      if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
      return new Map(items.map((item) => [item.describedObject?.name ?? '', valueOf(item)]));
    },
    async object({ namespace, name, metricSelector }, described, resource, signal) {
      // Autoscalers see no other namespace than their own, whatever is named.
      const object = resource === 'namespaces' ? 'metrics' : `${resource}/${encodeURIComponent(described.name)}`;
      const items = await custom(`/namespaces/${encodeURIComponent(namespace)}/${object}/${encodeURIComponent(name)}`, { metricLabelSelector: metricSelector || undefined }, signal);
      const [first] = items;
      if (!first || items.length > 1) throw new Error(`unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`);
      return quantityMilliValue(first.value);
    },
    async external({ namespace, name, metricSelector }, signal) {
      const request = { path: `${EXTERNAL_ROOT}/namespaces/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`, query: { labelSelector: metricSelector || undefined } };
      const items = ((await get('external metrics', request, `(get ${name}.external.metrics.k8s.io)`, signal)) as ListJson<MetricValueJson>).items ?? [];
      if (items.length === 0) throw new Error('no metrics returned from external metrics API');
      return items.map(({ value }) => quantityMilliValue(value));
    },
  };
}

/** Nobody serves the path; an adapter that lacks the metric says so in its own words. */
const isNotServed = (error: unknown): boolean => error instanceof StatusError && error.code === 404 && (error.message.startsWith(NOT_SERVED) || error.message === NO_PAGE);

function messageOf(error: unknown, what: string): string {
  if (what && isNotServed(error)) return `${NOT_SERVED} ${what}`;
  return error instanceof Error ? error.message : String(error);
}

function valueOf({ timestamp, windowSeconds, window, value }: MetricValueJson): PodMetric {
  const seconds = windowSeconds ?? window;
  return { timestampMs: timestamp ? timeToMs(timestamp) : 0, windowMs: seconds === undefined ? DEFAULT_WINDOW_MS : seconds * 1000, milli: quantityMilliValue(value) };
}

/** Pods of which a container lacks the resource, or that lack the container, have no metric at all. */
function resourceMetrics(items: readonly PodMetricsJson[], resource: string, container: string | undefined): PodMetrics {
  const found: PodMetrics = new Map();
  for (const { metadata, timestamp, window, containers = [] } of items) {
    const measured = container === undefined ? containers : containers.filter(({ name }) => name === container);
    let milli = 0;
    let complete = measured.length > 0;
    for (const { usage } of measured) {
      const amount = usage?.[resource];
      if (amount === undefined) complete = false;
      else milli += quantityMilliValue(amount);
    }
    if (complete) found.set(metadata.name ?? '', { timestampMs: timestamp ? timeToMs(timestamp) : 0, windowMs: window ? durationToMs(window) : 0, milli });
  }
  return found;
}
