/**
 * Rules for autoscalers.
 *
 * Source: kubernetes `pkg/apis/autoscaling/validation`.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { KindContext } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import { quantitySign } from '#machinery/quantity.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, nonNegative, POSITIVE } from '../../rules.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from './schema.ts';

const SOURCES = { Object: 'object', Pods: 'pods', Resource: 'resource', ContainerResource: 'containerResource', External: 'external' } as const;
const SOURCE_TYPES: readonly string[] = Object.keys(SOURCES).toSorted();
const TARGET_TYPES: readonly string[] = ['AverageValue', 'Utilization', 'Value'];
/** Longest period of a scaling policy: half an hour. */
const MAX_PERIOD_SECONDS = 1800;
/** Longest look back: one hour. */
const MAX_WINDOW_SECONDS = 3600;

/** A new or changed autoscaler. What was accepted before may stay: no replicas, references without a sound version. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, context: Pick<KindContext, 'gate'>, stored?: HorizontalPodAutoscaler): FieldError[] {
  const lowest = context.gate('HPAScaleToZero') || stored?.spec.minReplicas === 0 ? 0 : 1;
  const { minReplicas, maxReplicas, metrics = [], behavior } = spec;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < lowest)
    errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${lowest}`));
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, POSITIVE));
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  errors.push(...referenceRules('spec.scaleTargetRef', spec.scaleTargetRef), ...targetVersionRules('spec.scaleTargetRef.apiVersion', spec, stored?.spec));
  const anyVersion = (stored?.spec.metrics ?? []).some(({ object }) => object && versionRules('', object.describedObject.apiVersion, false).length > 0);
  for (const [index, metric] of metrics.entries()) errors.push(...metricRules(at('spec.metrics', index), metric, anyVersion));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    errors.push(forbiddenField('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  }
  if (behavior)
    errors.push(...scalingRules('spec.behavior.scaleUp', behavior.scaleUp), ...scalingRules('spec.behavior.scaleDown', behavior.scaleDown));
  return errors;
}

function referenceRules(field: string, { kind, name }: CrossVersionObjectReference): FieldError[] {
  return Object.entries({ kind, name }).flatMap(([member, value]) =>
    value ? invalidEach(child(field, member), value, validatePathSegmentName(value)) : [required(child(field, member))],
  );
}

/** The version of what is scaled; only replication controllers are of the group without a name. */
function targetVersionRules(field: string, { scaleTargetRef }: HorizontalPodAutoscalerSpec, stored: HorizontalPodAutoscalerSpec | undefined): FieldError[] {
  const { apiVersion, kind } = scaleTargetRef;
  const same = stored && stored.scaleTargetRef.apiVersion === apiVersion && stored.scaleTargetRef.kind === kind;
  return same ? [] : versionRules(field, apiVersion, kind !== 'ReplicationController');
}

function versionRules(field: string, apiVersion: string | undefined, needsGroup: boolean): FieldError[] {
  const text = apiVersion ?? '';
  const parts = text === '/' ? [''] : text.split('/');
  if (parts.length > 2) return [invalid(field, text, `unexpected GroupVersion string: ${text}`)];
  const group = parts.length === 2 ? parts[0] : '';
  return needsGroup && !group ? [invalid(field, text, 'apiVersion must specify API group')] : [];
}

function metricRules(field: string, metric: MetricSpec, anyVersion: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!metric.type) errors.push(required(child(field, 'type'), 'must specify a metric source type'));
  if (!SOURCE_TYPES.includes(metric.type)) errors.push(notSupported(child(field, 'type'), metric.type, SOURCE_TYPES));
  const present = Object.values(SOURCES).filter((name) => metric[name] !== undefined);
  if (present.length) errors.push(...sourceRules(field, present[0]!, metric, anyVersion));
  const expected = SOURCES[metric.type as keyof typeof SOURCES] as (typeof SOURCES)[keyof typeof SOURCES] | undefined;
  if (expected && metric[expected] === undefined)
    errors.push(required(child(field, expected), 'must populate information for the given metric source'));
  if (present.length > 1) {
    for (const name of present) if (name !== expected) errors.push(forbiddenField(child(field, name), 'must populate the given metric source only'));
  }
  return errors;
}

