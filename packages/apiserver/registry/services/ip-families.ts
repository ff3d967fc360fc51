/**
 * The address families of a service: what the client left open is filled in from the cluster's.
 *
 * Source: kubernetes `pkg/registry/core/service/storage/alloc.go` initIPFamilyFields.
 */
import type { ServiceSpec } from '#kinds/core/service/schema.ts';
import { isHeadless } from '#kinds/core/service/traits.ts';
import { at, invalid, type FieldError } from '#machinery/field-error.ts';
import { parseIp } from '#machinery/ip.ts';
import type { Draft } from '#machinery/schema.ts';

/** An address family by its name in the API. */
export type Family = 'IPv4' | 'IPv6';

function familyOf(address: string): Family | undefined {
  const parsed = parseIp(address);
  return parsed && (parsed.family === 4 ? 'IPv4' : 'IPv6');
}

function other(family: Family): Family {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

function problems(spec: Draft<ServiceSpec>, cluster: readonly Family[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (family !== 'IPv4' && family !== 'IPv6') continue;
    if (!cluster.includes(family) && !isHeadless(spec)) errors.push(invalid(at('spec.ipFamilies', i), family, 'not configured on this cluster'));
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2 && !isHeadless(spec)) {
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  }
  for (const [i, address] of (spec.clusterIPs ?? []).entries()) {
    const family = familyOf(address);
    const wanted = spec.ipFamilies?.[i];
    if (family && wanted && wanted !== family)
      errors.push(invalid(at('spec.clusterIPs', i), address, `expected an ${wanted} value as indicated by \`ipFamilies[${i}]\``));
  }
  return errors;
}

/** Sets `ipFamilies` and `ipFamilyPolicy`. Returns what is wrong with what the client set. */
export function fillFamilies(spec: Draft<ServiceSpec>, cluster: readonly Family[]): FieldError[] {
  const errors = problems(spec, cluster);
  if (errors.length > 0) return errors;
  const families = [...(spec.ipFamilies ?? [])].filter((one): one is Family => one === 'IPv4' || one === 'IPv6');
  for (const address of spec.clusterIPs ?? []) {
    const family = familyOf(address);
    if (family && !families.includes(family)) families.push(family);
  }
  const headlessWithoutSelector = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  if (!spec.ipFamilyPolicy) {
    if (headlessWithoutSelector && families.length === 0) spec.ipFamilyPolicy = 'RequireDualStack';
    else spec.ipFamilyPolicy = families.length > 1 || (spec.clusterIPs?.length ?? 0) > 1 ? 'RequireDualStack' : 'SingleStack';
  }
  if (headlessWithoutSelector && cluster.length === 1 && families.length === 0) spec.ipFamilyPolicy = 'SingleStack';
  if (families.length === 0) families.push(cluster[0]!);
  const wantsTwo = spec.ipFamilyPolicy !== 'SingleStack';
  if (wantsTwo && families.length === 1 && (cluster.length > 1 || headlessWithoutSelector)) families.push(other(families[0]!));
  spec.ipFamilies = wantsTwo ? families : families.slice(0, 1);
  return [];
}
