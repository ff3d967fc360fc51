/**
 * Rules of what claims ask for.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import { at, child, type FieldError, invalid, notSupported, required, tooMany } from '#machinery/field-error.ts';
import { dnsLabel, dnsSubdomain } from '../rules.ts';
import { configurationFindings, fullAttributeNameFindings, selectorFindings, setFindings, tolerationsFindings } from './device-validation.ts';
import type { DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSubRequest, ExactDeviceRequest } from './shared.ts';

const MAX_LIST = 32;
const MAX_ALTERNATIVES = 8;
const BAD_REFERENCE = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Names of a claim's requests, and of alternatives as `request/alternative`. */
export function requestNames({ requests }: DeviceClaim): ReadonlySet<string> {
  return new Set((requests ?? []).flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((one) => `${name}/${one.name}`)]));
}

/** The name of a request, or of one of its alternatives. */
export function requestReferenceFindings(field: string, name: string, names: ReadonlySet<string>): FieldError[] {
  const segments = name.split('/');
  if (segments.length > 2) return [invalid(field, name, BAD_REFERENCE)];
  const errors = segments.flatMap((segment) => dnsLabel(field, segment));
  if (!names.has(name)) errors.push(invalid(field, name, BAD_REFERENCE));
  return errors;
}

/** Which requests something is about. */
export function requestReferencesFindings(field: string, requests: readonly string[] = [], names: ReadonlySet<string>): FieldError[] {
  return setFindings(field, requests, MAX_LIST, { key: (name) => name, item: (here, name) => requestReferenceFindings(here, name, names) });
}

/** Rules of a claim's devices. */
export function deviceClaimFindings(field: string, claim: DeviceClaim): FieldError[] {
  const { constraints = [], config = [] } = claim;
  const names = requestNames(claim);
  const errors = setFindings(child(field, 'requests'), claim.requests ?? [], MAX_LIST, { key: ({ name }) => name, item: requestFindings });
  if (constraints.length > MAX_LIST) errors.push(tooMany(child(field, 'constraints'), constraints.length, MAX_LIST));
  else
    for (const [index, constraint] of constraints.entries())
      errors.push(...constraintFindings(at(child(field, 'constraints'), index), constraint, names));
  if (config.length > MAX_LIST) return [...errors, tooMany(child(field, 'config'), config.length, MAX_LIST)];
  for (const [index, one] of config.entries()) {
    const here = at(child(field, 'config'), index);
    errors.push(...requestReferencesFindings(child(here, 'requests'), one.requests, names), ...configurationFindings(here, one));
  }
  return errors;
}

function requestFindings(field: string, { name, exactly, firstAvailable = [] }: DeviceRequest): FieldError[] {
  const errors = dnsLabel(child(field, 'name'), name);
  const text = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly && firstAvailable.length) return [...errors, invalid(field, null, `${text}, but multiple fields are set`)];
  if (exactly) return [...errors, ...wantedFindings(child(field, 'exactly'), exactly)];
  if (!firstAvailable.length) return [...errors, required(field, text)];
  const item = (here: string, one: DeviceSubRequest): FieldError[] => [...dnsLabel(child(here, 'name'), one.name), ...wantedFindings(here, one)];
  return [...errors, ...setFindings(child(field, 'firstAvailable'), firstAvailable, MAX_ALTERNATIVES, { key: (one) => one.name, item })];
}

function wantedFindings(
  field: string,
  { deviceClassName, selectors, allocationMode, count = 0, tolerations = [] }: ExactDeviceRequest | DeviceSubRequest,
): FieldError[] {
  const classField = child(field, 'deviceClassName');
  const errors = deviceClassName ? dnsSubdomain(classField, deviceClassName) : [required(classField)];
  errors.push(...selectorFindings(child(field, 'selectors'), selectors));
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalid(child(field, 'count'), count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode !== 'ExactCount') errors.push(notSupported(child(field, 'allocationMode'), allocationMode ?? '', ['All', 'ExactCount']));
  else if (count <= 0) errors.push(invalid(child(field, 'count'), count, 'must be greater than zero'));
  return [...errors, ...tolerationsFindings(child(field, 'tolerations'), tolerations)];
}

function constraintFindings(
  field: string,
  { requests, matchAttribute: match, distinctAttribute: distinct }: DeviceConstraint,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors = requestReferencesFindings(child(field, 'requests'), requests, names);
  if (match !== undefined) return [...errors, ...fullAttributeNameFindings(child(field, 'matchAttribute'), match)];
  if (distinct !== undefined) return [...errors, ...fullAttributeNameFindings(child(field, 'distinctAttribute'), distinct)];
  return [...errors, required(field, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')];
}
