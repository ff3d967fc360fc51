/**
 * One condition of a label selector: a key, an operator, values.
 *
 * Source: apimachinery `labels` NewRequirement and Requirement.Matches.
 */
import { invalid, notSupported } from './field-error.ts';
import { validateLabelValue, validateQualifiedName } from './names.ts';

/** Operators by the text that messages and `toString` use. */
export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'gt' | 'lt' | 'exists' | '!';

/** A condition on labels. `values` are sorted. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>> | undefined;

/** Operators that need a value, in the order messages list them. */
export const BINARY_OPERATORS: readonly LabelOperator[] = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const OPERATORS: readonly string[] = [...BINARY_OPERATORS, '!', 'exists'];

const INTEGER = /^[+-]?\d+$/;

function isInt64(text: string): boolean {
  return INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/** `path: message` findings; an empty path reads `<nil>` as upstream's does. */
function problem(path: string, value: unknown, detail: string): string {
  return `${path || '<nil>'}: ${invalid(path, value, detail).message}`;
}

function valueCountProblem(operator: LabelOperator, values: readonly string[], path: string): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length > 0 ? undefined : problem(path, values, "for 'in', 'notin' operators, values set can't be empty");
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? undefined : problem(path, values, 'exact-match compatibility requires one single value');
    case 'exists':
    case '!':
      return values.length === 0 ? undefined : problem(path, values, 'values set must be empty for exists and does not exist');
    case 'gt':
    case 'lt':
      return values.length === 1 ? undefined : problem(path, values, "for 'Gt', 'Lt' operators, exactly one value is required");
  }
}

/** What is wrong with a label key in a selector, or undefined. */
export function labelKeyProblem(key: string, path: string): string | undefined {
  const problems = validateQualifiedName(key);
  return problems.length > 0 ? problem(path, key, problems.join('; ')) : undefined;
}

/**
 * A checked requirement.
 * @throws Error with upstream's words.
 */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const problems: string[] = [];
  const keyProblem = labelKeyProblem(key, 'key');
  if (keyProblem) problems.push(keyProblem);
  if (!OPERATORS.includes(operator)) problems.push(`operator: ${notSupported('operator', operator, OPERATORS).message}`);
  const count = valueCountProblem(operator, values, 'values');
  if (count) problems.push(count);
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && !isInt64(value)) {
      problems.push(problem(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
    const bad = validateLabelValue(value);
    if (bad.length > 0) problems.push(problem(`values[${i}][${key}]`, value, bad.join('; ')));
  });
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return { key, operator, values: [...new Set(values)].sort() };
}

function compares(requirement: LabelRequirement, value: string): boolean {
  if (!isInt64(value)) return false;
  const left = BigInt(value);
  const right = BigInt(requirement.values[0]!);
  return requirement.operator === 'gt' ? left > right : left < right;
}

/** Whether labels meet the requirement. */
export function requirementMatches(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt':
      return value !== undefined && compares(requirement, value);
  }
}

/** The requirement in selector syntax: `app in (a,b)`, `!gone`, `tier=web`. */
export function requirementText(requirement: LabelRequirement): string {
  const { key, operator, values } = requirement;
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`;
  const sign = operator === 'gt' ? '>' : operator === 'lt' ? '<' : operator;
  return `${key}${sign}${values[0]}`;
}
