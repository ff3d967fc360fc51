/**
 * One metric of an autoscaler: what it measures now and how many replicas it asks for.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler/horizontal.go`, computeReplicasForMetric.
 */
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { quantityMilliValue, quantityOfMilli } from '#machinery/quantity.ts';
import { compileLabelSelector, everything } from '#machinery/selectors.ts';
import { goSelector } from '../workload/go-selector.ts';
import type { MetricQuery, MetricsApi } from './metrics-api.ts';
import { replicasByAverage, replicasByShare, replicasByUtilization, replicasByValue } from './replicas.ts';
import type { Proposal, ScaleFacts } from './replicas.ts';

/** What evaluation needs. */
export interface MetricContext {
  readonly namespace: string;
  /** Selector text of the target's pods. */
  readonly selector: string;
  readonly facts: ScaleFacts;
  readonly api: MetricsApi;
  /** The resource that a described object is one of: `ingresses.networking.k8s.io`. @throws Error when nothing serves it */
  readonly resourceOf: (apiVersion: string, kind: string) => Promise<string>;
  readonly signal: AbortSignal;
}

/** A metric that could be evaluated. */
export interface EvaluatedMetric {
  readonly replicas: number;
  /** As conditions and events call it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** A metric that could not: the reason for conditions, and the error with the words for them and for the log. */
export class MetricFailure extends Error {
  readonly reason: string;
  /** What went wrong, as the condition tells it. */
  readonly what: string;

  constructor(reason: string, what: string, message: string) {
    super(message);
    this.reason = reason;
    this.what = what;
  }
}

/** Evaluates one metric. @throws MetricFailure */
export async function evaluateMetric(spec: MetricSpec, context: MetricContext): Promise<EvaluatedMetric> {
  const source = sourceOf(spec, context);
  if (!source) {
    const text = `unknown metric source type ${JSON.stringify(spec.type)}`;
    throw new MetricFailure('InvalidMetricSourceType', text, text);
  }
  try {
    return await source.evaluate();
  } catch (error) {
    if (context.signal.aborted) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new MetricFailure(source.reason, text, `${source.failure}: ${text}`);
  }
}

interface Source {
  readonly reason: string;
  /** Begins the error. */
  readonly failure: string;
  readonly evaluate: () => Promise<EvaluatedMetric>;
}

function sourceOf(spec: MetricSpec, context: MetricContext): Source | undefined {
  const { object, pods, resource, containerResource, external } = spec;
  if (spec.type === 'Object' && object) {
    return { reason: 'FailedGetObjectMetric', failure: 'failed to get object metric value', evaluate: () => objectMetric(object, context) };
  }
  if (spec.type === 'Pods' && pods) {
    return { reason: 'FailedGetPodsMetric', failure: 'failed to get pods metric value', evaluate: () => podsMetric(pods, context) };
  }
  if (spec.type === 'Resource' && resource) {
    return { reason: 'FailedGetResourceMetric', failure: `failed to get ${resource.name} resource metric value`, evaluate: () => resourceMetric(resource, context) };
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const failure = `failed to get ${containerResource.name} container metric value`;
    return { reason: 'FailedGetContainerResourceMetric', failure, evaluate: () => containerMetric(containerResource, context) };
  }
  if (spec.type === 'External' && external) {
    const failure = `failed to get ${external.metric.name} external metric value`;
    return { reason: 'FailedGetExternalMetric', failure, evaluate: () => externalMetric(external, context) };
  }
  return undefined;
}

const selectorText = (selector: LabelSelector | undefined): string => (selector ? compileLabelSelector(selector) : everything).toString();

const queryOf = ({ name, selector }: MetricIdentifier, namespace: string): MetricQuery => ({ namespace, name, metricSelector: selectorText(selector) });

async function objectMetric({ describedObject, metric, target }: ObjectMetricSource, context: MetricContext): Promise<EvaluatedMetric> {
  const { namespace, api, facts, signal } = context;
  const { kind, name, apiVersion = 'v1' } = describedObject;
  const query = queryOf(metric, namespace);
  const read = async (): Promise<number> => {
    try {
      return await api.object(query, describedObject, await context.resourceOf(apiVersion, kind), signal);
    } catch (error) {
      throw new Error(`unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${(error as Error).message}`, { cause: error });
    }
  };
  const status = (current: MetricValueStatus): MetricStatus => ({ type: 'Object', object: { describedObject, metric, current } });
  if (target.type === 'Value' && target.value !== undefined) {
    const { replicas, milli } = replicasByValue(facts, await read(), quantityMilliValue(target.value));
    return { replicas, name: `${kind} metric ${metric.name}`, status: status({ value: quantityOfMilli(milli) }) };
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const { replicas, milli } = replicasByShare(facts, await read(), quantityMilliValue(target.averageValue));
    return { replicas, name: `external metric ${metric.name}(${goSelector(metric.selector)})`, status: status({ averageValue: quantityOfMilli(milli) }) };
  }
  throw new Error('invalid object metric source: neither a value target nor an average value target was set');
}

async function podsMetric({ metric, target }: PodsMetricSource, { namespace, selector, api, facts, signal }: MetricContext): Promise<EvaluatedMetric> {
  let metrics;
  try {
    metrics = await api.pods(queryOf(metric, namespace), selector, signal);
  } catch (error) {
    throw new Error(`unable to get metric ${metric.name}: ${(error as Error).message}`, { cause: error });
  }
  const { replicas, milli } = replicasByAverage(facts, metrics, '', quantityMilliValue(target.averageValue ?? '0'));
  return { replicas, name: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current: { averageValue: quantityOfMilli(milli) } } } };
}

