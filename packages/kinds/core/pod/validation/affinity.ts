/**
 * Rules for where a pod may run: selectors, affinity, tolerations, spreading.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateAffinity, ValidateTolerations, validateTopologySpreadConstraints.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain, validateLabelValue } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { ABOVE_ZERO, invalidEach, optionalOneOf, qualifiedName } from '../../../rules.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../references.ts';
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm, Toleration, TopologySpreadConstraint } from '../affinity.ts';

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The effect of a taint or toleration. */
export function taintEffect(field: string, effect: string): FieldError[] {
  return EFFECTS.includes(effect) ? [] : [notSupported(field, effect, EFFECTS)];
}

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
    ...labelKeyRules(field, term),
  ];
  if (!term.topologyKey) errors.push(required(child(field, 'topologyKey'), 'can not be empty'));
  errors.push(...qualifiedName(child(field, 'topologyKey'), term.topologyKey));
  return errors;
}

function labelKeyRules(field: string, { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: PodAffinityTerm): FieldError[] {
  const errors = [
    ...keysRules(child(field, 'matchLabelKeys'), matchLabelKeys, labelSelector),
    ...keysRules(child(field, 'mismatchLabelKeys'), mismatchLabelKeys, labelSelector),
  ];
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.indexOf(key);
    if (index >= 0 && seen.has(key)) errors.push(invalid(at(field, index), key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (mismatchLabelKeys.includes(key))
      errors.push(invalid(at(child(field, 'matchLabelKeys'), index), key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  }
  return errors;
}

function keysRules(field: string, keys: readonly string[], selector: LabelSelector | undefined): FieldError[] {
  if (!keys.length) return [];
  if (!selector) return [forbiddenField(field, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) => qualifiedName(at(field, index), key));
}

/** Taints that the pod bears. */
export function tolerationRules(field: string, tolerations: readonly Toleration[]): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const { key, operator, value = '', effect, tolerationSeconds } = toleration;
    const here = at(field, index);
    const errors = key ? qualifiedName(child(here, 'key'), key) : [];
    if (!key && operator !== 'Exists') {
      errors.push(
        invalid(child(here, 'operator'), operator ?? '', 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(child(here, 'effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    errors.push(...tolerationValue(child(here, 'operator'), operator, value));
    if (effect) errors.push(...taintEffect(child(here, 'effect'), effect));
    return errors;
  });
}

function tolerationValue(field: string, operator: string | undefined, value: string): FieldError[] {
  if (!operator || operator === 'Equal') {
    const texts = validateLabelValue(value);
    return texts.length ? [invalid(field, value, texts.join(';'))] : [];
  }
  if (operator === 'Exists') return value ? [invalid(field, value, "value must be empty when `operator` is 'Exists'")] : [];
  return [notSupported(field, operator, ['Equal', 'Exists'])];
}

/** Even spreading over nodes, zones and the like. */
export function spreadRules(field: string, constraints: readonly TopologySpreadConstraint[]): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const here = at(field, index);
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(child(here, 'maxSkew'), maxSkew, ABOVE_ZERO));
    if (!topologyKey) errors.push(required(child(here, 'topologyKey'), 'can not be empty'));
    errors.push(...optionalOneOf(child(here, 'whenUnsatisfiable'), whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    if (constraints.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) {
      errors.push(duplicate(child(here, '{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    if (minDomains !== undefined) errors.push(...minDomainRules(child(here, 'minDomains'), minDomains, whenUnsatisfiable));
    errors.push(
      ...optionalOneOf(child(here, 'nodeAffinityPolicy'), constraint.nodeAffinityPolicy, ['Honor', 'Ignore']),
      ...optionalOneOf(child(here, 'nodeTaintsPolicy'), constraint.nodeTaintsPolicy, ['Honor', 'Ignore']),
      ...spreadKeyRules(child(here, 'matchLabelKeys'), constraint),
      ...validateLabelSelector(constraint.labelSelector, child(here, 'labelSelector')),
    );
    return errors;
  });
}

function minDomainRules(field: string, minDomains: number, action: string): FieldError[] {
  const errors = minDomains <= 0 ? [invalid(field, minDomains, ABOVE_ZERO)] : [];
  if (action !== 'DoNotSchedule')
    errors.push(invalid(field, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`));
  return errors;
}

/** A key may stand in the selector once: as the requirement that the strategy made of it. */
function spreadKeyRules(field: string, { matchLabelKeys = [], labelSelector }: TopologySpreadConstraint): FieldError[] {
  if (!matchLabelKeys.length) return [];
  if (!labelSelector) return [forbiddenField(field, 'must not be specified when labelSelector is not set')];
  const uses = new Map<string, number>();
  const use = (key: string): void => void uses.set(key, (uses.get(key) ?? 0) + 1);
  for (const key of Object.keys(labelSelector.matchLabels ?? {})) use(key);
  for (const { key } of labelSelector.matchExpressions ?? []) use(key);
  return matchLabelKeys.flatMap((key, index) => {
    const errors = qualifiedName(at(field, index), key);
    if ((uses.get(key) ?? 0) > 1) errors.push(invalid(at(field, index), key, 'exists in both matchLabelKeys and labelSelector'));
    return errors;
  });
}
