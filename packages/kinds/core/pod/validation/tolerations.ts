/**
 * Rules for tolerations and the effects of taints.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateTolerations, validateOnlyAddedTolerations.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported } from '#machinery/field-error.ts';
import { validateLabelValue } from '#machinery/names.ts';
import { type Gate, onByDefault } from '../../../feature-gates.ts';
import { qualifiedName } from '../../../rules.ts';
import { sameValue } from '../../../semantic-equal.ts';
import type { Toleration } from '../affinity.ts';

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const INTEGER = /^(0|-?[1-9]\d*)$/;
const MAX_INT64 = 2n ** 63n - 1n;

/** The effect of a taint or toleration. */
export function taintEffect(field: string, effect: string): FieldError[] {
  return EFFECTS.includes(effect) ? [] : [notSupported(field, effect, EFFECTS)];
}

/** Taints that the pod bears. */
export function tolerationRules(field: string, tolerations: readonly Toleration[], gate: Gate = onByDefault): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, toleration] of tolerations.entries()) {
    const { key, operator, effect, tolerationSeconds } = toleration;
    const here = at(field, index);
    if (key) errors.push(...qualifiedName(child(here, 'key'), key));
    if (!key && operator !== 'Exists') {
      errors.push(
        invalid(child(here, 'operator'), operator ?? '', 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(child(here, 'effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    errors.push(...valueRules(here, toleration, gate));
    if (effect) errors.push(...taintEffect(child(here, 'effect'), effect));
  }
  return errors;
}

/** The value a taint must have. Upstream gives the path of the operator for findings about text. */
function valueRules(field: string, { operator, value = '' }: Toleration, gate: Gate): FieldError[] {
  const here = child(field, 'operator');
  switch (operator || 'Equal') {
    case 'Equal': {
      const texts = validateLabelValue(value);
      return texts.length ? [invalid(here, value, texts.join(';'))] : [];
    }
    case 'Exists':
      return value ? [invalid(here, value, "value must be empty when `operator` is 'Exists'")] : [];
    case 'Lt':
    case 'Gt':
      return gate('TaintTolerationComparisonOperators')
        ? integerRules(child(field, 'value'), value)
        : [notSupported(here, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(here, operator, ['Equal', 'Exists'])];
  }
}

/** A whole number of 64 bits, in the words of Go's `strconv`. */
function integerRules(field: string, value: string): FieldError[] {
  if (!INTEGER.test(value)) {
    return [
      invalid(field, value, 'must be a valid decimal integer in canonical form'),
      ...(/^[+-]?\d+$/.test(value) ? [] : [invalid(field, value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)]),
    ];
  }
  const number = BigInt(value);
  return number > MAX_INT64 || number < -MAX_INT64 - 1n
    ? [invalid(field, value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`)]
    : [];
}

/** More tolerations; those that are there stay, but for how long they last. */
export function addedTolerations(field: string, tolerations: readonly Toleration[], stored: readonly Toleration[], gate: Gate): FieldError[] {
  const kept = stored.every((old) => tolerations.some((one) => sameValue({ ...old, tolerationSeconds: one.tolerationSeconds }, one)));
  if (!kept) return [forbiddenField(field, 'existing toleration can not be modified except its tolerationSeconds')];
  return tolerationRules(field, tolerations, gate);
}