async function resourceMetric({ name, target }: ResourceMetricSource, context: MetricContext): Promise<EvaluatedMetric> {
  const { proposal, current, text } = await usage({ resource: name, target }, context);
  return { replicas: proposal.replicas, name: text, status: { type: 'Resource', resource: { name, current } } };
}

async function containerMetric({ name, container, target }: ContainerResourceMetricSource, context: MetricContext): Promise<EvaluatedMetric> {
  const { proposal, current, text } = await usage({ resource: name, container, target }, context);
  return { replicas: proposal.replicas, name: text, status: { type: 'ContainerResource', containerResource: { name, container, current } } };
}

interface UsageSource {
  readonly resource: string;
  readonly container?: string;
  readonly target: MetricTarget;
}

async function usage(
  { resource, container, target }: UsageSource,
  { namespace, selector, api, facts, signal }: MetricContext,
): Promise<{ readonly proposal: Proposal; readonly current: MetricValueStatus; readonly text: string }> {
  const kind = target.averageValue === undefined ? 'utilization' : 'usage';
  if (target.averageValue === undefined && target.averageUtilization === undefined) {
    throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
  }
  const of = { resource, ...(container === undefined ? {} : { container }) };
  try {
    const metrics = await api.resource({ namespace, selector, ...of }, signal).catch((error: unknown) => {
      throw new Error(`unable to get metrics for resource ${resource}: ${(error as Error).message}`, { cause: error });
    });
    if (target.averageValue !== undefined) {
      const proposal = replicasByAverage(facts, metrics, resource, quantityMilliValue(target.averageValue));
      return { proposal, current: { averageValue: quantityOfMilli(proposal.milli) }, text: `${resource} resource` };
    }
    const proposal = replicasByUtilization(facts, metrics, { ...of, percent: target.averageUtilization! });
    const current = { averageUtilization: proposal.percent ?? 0, averageValue: quantityOfMilli(proposal.milli) };
    return { proposal, current, text: `${resource} resource utilization (percentage of request)` };
  } catch (error) {
    throw new Error(`failed to get ${resource} ${kind}: ${(error as Error).message}`, { cause: error });
  }
}

async function externalMetric({ metric, target }: ExternalMetricSource, { namespace, api, facts, signal }: MetricContext): Promise<EvaluatedMetric> {
  const isShare = target.averageValue !== undefined;
  const wanted = target.averageValue ?? target.value;
  if (wanted === undefined) throw new Error('invalid external metric source: neither a value target nor an average value target was set');
  const name = `external metric ${metric.name}(${goSelector(metric.selector)})`;
  try {
    const values = await api.external(queryOf(metric, namespace), signal).catch((error: unknown) => {
      throw new Error(`unable to get external metric ${namespace}/${metric.name}/${goSelector(metric.selector)}: ${(error as Error).message}`, { cause: error });
    });
    const total = values.reduce((sum, value) => sum + value, 0);
    const { replicas, milli } = (isShare ? replicasByShare : replicasByValue)(facts, total, quantityMilliValue(wanted));
    const current = isShare ? { averageValue: quantityOfMilli(milli) } : { value: quantityOfMilli(milli) };
    return { replicas, name, status: { type: 'External', external: { metric, current } } };
  } catch (error) {
    const text = (error as Error).message;
    throw new Error(isShare ? `failed to get ${metric.name} external metric: ${text}` : `failed to get external metric ${metric.name}: ${text}`, { cause: error });
  }
}
