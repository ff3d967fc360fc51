/**
 * Rules of capacities that several requests may share.
 *
 * Source: kubernetes `pkg/apis/resource/validation` validateMultiAllocatableDeviceCapacity.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required, tooMany } from '#machinery/field-error.ts';
import { addQuantities, compareQuantities, parseQuantity } from '#machinery/quantity.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from './schema.ts';

const MAX_OPTIONS = 10;
const NANOS = 1_000_000_000n;

/** Whole units, parts rounded up. */
function wholeUnits(quantity: string): bigint {
  const { nanos } = parseQuantity(quantity);
  const whole = nanos / NANOS;
  return nanos % NANOS > 0n ? whole + 1n : whole;
}

/** What of a capacity may be asked for. */
export function capacityFindings(field: string, { value, requestPolicy: policy }: DeviceCapacity, shared: boolean): FieldError[] {
  if (!policy) return [];
  const here = child(field, 'requestPolicy');
  if (!shared) return [forbiddenField(here, 'allowMultipleAllocations must be true')];
  const options = policy.validValues ?? [];
  const range = policy.validRange;
  if (options.length && range)
    return [forbiddenField(here, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  if (!options.length && !range) return [];
  // Absent members of this type are null.
  if (!policy.default) return [required(child(here, 'default'), `required when ${range ? 'validRange' : 'validValues'} is defined`)];
  return range ? rangeFindings(child(here, 'validRange'), policy.default, range, value) : optionFindings(child(here, 'validValues'), policy, value);
}

function optionFindings(field: string, { validValues: options = [], default: preset = '0' }: CapacityRequestPolicy, capacity: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, option] of options.entries()) {
    const before = options[index - 1];
    if (before !== undefined && compareQuantities(before, option) > 0) errors.push(invalid(at(field, index), option, 'values must be sorted in ascending order'));
  }
  if (options.length > MAX_OPTIONS) errors.push(tooMany(field, options.length, MAX_OPTIONS));
  else {
    const keys = options.map((option) => String(wholeUnits(option)));
    for (const [index, option] of options.entries())
      if (compareQuantities(option, capacity) > 0) errors.push(invalid(at(field, index), option, `option is larger than capacity value: ${capacity}`));
    for (const [index, key] of keys.entries()) if (keys.indexOf(key) < index) errors.push(duplicate(at(field, index), key));
  }
  const known = options.length <= MAX_OPTIONS && options.some((option) => compareQuantities(option, preset) === 0);
  return known ? errors : [...errors, invalid(field, preset, 'default value is not valid according to the requestPolicy')];
}

function rangeFindings(field: string, preset: string, { min, max, step }: CapacityRequestPolicyRange, capacity: string): FieldError[] {
  if (min === undefined) return [required(child(field, 'min'), 'required when validRange is defined')];
  const errors: FieldError[] = [];
  const unless = (fine: boolean, name: string, value: string, text: string): void => void (fine || errors.push(invalid(child(field, name), value, text)));
  unless(compareQuantities(min, capacity) <= 0, 'min', min, `min is larger than capacity value: ${capacity}`);
  unless(compareQuantities(preset, min) >= 0, 'min', preset, `default is less than min: ${min}`);
  if (max !== undefined) {
    unless(compareQuantities(min, max) <= 0, 'max', min, `min is larger than max: ${max}`);
    unless(compareQuantities(max, capacity) <= 0, 'max', max, `max is larger than capacity value: ${capacity}`);
    unless(compareQuantities(preset, max) <= 0, 'max', preset, `default is more than max: ${max}`);
  }
  if (step === undefined) return errors;
  const first = addQuantities(min, step);
  unless(compareQuantities(first, capacity) <= 0, 'step', step, `one step ${first} is larger than capacity value: ${capacity}`);
  for (const value of [preset, ...(max === undefined ? [] : [max])])
    unless(isStep(value, min, step), 'step', value, `value is not a multiple of a given step (${step}) from (${min})`);
  return errors;
}

function isStep(value: string, min: string, step: string): boolean {
  const size = wholeUnits(step);
  return size !== 0n && (wholeUnits(value) - wholeUnits(min)) % size === 0n;
}
