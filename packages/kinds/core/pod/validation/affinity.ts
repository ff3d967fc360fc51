/**
 * Rules for attraction to and repulsion from nodes and pods.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateAffinity, ValidateNodeSelector.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain, validateLabelValue } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, qualifiedName } from '../../../rules.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../references.ts';
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../affinity.ts';
import { mergedKeyRules } from './spread.ts';

/** A selector of nodes: terms of which one must hold. */
export function nodeSelectorRules(field: string, selector: NodeSelector): FieldError[] {
  const here = child(field, 'nodeSelectorTerms');
  if (!selector.nodeSelectorTerms?.length) return [required(here, 'must have at least one node selector term')];
  return selector.nodeSelectorTerms.flatMap((term, index) => termRules(at(here, index), term, true));
}

function termRules(field: string, term: NodeSelectorTerm, checkValues: boolean): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((one, index) => labelRequirement(at(child(field, 'matchExpressions'), index), one, checkValues)),
    ...(term.matchFields ?? []).flatMap((one, index) => fieldRequirement(at(child(field, 'matchFields'), index), one)),
  ];
}

function labelRequirement(field: string, { key, operator, values = [] }: NodeSelectorRequirement, checkValues: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const here = child(field, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    if (!values.length) errors.push(required(here, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length) errors.push(forbiddenField(here, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) errors.push(required(here, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else {
    errors.push(invalid(child(field, 'operator'), operator, 'not a valid selector operator'));
  }
  errors.push(...qualifiedName(child(field, 'key'), key));
  if (checkValues) for (const [index, value] of values.entries()) errors.push(...invalidEach(at(here, index), value, validateLabelValue(value)));
  return errors;
}

function fieldRequirement(field: string, { key, operator, values = [] }: NodeSelectorRequirement): FieldError[] {
  const errors: FieldError[] = [];
  const here = child(field, 'values');
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalid(child(field, 'operator'), operator, 'not a valid selector operator'));
  else if (values.length !== 1) errors.push(required(here, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (key !== 'metadata.name') return [...errors, invalid(child(field, 'key'), key, 'not a valid field selector key')];
  for (const [index, value] of values.entries()) errors.push(...invalidEach(at(here, index), value, nameIsDnsSubdomain(value, false)));
  return errors;
}

/** Attraction to and repulsion from nodes and other pods. */
export function affinityRules(field: string, affinity: Affinity | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (affinity?.nodeAffinity) errors.push(...nodeAffinityRules(child(field, 'nodeAffinity'), affinity.nodeAffinity));
  if (affinity?.podAffinity) errors.push(...podAffinityRules(child(field, 'podAffinity'), affinity.podAffinity));
  if (affinity?.podAntiAffinity) errors.push(...podAffinityRules(child(field, 'podAntiAffinity'), affinity.podAntiAffinity));
  return errors;
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function weightRules(field: string, weight: number): FieldError[] {
  return weight <= 0 || weight > 100 ? [invalid(child(field, 'weight'), weight, 'must be in the range 1-100')] : [];
}

function nodeAffinityRules(field: string, affinity: NodeAffinity): FieldError[] {
  const errors = affinity[REQUIRED] ? nodeSelectorRules(child(field, REQUIRED), affinity[REQUIRED]) : [];
  for (const [index, { weight, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const here = at(child(field, PREFERRED), index);
    errors.push(...weightRules(here, weight), ...termRules(child(here, 'preference'), preference, false));
  }
  return errors;
}

function podAffinityRules(field: string, affinity: PodAffinity): FieldError[] {
  const errors = (affinity[REQUIRED] ?? []).flatMap((term, index) => podTermRules(at(child(field, REQUIRED), index), term));
  for (const [index, { weight, podAffinityTerm }] of (affinity[PREFERRED] ?? []).entries()) {
    const here = at(child(field, PREFERRED), index);
    errors.push(...weightRules(here, weight), ...podTermRules(child(here, 'podAffinityTerm'), podAffinityTerm));
  }
  return errors;
}

function podTermRules(field: string, term: PodAffinityTerm): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, child(field, 'labelSelector')),
    ...validateLabelSelector(term.namespaceSelector, child(field, 'namespaceSelector')),
    ...(term.namespaces ?? []).flatMap((name) => invalidEach(child(field, 'namespace'), name, nameIsDnsLabel(name, false))),
    ...mergedKeyRules(field, term),
  ];
  if (!term.topologyKey) errors.push(required(child(field, 'topologyKey'), 'can not be empty'));
  errors.push(...qualifiedName(child(field, 'topologyKey'), term.topologyKey));
  return errors;
}
