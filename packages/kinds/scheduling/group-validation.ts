/**
 * Rules that workloads and pod groups share.
 *
 * Source: the validation markers of `scheduling.k8s.io/v1alpha2`; kubernetes `pkg/apis/scheduling/validation` for words of unions.
 */
import { at, child, duplicate, type FieldError, invalid, notSupported, required, tooMany } from '#machinery/field-error.ts';
import { dnsLabel, dnsSubdomain, POSITIVE, qualifiedName } from '../rules.ts';
import { HIGHEST_USER_PRIORITY } from './priority-class/strategy.ts';
import type { PodGroupResourceClaim, PodGroupSchedulingPolicy, PodGroupTemplate } from './v1alpha2.ts';

const MAX_CLAIMS = 4;
const MODES: readonly string[] = ['Pod', 'PodGroup'];

/** Exactly one member of a union is set. */
export function unionRules(field: string, value: object, members: readonly string[]): FieldError[] {
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const set = members.filter((name) => ((value as Readonly<Record<string, unknown>>)[name] ?? undefined) !== undefined);
  if (set.length === 0) return [invalid(field, '', `must specify one of: ${quoted(members)}`)];
  return set.length === 1 ? [] : [invalid(field, `{${quoted(set)}}`, `exactly one of ${quoted(members)} is required, but multiple fields are set`)];
}

/** A name that must be there and be a label. */
export function shortName(field: string, name: string): FieldError[] {
  return name ? dnsLabel(field, name) : [required(field)];
}

/** How the pods of a group are scheduled, what they share and who may displace them. */
export function groupRules(field: string, group: Omit<PodGroupTemplate, 'name'>): FieldError[] {
  const { schedulingPolicy, schedulingConstraints, resourceClaims = [], disruptionMode, priorityClassName, priority } = group;
  const topology = schedulingConstraints?.topology ?? [];
  const inTopology = child(field, 'schedulingConstraints', 'topology');
  const errors = policyRules(child(field, 'schedulingPolicy'), schedulingPolicy);
  if (topology.length > 1) errors.push(tooMany(inTopology, topology.length, 1));
  for (const [index, { key }] of topology.entries()) {
    const here = child(at(inTopology, index), 'key');
    errors.push(...(key ? qualifiedName(here, key) : [required(here)]));
  }
  errors.push(...claimsRules(child(field, 'resourceClaims'), resourceClaims));
  if (disruptionMode !== undefined && !MODES.includes(disruptionMode)) errors.push(notSupported(child(field, 'disruptionMode'), disruptionMode, MODES));
  if (priorityClassName) errors.push(...dnsSubdomain(child(field, 'priorityClassName'), priorityClassName));
  if (priority !== undefined && priority > HIGHEST_USER_PRIORITY)
    errors.push(invalid(child(field, 'priority'), priority, `must be less than or equal to ${HIGHEST_USER_PRIORITY}`));
  return errors;
}

function policyRules(field: string, policy: PodGroupSchedulingPolicy): FieldError[] {
  const errors = unionRules(field, policy, ['basic', 'gang']);
  if (errors.length || !policy.gang) return errors;
  const { minCount } = policy.gang;
  const here = child(field, 'gang', 'minCount');
  if (minCount === 0) return [required(here)];
  return minCount < 0 ? [invalid(here, minCount, POSITIVE)] : [];
}

function claimsRules(field: string, claims: readonly PodGroupResourceClaim[]): FieldError[] {
  if (claims.length > MAX_CLAIMS) return [tooMany(field, claims.length, MAX_CLAIMS)];
  return claims.flatMap((claim, index) => {
    const here = at(field, index);
    const errors = [...shortName(child(here, 'name'), claim.name), ...unionRules(here, claim, ['resourceClaimName', 'resourceClaimTemplateName'])];
    for (const name of ['resourceClaimName', 'resourceClaimTemplateName'] as const)
      if (claim[name] !== undefined) errors.push(...dnsSubdomain(child(here, name), claim[name]));
    if (claims.findIndex((other) => other.name === claim.name) < index) errors.push(duplicate(here, claim));
    return errors;
  });
}
