/**
 * Rules that claims, classes and slices share: names, taints, tolerations, selectors and configurations.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import { at, child, duplicate, type FieldError, invalid, required, tooLong, tooMany } from '#machinery/field-error.ts';
import { validateCIdentifier, validateLabelValue } from '#machinery/names.ts';
import { csiDriverName } from '../core/pod/validation/legacy-volumes.ts';
import { dnsSubdomain, invalidEach, optionalOneOf, qualifiedName, requiredOneOf } from '../rules.ts';
import { compileDeviceSelector } from './device-selector.ts';
import type { DeviceConfiguration, DeviceSelector, DeviceTaint, DeviceToleration } from './shared.ts';

const MAX_POOL_NAME = 253;
const MAX_ID = 32;
const MAX_SELECTORS = 32;
const MAX_EXPRESSION = 10 * 1024;
const MAX_PARAMETERS = 10 * 1024;
const MAX_BINDING_CONDITIONS = 4;
const MAX_TOLERATIONS = 16;
const EFFECTS: readonly string[] = ['NoExecute', 'NoSchedule', 'None'];

/** Rules of a list that has at most `max` items, whose keys differ. */
export function setFindings<T>(
  field: string,
  items: readonly T[],
  max: number,
  rules: { readonly key: (item: T) => string; readonly item: (field: string, item: T) => FieldError[] },
): FieldError[] {
  if (items.length > max) return [tooMany(field, items.length, max)];
  const errors = items.flatMap((item, index) => rules.item(at(field, index), item));
  const keys = items.map(rules.key);
  for (const [index, key] of keys.entries()) if (keys.indexOf(key) < index) errors.push(duplicate(at(field, index), key));
  return errors;
}

/** The name of a pool: DNS names with slashes between them. */
export function poolNameFindings(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const errors: FieldError[] = name.length > MAX_POOL_NAME ? [tooLong(field, MAX_POOL_NAME)] : [];
  return [...errors, ...name.split('/').flatMap((part) => dnsSubdomain(field, part))];
}

function identifierFindings(field: string, name: string): FieldError[] {
  const errors: FieldError[] = name.length > MAX_ID ? [tooLong(field, MAX_ID)] : [];
  return [...errors, ...invalidEach(field, name, validateCIdentifier(name))];
}

/** The name of an attribute or a capacity: `[domain/]identifier`. */
export function attributeNameFindings(field: string, name: string): FieldError[] {
  const [domain = '', id, ...more] = name.split('/');
  if (more.length) return [invalid(field, name, 'must not contain more than one slash')];
  if (id === undefined) return identifierFindings(field, domain);
  const errors = domain ? csiDriverName(field, domain) : [invalid(field, '', 'the domain must not be empty')];
  return [...errors, ...(id ? identifierFindings(field, id) : [invalid(field, '', 'the name must not be empty')])];
}

/** The name of an attribute with its domain. */
export function fullAttributeNameFindings(field: string, name: string): FieldError[] {
  const errors = attributeNameFindings(field, name);
  if (!name.includes('/')) errors.push(invalid(field, name, 'a fully qualified name must be a domain and a name separated by a slash'));
  return errors;
}

/** Rules of selectors. */
export function selectorFindings(field: string, selectors: readonly DeviceSelector[] = []): FieldError[] {
  if (selectors.length > MAX_SELECTORS) return [tooMany(field, selectors.length, MAX_SELECTORS)];
  return selectors.flatMap(({ cel }, index) => {
    const here = child(at(field, index), 'cel');
    if (!cel) return [required(here)];
    if (Buffer.byteLength(cel.expression) > MAX_EXPRESSION) return [tooLong(child(here, 'expression'), MAX_EXPRESSION)];
    const compiled = compileDeviceSelector(cel.expression);
    return 'error' in compiled ? [invalid(child(here, 'expression'), cel.expression, compiled.error)] : [];
  });
}

/** Rules of a driver's parameters. */
export function configurationFindings(field: string, { opaque }: DeviceConfiguration): FieldError[] {
  const here = child(field, 'opaque');
  if (!opaque) return [required(here)];
  return [...csiDriverName(child(here, 'driver'), opaque.driver), ...rawObjectFindings(child(here, 'parameters'), opaque.parameters, MAX_PARAMETERS)];
}

/** A raw extension that must hold an object of at most `max` bytes. */
export function rawObjectFindings(field: string, value: unknown, max: number): FieldError[] {
  if (value === undefined || value === null) return [required(field)];
  if (typeof value !== 'object' || Array.isArray(value)) return [invalid(field, '<value omitted>', 'must be a valid JSON object')];
  return Buffer.byteLength(JSON.stringify(value)) > max ? [tooLong(field, max)] : [];
}

/** Rules of a taint. */
export function taintFindings(field: string, { key, value, effect }: DeviceTaint): FieldError[] {
  const errors = qualifiedName(child(field, 'key'), key);
  if (value) errors.push(...invalidEach(child(field, 'value'), value, validateLabelValue(value)));
  return [...errors, ...requiredOneOf(child(field, 'effect'), effect, EFFECTS)];
}

/** Rules of tolerations. */
export function tolerationsFindings(field: string, tolerations: readonly DeviceToleration[] = []): FieldError[] {
  if (tolerations.length > MAX_TOLERATIONS) return [tooMany(field, tolerations.length, MAX_TOLERATIONS)];
  return tolerations.flatMap((toleration, index) => tolerationFindings(at(field, index), toleration));
}

function tolerationFindings(field: string, { key, operator, value = '', effect }: DeviceToleration): FieldError[] {
  const errors = key ? qualifiedName(child(field, 'key'), key) : [];
  const here = child(field, 'value');
  if (operator === 'Equal') errors.push(...invalidEach(here, value, validateLabelValue(value)));
  else if (operator !== 'Exists') errors.push(...requiredOneOf(child(field, 'operator'), operator, ['Equal', 'Exists']));
  else if (value) errors.push(invalid(here, value, 'must be empty for operator `Exists`'));
  return [...errors, ...optionalOneOf(child(field, 'effect'), effect || undefined, EFFECTS)];
}

/** What a device needs before and after it is bound. */
export interface BindingRules {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** Rules of binding conditions: both lists or none, without a condition in common. */
export function bindingConditionFindings(
  field: string,
  { bindingConditions: wanted = [], bindingFailureConditions: failed = [] }: BindingRules,
): FieldError[] {
  const wantedField = child(field, 'bindingConditions');
  const failedField = child(field, 'bindingFailureConditions');
  const rules = { key: (name: string) => name, item: qualifiedName };
  const errors = [
    ...setFindings(wantedField, wanted, MAX_BINDING_CONDITIONS, rules),
    ...setFindings(failedField, failed, MAX_BINDING_CONDITIONS, rules),
  ];
  for (const [index, name] of failed.entries()) {
    if (wanted.includes(name)) errors.push(invalid(at(failedField, index), name, 'bindingFailureConditions must not overlap with bindingConditions'));
  }
  if (!wanted.length && failed.length) errors.push(invalid(wantedField, wanted, 'bindingConditions are required to use bindingFailureConditions'));
  if (wanted.length && !failed.length) errors.push(invalid(failedField, failed, 'bindingFailureConditions are required to use bindingConditions'));
  return errors;
}
