/**
 * Rules for requests and limits.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateResourceRequirements, validatePodResources.
 */
import { at, child, duplicate, type FieldError, fieldNotFound, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { validateQualifiedName } from '#machinery/names.ts';
import { compareQuantities, parseQuantity, quantitySign } from '#machinery/quantity.ts';
import { dnsLabel, invalidEach, NOT_NEGATIVE } from '../../../rules.ts';
import type { ResourceClaim, ResourceRequirements } from '../../resources.ts';
import { containerTotals, isPodLevelResource } from '../requests.ts';
import {
  isExtendedResource,
  isHugePageMultiple,
  isHugePageResource,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isStandardContainerResource,
  isStandardResource,
} from '../resource-names.ts';
import type { PodSpec } from '../schema.ts';

/** Findings about the name of a resource. */
export type ResourceNameRule = (field: string, name: string) => FieldError[];

/** A qualified name, or one of Kubernetes' own short names. */
export function resourceName(field: string, name: string): FieldError[] {
  const errors = invalidEach(field, name, validateQualifiedName(name));
  if (errors.length) return errors;
  return name.includes('/') || isStandardResource(name) ? [] : [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

/** A resource that a container can ask for. */
export function containerResourceName(field: string, name: string): FieldError[] {
  const errors = resourceName(field, name);
  if (!name.includes('/'))
    return isStandardContainerResource(name) ? errors : [...errors, invalid(field, name, 'must be a standard resource for containers')];
  if (!isNativeResource(name) && !isExtendedResource(name)) errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  return errors;
}

function podResourceName(field: string, name: string): FieldError[] {
  const errors = resourceName(field, name);
  if (errors.length || isPodLevelResource(name)) return errors;
  return [notSupported(field, name, ['cpu', 'hugepages-', 'memory'])];
}

const MILLI_IN_NANOS = 1_000_000n;
const UNIT_IN_NANOS = 1_000_000_000n;

/** An amount: not negative, and whole where the resource is counted. */
export function resourceAmount(field: string, name: string, amount: string): FieldError[] {
  const errors = quantitySign(amount) < 0 ? [invalid(field, amount, NOT_NEGATIVE)] : [];
  if (isIntegerResource(name)) {
    const { nanos } = parseQuantity(amount);
    const millis = (nanos + (nanos > 0n ? MILLI_IN_NANOS - 1n : 0n)) / MILLI_IN_NANOS;
    if ((millis * MILLI_IN_NANOS) % UNIT_IN_NANOS !== 0n) errors.push(invalid(field, amount, 'must be an integer'));
  }
  return errors;
}

/** Requests and limits of a container. */
export function containerRequirements(field: string, requirements: ResourceRequirements | undefined, claimNames: ReadonlySet<string>): FieldError[] {
  return requirements ? requirementRules(field, requirements, claimNames, containerResourceName) : [];
}

function requirementRules(
  field: string,
  requirements: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  nameRule: ResourceNameRule,
): FieldError[] {
  const { limits, requests, claims } = requirements;
  const errors: FieldError[] = [];
  if (limits) for (const name in limits) errors.push(...amountRules(at(child(field, 'limits'), name), name, limits[name]!, nameRule));
  if (requests) {
    for (const name in requests) {
      const amount = requests[name]!;
      errors.push(...requestRules(field, name, amount, limits?.[name]), ...amountRules(at(child(field, 'requests'), name), name, amount, nameRule));
    }
  }
  if (limits || requests) errors.push(...hugePageRules(field, [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})]));
  if (claims) errors.push(...claimRules(child(field, 'claims'), claims, claimNames));
  return errors;
}

function hugePageRules(field: string, names: readonly string[]): FieldError[] {
  if (!names.some(isHugePageResource) || names.some((name) => name === 'cpu' || name === 'memory')) return [];
  return [forbiddenField(field, 'HugePages require cpu or memory')];
}

function amountRules(field: string, name: string, amount: string, nameRule: ResourceNameRule): FieldError[] {
  const errors = [...nameRule(field, name), ...resourceAmount(field, name, amount)];
  if (isHugePageResource(name) && !isHugePageMultiple(name, amount))
    errors.push(invalid(field, amount, `${amount} is not positive integer multiple of ${name}`));
  return errors;
}

function requestRules(field: string, name: string, amount: string, limit: string | undefined): FieldError[] {
  if (limit === undefined)
    return isOvercommitAllowed(name) ? [] : [required(child(field, 'limits'), 'Limit must be set for non overcommitable resources')];
  const order = compareQuantities(amount, limit);
  if (order !== 0 && !isOvercommitAllowed(name)) return [invalid(child(field, 'requests'), amount, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalid(child(field, 'requests'), amount, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

function claimRules(field: string, claims: readonly ResourceClaim[], known: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { name, request }] of claims.entries()) {
    const here = at(field, index);
    if (!name) {
      errors.push(required(here));
      continue;
    }
    if (request) errors.push(...dnsLabel(child(here, 'request'), request));
    const key = request ? `${name}/${request}` : name;
    if (seen.has(name)) errors.push(duplicate(here, name));
    else if (seen.has(key)) errors.push(duplicate(here, key));
    else if (!request && [...seen].some((one) => one.startsWith(`${name}/`))) errors.push(duplicate(here, name));
    seen.add(key);
    if (!known.has(name)) {
      const among = known.size ? `: ${[...known].toSorted().join(', ')}` : ' which is empty';
      errors.push(fieldNotFound(here, name, `must be one of the names in pod.spec.resourceClaims${among}`));
    }
  }
  return errors;
}

/** Requests and limits of the pod as a whole: at least what the containers ask for, no container's limit above the pod's. */
export function podLevelResources(field: string, spec: PodSpec, claimNames: ReadonlySet<string>): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  if (spec.os?.name === 'windows') return [forbiddenField(field, 'may not be set for a windows pod')];
  const errors = resources.claims ? [forbiddenField(child(field, 'claims'), 'claims may not be set for Resources at pod-level')] : [];
  errors.push(...requirementRules(field, resources, claimNames, podResourceName), ...totalRules(child(field, 'requests'), spec, 'requests'));
  errors.push(...totalRules(child(field, 'limits'), spec, 'limits').filter(({ field: here }) => here.includes('[hugepages-')));
  for (const [index, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = resources.limits?.[name];
      if (own === undefined || compareQuantities(limit, own) <= 0) continue;
      const here = child(at(at(child(field, 'containers'), index), name), 'limits');
      errors.push(invalid(here, limit, `must be less than or equal to pod limits of ${own}`));
    }
  }
  return errors;
}

/** Amounts of the pod that are smaller than the containers' together. */
function totalRules(field: string, spec: PodSpec, side: 'requests' | 'limits'): FieldError[] {
  return Object.entries(containerTotals({ spec }, side)).flatMap(([name, sum]) => {
    const own = spec.resources?.[side]?.[name];
    if (own === undefined || compareQuantities(sum, own) <= 0) return [];
    return [invalid(at(field, name), own, `must be greater than or equal to aggregate container ${side} of ${sum}`)];
  });
}
