/**
 * Rules for limit ranges.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateLimitRange.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateQualifiedName } from '#machinery/names.ts';
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts';
import { invalidEach } from '../../rules.ts';
import { isOvercommitAllowed } from '../pod/resource-names.ts';
import { containerResourceName, resourceName } from '../pod/validation/resources.ts';
import type { LimitRange, LimitRangeItem } from './schema.ts';

const STANDARD_TYPES: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** A new or changed limit range. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const limits = spec.limits ?? [];
  return limits.flatMap((item, index) => {
    const here = at('spec.limits', index);
    const errors = typeRules(child(here, 'type'), item.type);
    if (limits.findIndex(({ type }) => type === item.type) < index) errors.push(duplicate(child(here, 'type'), item.type));
    return [...errors, ...itemRules(here, item)];
  });
}

function typeRules(field: string, type: string): FieldError[] {
  const errors = invalidEach(field, type, validateQualifiedName(type));
  if (errors.length || type.includes('/') || STANDARD_TYPES.includes(type)) return errors;
  return [invalid(field, type, 'must be a standard limit type or fully qualified')];
}

function itemRules(field: string, item: LimitRangeItem): FieldError[] {
  const nameRule = item.type === 'Pod' || item.type === 'Container' ? containerResourceName : resourceName;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const list of LISTS) {
    const amounts = Object.keys(item[list] ?? {});
    if (item.type === 'Pod' && amounts.length && (list === 'default' || list === 'defaultRequest')) {
      errors.push(forbiddenField(child(field, list), "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of amounts) {
      errors.push(...nameRule(at(child(field, list), name), name));
      names.add(name);
    }
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(child(field, 'limits'), 'either minimum or maximum storage value is required, but neither was provided'));
  }
  for (const name of names) errors.push(...orderRules(field, item, name), ...ratioRules(field, item, name));
  return errors;
}

function orderRules(field: string, item: LimitRangeItem, name: string): FieldError[] {
  const min = item.min?.[name];
  const max = item.max?.[name];
  const limit = item.type === 'Pod' ? undefined : item.default?.[name];
  const request = item.type === 'Pod' ? undefined : item.defaultRequest?.[name];
  const above = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const errors: FieldError[] = [];
  const add = (list: string, value: string | undefined, text: string): void => void errors.push(invalid(at(child(field, list), name), value, text));
  if (above(min, max)) add('min', min, `min value ${min} is greater than max value ${max}`);
  if (above(min, request)) add('defaultRequest', request, `min value ${min} is greater than default request value ${request}`);
  if (above(request, max)) add('defaultRequest', request, `default request value ${request} is greater than max value ${max}`);
  if (above(request, limit)) add('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`);
  if (above(min, limit)) add('default', min, `min value ${min} is greater than default value ${limit}`);
  if (above(limit, max)) add('default', max, `default value ${limit} is greater than max value ${max}`);
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    add('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`);
  }
  return errors;
}

function ratioRules(field: string, item: LimitRangeItem, name: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return [];
  const here = at(child(field, 'maxLimitRequestRatio'), name);
  const errors = compareQuantities(ratio, '1') < 0 ? [invalid(here, ratio, `ratio ${ratio} is less than 1`)] : [];
  const min = item.min?.[name];
  const max = item.max?.[name];
  if (min === undefined || max === undefined) return errors;
  const widest = Number(parseQuantity(max).nanos) / Number(parseQuantity(min).nanos);
  const wanted = Number(parseQuantity(ratio).nanos) / 1e9;
  if (wanted > widest) errors.push(invalid(here, ratio, `ratio ${ratio} is greater than max/min = ${widest.toFixed(6)}`));
  return errors;
}
