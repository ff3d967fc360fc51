/**
 * Rules for a service's addresses and their families.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateServiceClusterIPsRelatedFields and its updates.
 */
import { at, duplicate, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { parseIp } from '#machinery/ip.ts';
import { isDualStack, legacyIp, optionalOneOf } from '../../rules.ts';
import type { ServiceSpec } from './schema.ts';

const FAMILIES: readonly string[] = ['IPv4', 'IPv6'];
const POLICIES: readonly string[] = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const FIELD = 'spec.clusterIPs';

const headless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.length === 1 && clusterIPs[0] === 'None';

/** Addresses, families and the policy fit together. */
export function validateClusterIPs(spec: ServiceSpec, stored?: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP, clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIP) {
    if (!clusterIPs.length) errors.push(required(FIELD));
    else if (clusterIPs[0] !== clusterIP) errors.push(invalid(FIELD, clusterIPs, 'first value must match `clusterIP`'));
  } else if (clusterIPs.length) errors.push(invalid(FIELD, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  for (const [index, family] of ipFamilies.entries()) {
    const here = at('spec.ipFamilies', index);
    if (!FAMILIES.includes(family)) errors.push(notSupported(here, family, FAMILIES));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(here, family));
  }
  errors.push(...optionalOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES));
  const bad = addressRules(clusterIPs, stored?.clusterIPs ?? []);
  errors.push(...bad);
  if (clusterIPs.length > 2) errors.push(invalid(FIELD, clusterIPs, 'may only hold up to 2 values'));
  if (bad.length) return errors;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs))
    errors.push(invalid(FIELD, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (!headless(spec)) errors.push(...familyRules(clusterIPs, ipFamilies));
  return errors;
}

function addressRules(clusterIPs: readonly string[], kept: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, index) => {
    if (index > 0 || ip !== 'None') return legacyIp(at(FIELD, index), ip, kept);
    return clusterIPs.length > 1 ? [invalid(FIELD, clusterIPs, "'None' must be the first and only value")] : [];
  });
}

function familyRules(clusterIPs: readonly string[], families: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, index) => {
    const wanted = families[index];
    if (!wanted || !FAMILIES.includes(wanted) || wanted === `IPv${parseIp(ip)?.family}`) return [];
    return [invalid(at(FIELD, index), ip, `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``)];
  });
}

/** The first address and family stay; a second may come and go. */
export function validateClusterIPsUpdate(spec: ServiceSpec, stored: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || stored.type === 'ExternalName') return [];
  const wasHeadless = headless(stored);
  const isHeadless = headless(spec);
  const errors = wasHeadless && isHeadless ? [] : addressesUpdate(spec, stored);
  if (wasHeadless || isHeadless) return errors;
  return [...errors, ...familiesUpdate(spec, stored)];
}

function addressesUpdate(spec: ServiceSpec, stored: ServiceSpec): FieldError[] {
  const before = stored.clusterIPs ?? [];
  const after = spec.clusterIPs ?? [];
  const shown = after.length ? after : null;
  const changed = (index: number): FieldError => invalid(at(FIELD, index), shown, 'may not change once set');
  if (before.length === after.length) return before.flatMap((ip, index) => (ip === after[index] ? [] : [changed(index)]));
  if (before.length > after.length && !after.length) return [invalid(at(FIELD, 0), shown, 'primary clusterIP can not be unset')];
  const errors = before.length && before[0] !== after[0] ? [changed(0)] : [];
  if (before.length > after.length && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP"));
  }
  return errors;
}

function familiesUpdate(spec: ServiceSpec, stored: ServiceSpec): FieldError[] {
  const before = stored.ipFamilies ?? [];
  const after = spec.ipFamilies ?? [];
  const here = at('spec.ipFamilies', 0);
  const changed = invalid(here, after, 'may not change once set');
  if (before.length === after.length) return before.some((family, index) => family !== after[index]) ? [changed] : [];
  const errors: FieldError[] = [];
  if (before.length > after.length && !spec.clusterIPs?.length) errors.push(invalid(here, after, 'primary ipFamily can not be unset'));
  if (before.length && after.length && before[0] !== after[0]) errors.push(changed);
  if (before.length > after.length && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily"));
  }
  return errors;
}