function sourceRules(field: string, name: (typeof SOURCES)[keyof typeof SOURCES], metric: MetricSpec, anyVersion: boolean): FieldError[] {
  const here = child(field, name);
  switch (name) {
    case 'object': {
      const { describedObject, metric: identifier, target } = metric.object!;
      return [
        ...referenceRules(child(here, 'describedObject'), describedObject),
        ...(anyVersion ? [] : versionRules(child(here, 'describedObject', 'apiVersion'), describedObject.apiVersion, false)),
        ...identifierRules(child(here, 'metric'), identifier),
        ...targetRules(child(here, 'target'), target),
        ...valueOrAverage(here, target),
      ];
    }
    case 'external': {
      const { metric: identifier, target } = metric.external!;
      return [...identifierRules(child(here, 'metric'), identifier), ...targetRules(child(here, 'target'), target), ...externalRules(here, target)];
    }
    case 'pods': {
      const { metric: identifier, target } = metric.pods!;
      const missing = target.averageValue === undefined;
      return [
        ...identifierRules(child(here, 'metric'), identifier),
        ...targetRules(child(here, 'target'), target),
        ...(missing ? [required(child(here, 'target', 'averageValue'), 'must specify a positive target averageValue')] : []),
      ];
    }
    case 'resource':
      return resourceRules(here, metric.resource!.name, metric.resource!.target);
    case 'containerResource': {
      const { name: resource, container, target } = metric.containerResource!;
      return resourceRules(here, resource, target, container ? [] : [required(child(here, 'container'), 'must specify a container')]);
    }
  }
}

function identifierRules(field: string, { name, selector }: MetricIdentifier): FieldError[] {
  const errors = name
    ? invalidEach(child(field, 'name'), name, validatePathSegmentName(name))
    : [required(child(field, 'name'), 'must specify a metric name')];
  return [...errors, ...validateLabelSelector(selector, child(field, 'selector'))];
}

function targetRules(field: string, { type, value, averageValue, averageUtilization }: MetricTarget): FieldError[] {
  const errors = type ? [] : [required(child(field, 'type'), 'must specify a metric target type')];
  if (!TARGET_TYPES.includes(type)) errors.push(invalid(child(field, 'type'), type, 'must be either Utilization, Value, or AverageValue'));
  if (value !== undefined && quantitySign(value) !== 1) errors.push(invalid(child(field, 'value'), value, 'must be positive'));
  if (averageValue !== undefined && quantitySign(averageValue) !== 1)
    errors.push(invalid(child(field, 'averageValue'), averageValue, 'must be positive'));
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(child(field, 'averageUtilization'), averageUtilization, POSITIVE));
  return errors;
}

function valueOrAverage(field: string, { value, averageValue }: MetricTarget): FieldError[] {
  return value === undefined && averageValue === undefined
    ? [required(child(field, 'target', 'averageValue'), 'must set either a target value or averageValue')]
    : [];
}

function externalRules(field: string, { value, averageValue }: MetricTarget): FieldError[] {
  if (value === undefined && averageValue === undefined)
    return [required(child(field, 'target', 'averageValue'), 'must set either a target value for metric or a per-pod target')];
  if (value !== undefined && averageValue !== undefined)
    return [forbiddenField(child(field, 'target', 'value'), 'may not set both a target value for metric and a per-pod target')];
  return [];
}

function resourceRules(field: string, name: string, target: MetricTarget, more: readonly FieldError[] = []): FieldError[] {
  const errors = name ? [] : [required(child(field, 'name'), 'must specify a resource name')];
  errors.push(...more, ...targetRules(child(field, 'target'), target));
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(required(child(field, 'target', 'averageUtilization'), 'must set either a target raw value or a target utilization'));
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(forbiddenField(child(field, 'target', 'averageValue'), 'may not set both a target raw value and a target utilization'));
  return errors;
}

function scalingRules(field: string, rules: HPAScalingRules | undefined): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0) errors.push(invalid(child(field, 'stabilizationWindowSeconds'), window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > MAX_WINDOW_SECONDS)
    errors.push(invalid(child(field, 'stabilizationWindowSeconds'), window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy))
    errors.push(notSupported(child(field, 'selectPolicy'), selectPolicy, ['Disabled', 'Max', 'Min']));
  if (!policies.length) errors.push(required(child(field, 'policies'), 'must specify at least one Policy'));
  for (const [index, policy] of policies.entries()) errors.push(...policyRules(at(child(field, 'policies'), index), policy));
  if (tolerance !== undefined && quantitySign(tolerance) < 0)
    errors.push(invalid(child(field, 'tolerance'), tolerance, 'must be greater than or equal to 0'));
  return errors;
}

function policyRules(field: string, { type, value, periodSeconds }: HPAScalingPolicy): FieldError[] {
  const errors = type === 'Percent' || type === 'Pods' ? [] : [notSupported(child(field, 'type'), type, ['Percent', 'Pods'])];
  if (value <= 0) errors.push(invalid(child(field, 'value'), value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalid(child(field, 'periodSeconds'), periodSeconds, 'must be greater than zero'));
  if (periodSeconds > MAX_PERIOD_SECONDS)
    errors.push(invalid(child(field, 'periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`));
  return errors;
}

/** A new status. */
export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [...nonNegative('status.currentReplicas', status.currentReplicas), ...nonNegative('status.desiredReplicas', status.desiredReplicas)];
}
