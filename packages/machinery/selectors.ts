/**
 * Label selectors: from text or from a `LabelSelector`, as something that matches labels.
 *
 * Source: apimachinery `labels` and `meta/v1` LabelSelectorAsSelector, ValidateLabelSelector.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import {
  type LabelOperator,
  type LabelRequirement,
  labelRequirement,
  type Labels,
  requirementMatches,
  requirementText,
} from './label-requirements.ts';
import { parseRequirements } from './label-selector-parser.ts';
import type { LabelSelector, LabelSelectorRequirement } from './meta.ts';
import { validateLabels } from './meta-validation.ts';
import { validateLabelValue, validateQualifiedName } from './names.ts';

export type { LabelRequirement, Labels } from './label-requirements.ts';

/** A compiled selector. */
export interface LabelMatcher {
  /** All must hold; empty matches everything (unless `nothing`). */
  readonly requirements: readonly LabelRequirement[];
  /** Whether every set of labels matches. */
  readonly everything: boolean;
  matches(labels: Labels): boolean;
  /** Selector syntax: `app=web,tier in (a,b)`. */
  toString(): string;
}

/** A matcher of all the requirements. */
export function labelMatcher(requirements: readonly LabelRequirement[]): LabelMatcher {
  return {
    requirements,
    everything: requirements.length === 0,
    matches: (labels) => {
      for (const one of requirements) if (!requirementMatches(one, labels)) return false;
      return true;
    },
    toString: () => requirements.map(requirementText).join(','),
  };
}

/** Matches every object. */
export const everything: LabelMatcher = labelMatcher([]);

/** Matches no object. */
export const nothing: LabelMatcher = { requirements: [], everything: false, matches: () => false, toString: () => '' };

/**
 * Compiles the text of a `labelSelector` parameter; empty text matches everything.
 * @throws Error with upstream's words (`unable to parse requirement: …`).
 */
export function parseLabelSelector(text: string): LabelMatcher {
  return text === '' ? everything : labelMatcher(parseRequirements(text));
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** A matcher of exact labels, as a Service or ReplicationController selects; undefined matches everything here. */
export function matchLabels(labels: Labels): LabelMatcher {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return labelMatcher(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

/**
 * Compiles a `LabelSelector`: absent matches nothing, empty matches everything.
 * @throws Error with upstream's words.
 */
export function compileLabelSelector(selector: LabelSelector | null | undefined): LabelMatcher {
  if (!selector) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) requirements.push(labelRequirement(key, '=', [value]));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (!known) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(labelRequirement(key, known, values ?? []));
  }
  return labelMatcher(requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)));
}

function validateRequirement(one: LabelSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = one.values ?? [];
  if (one.operator === 'In' || one.operator === 'NotIn') {
    if (values.length === 0) errors.push(required(child(field, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (one.operator === 'Exists' || one.operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbiddenField(child(field, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else errors.push(invalid(child(field, 'operator'), one.operator, 'not a valid selector operator'));
  for (const message of validateQualifiedName(one.key)) errors.push(invalid(child(field, 'key'), one.key, message));
  values.forEach((value, i) => {
    for (const message of validateLabelValue(value)) errors.push(invalid(at(child(field, 'values'), i), value, message));
  });
  return errors;
}

/** The rules of a `LabelSelector` inside an object. */
export function validateLabelSelector(selector: LabelSelector | null | undefined, field: string): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, child(field, 'matchLabels'));
  (selector.matchExpressions ?? []).forEach((one, i) => errors.push(...validateRequirement(one, at(child(field, 'matchExpressions'), i))));
  return errors;
}
