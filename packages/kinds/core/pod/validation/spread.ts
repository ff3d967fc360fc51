/**
 * Rules for even spreading, and for keys whose value is the pod's own.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateTopologySpreadConstraints, ValidateMatchLabelKeysAndMismatchLabelKeys.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import type { Gate } from '../../../feature-gates.ts';
import { ABOVE_ZERO, optionalOneOf, qualifiedName } from '../../../rules.ts';
import type { TopologySpreadConstraint } from '../affinity.ts';

const NO_SELECTOR = 'must not be specified when labelSelector is not set';
const IN_BOTH = 'exists in both matchLabelKeys and labelSelector';
const ACTIONS: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS: readonly string[] = ['Honor', 'Ignore'];

/** Keys whose value, in the pod itself, others must share (`matchLabelKeys`) or not (`mismatchLabelKeys`). */
interface OwnKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: LabelSelector;
}

/**
 * Keys beside a selector into which the strategy has merged them: each may stand there once.
 * `field` is the path of what has the keys: upstream numbers a key that stands twice as if it were an item of that.
 */
export function mergedKeyRules(field: string, { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: OwnKeys): FieldError[] {
  if (matchLabelKeys.length + mismatchLabelKeys.length === 0) return [];
  const inMatch = child(field, 'matchLabelKeys');
  const errors = [
    ...keysRules(inMatch, matchLabelKeys, labelSelector),
    ...keysRules(child(field, 'mismatchLabelKeys'), mismatchLabelKeys, labelSelector),
  ];
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index >= 0 && seen.has(key)) errors.push(invalid(at(field, index), key, IN_BOTH));
    seen.add(key);
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (mismatchLabelKeys.includes(key)) errors.push(invalid(at(inMatch, index), key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  }
  return errors;
}

function keysRules(field: string, keys: readonly string[], selector: LabelSelector | undefined): FieldError[] {
  if (!keys.length) return [];
  if (!selector) return [forbiddenField(field, NO_SELECTOR)];
  return keys.flatMap((key, index) => qualifiedName(at(field, index), key));
}

/** Keys beside a selector as the client sent it: none may stand there. */
function separateKeyRules(field: string, { matchLabelKeys = [], labelSelector }: OwnKeys): FieldError[] {
  if (!matchLabelKeys.length) return [];
  const errors = labelSelector ? [] : [forbiddenField(field, NO_SELECTOR)];
  const used = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) used.add(key);
  for (const [index, key] of matchLabelKeys.entries()) {
    errors.push(...qualifiedName(at(field, index), key));
    if (used.has(key)) errors.push(invalid(at(field, index), key, IN_BOTH));
  }
  return errors;
}

/** Even spreading over nodes, zones and the like. */
export function spreadRules(field: string, constraints: readonly TopologySpreadConstraint[], gate: Gate): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const here = at(field, index);
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(child(here, 'maxSkew'), maxSkew, ABOVE_ZERO));
    if (!topologyKey) errors.push(required(child(here, 'topologyKey'), 'can not be empty'));
    if (!ACTIONS.includes(whenUnsatisfiable)) errors.push(notSupported(child(here, 'whenUnsatisfiable'), whenUnsatisfiable, ACTIONS));
    if (constraints.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) {
      errors.push(duplicate(child(here, '{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    if (minDomains !== undefined) errors.push(...minDomainRules(child(here, 'minDomains'), minDomains, whenUnsatisfiable));
    errors.push(
      ...optionalOneOf(child(here, 'nodeAffinityPolicy'), constraint.nodeAffinityPolicy, INCLUSIONS),
      ...optionalOneOf(child(here, 'nodeTaintsPolicy'), constraint.nodeTaintsPolicy, INCLUSIONS),
      ...(gate('MatchLabelKeysInPodTopologySpreadSelectorMerge')
        ? mergedKeyRules(here, constraint)
        : separateKeyRules(child(here, 'matchLabelKeys'), constraint)),
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
