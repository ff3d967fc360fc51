/**
 * Rules that workloads share: selectors and the templates they select, amounts that may be percentages, counts in a status.
 *
 * Source: kubernetes `pkg/apis/apps/validation`.
 */
import { child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { validatePercent } from '#machinery/names.ts';
import { compileLabelSelector, type LabelMatcher, validateLabelSelector } from '#machinery/selectors.ts';
import type { PodTemplateSpec } from '../core/pod/schema.ts';
import { podTemplateRules } from '../core/pod/validation/template.ts';
import type { Gate } from '../feature-gates.ts';
import { invalidEach, nonNegative } from '../rules.ts';

/** What rules for templates may depend on; absent: the gates as they are by default. */
export interface Gated {
  readonly gate?: Gate;
}

/** A selector that must be there and select something. `workload` is the word of the message. */
export function workloadSelector(field: string, selector: LabelSelector | null | undefined, workload: string): FieldError[] {
  if (!selector) return [required(field)];
  return [...validateLabelSelector(selector, field), ...notEmpty(field, selector, workload)];
}

/** A selector that, if there is one, selects something. */
export function notEmpty(field: string, selector: LabelSelector | null | undefined, workload: string): FieldError[] {
  const terms = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0);
  return selector && terms === 0 ? [invalid(field, selector, `empty selector is invalid for ${workload}`)] : [];
}

/** The compiled selector, or undefined when it is not valid. */
export function matcherOf(selector: LabelSelector | null | undefined): LabelMatcher | undefined {
  try {
    return compileLabelSelector(selector);
  } catch {
    return undefined;
  }
}

/** The template's labels are such that the workload finds its own pods. No selector finds none. */
export function selectorMatches(field: string, selector: LabelSelector | null | undefined, template: PodTemplateSpec): FieldError[] {
  const matcher = matcherOf(selector);
  const labels = template.metadata?.labels;
  if (selector && (!matcher || matcher.everything || matcher.matches(labels ?? {}))) return [];
  return [invalid(child(field, 'metadata', 'labels'), labels, '`selector` does not match template `labels`')];
}

/** The template of a workload whose pods run for ever. `kind` is the word of the message. */
export function runningTemplate(field: string, template: PodTemplateSpec, kind: string, gate?: Gate): FieldError[] {
  return [...podTemplateRules(field, template, gate), ...runsForEver(field, template, kind)];
}

/** Of `runningTemplate` what concerns the end of pods. */
export function runsForEver(field: string, template: PodTemplateSpec, kind: string): FieldError[] {
  const errors: FieldError[] = [];
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== 'Always') errors.push(notSupported(child(field, 'spec', 'restartPolicy'), restartPolicy ?? '', ['Always']));
  if (activeDeadlineSeconds !== undefined)
    errors.push(forbiddenField(child(field, 'spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`));
  return errors;
}

/** A number of at least 0 or a percentage. */
export function intOrPercent(field: string, value: number | string | undefined): FieldError[] {
  if (value === undefined) return [];
  return typeof value === 'number' ? nonNegative(field, value) : invalidEach(field, value, validatePercent(value));
}

/** Not more than all of them. */
export function atMost100Percent(field: string, value: number | string | undefined): FieldError[] {
  return typeof value === 'string' && validatePercent(value).length === 0 && amountOf(value) > 100
    ? [invalid(field, value, 'must not be greater than 100%')]
    : [];
}

/** The number, or the number before the percent sign. */
export function amountOf(value: number | string | undefined): number {
  if (typeof value === 'number') return value;
  return value && /^\d+%$/.test(value) ? Number(value.slice(0, -1)) : 0;
}

/** Counts of replicas in a status. */
export interface ReplicaCounts {
  readonly replicas?: number;
  readonly fullyLabeledReplicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
}

/** Counts are not negative and no part is larger than the whole. */
export function replicaCounts(field: string, status: ReplicaCounts): FieldError[] {
  const whole = status.replicas ?? 0;
  const errors: FieldError[] = [];
  for (const name of [
    'replicas',
    'fullyLabeledReplicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ] as const) {
    errors.push(...nonNegative(child(field, name), status[name]));
  }
  for (const name of ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const part = status[name] ?? 0;
    if (part > whole) errors.push(invalid(child(field, name), part, 'cannot be greater than status.replicas'));
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0))
    errors.push(invalid(child(field, 'availableReplicas'), available, 'cannot be greater than readyReplicas'));
  return errors;
}

/** A counter that only grows. */
export function notDecremented(field: string, value: number | undefined, stored: number | undefined): FieldError[] {
  const errors = nonNegative(field, value);
  if (stored !== undefined && (value === undefined || value < stored)) errors.push(invalid(field, value ?? 0, 'cannot be decremented'));
  return errors;
}
