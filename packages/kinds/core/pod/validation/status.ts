/**
 * Rules for a pod's status.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodStatusUpdate.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/names.ts';
import { quantitySign } from '#machinery/quantity.ts';
import { goStructs } from '../../../go-struct.ts';
import { dnsLabel, dnsSubdomain, immutable, invalidEach, isDualStack, legacyIp, qualifiedName } from '../../../rules.ts';
import { isNativeResource } from '../resource-names.ts';
import type { Pod } from '../schema.ts';
import { podIP, type PodCondition, type PodExtendedResourceClaimStatus, type PodStatus } from '../status.ts';
import { podAnnotations, podAnnotationUpdates } from './annotations.ts';
import { containerStatusRules } from './container-status.ts';

const NOT_NEGATIVE_INTEGER = 'must be a non-negative integer';
const SYSTEM_CONDITIONS: readonly string[] = ['PodScheduled', 'Ready', 'Initialized'];

/** A new status. */
export function validatePodStatus(pod: Pod, stored: Pod): FieldError[] {
  const { status, metadata } = pod;
  const errors = [
    ...podAnnotationUpdates('metadata.annotations', metadata.annotations, stored.metadata.annotations),
    ...podAnnotations('metadata.annotations', metadata.annotations, pod.spec),
    ...conditionRules('status.conditions', status.conditions ?? []),
    ...nominationRules('status.nominatedNodeName', pod, stored),
  ];
  if ((status.observedGeneration ?? 0) < 0)
    errors.push(invalid('status.observedGeneration', status.observedGeneration, NOT_NEGATIVE_INTEGER));
  errors.push(...immutable('status.qosClass', status.qosClass, stored.status.qosClass), ...containerStatusRules(pod, stored));
  if (status.resourceClaimStatuses) errors.push(...claimStatusRules(pod));
  if (status.extendedResourceClaimStatus)
    errors.push(...extendedClaimRules('status.extendedResourceClaimStatus', status.extendedResourceClaimStatus, pod));
  if (status.nodeAllocatableResourceClaimStatuses) errors.push(...allocatableClaimRules('status.nodeAllocatableResourceClaimStatuses', pod));
  const before = (list: 'podIPs' | 'hostIPs'): string[] => (stored.status[list] ?? []).map(({ ip }) => ip);
  return [
    ...errors,
    ...addressRules('status.podIPs', status.podIPs ?? [], before('podIPs')),
    ...hostAddressRules(status, before('hostIPs')),
  ];
}

function conditionRules(field: string, conditions: readonly PodCondition[]): FieldError[] {
  return conditions.flatMap(({ type, observedGeneration = 0 }, index) => {
    const here = at(field, index);
    const errors = observedGeneration < 0 ? [invalid(child(here, 'observedGeneration'), observedGeneration, NOT_NEGATIVE_INTEGER)] : [];
    return SYSTEM_CONDITIONS.includes(type) ? errors : [...errors, ...qualifiedName(child(here, 'Type'), type)];
  });
}

/** A node is nominated while the pod waits for it. */
function nominationRules(field: string, pod: Pod, stored: Pod): FieldError[] {
  const name = pod.status.nominatedNodeName;
  if (!name || name === stored.status.nominatedNodeName) return [];
  const errors = invalidEach(field, name, nameIsDnsSubdomain(name, false));
  if (stored.spec.nodeName) errors.push(forbiddenField(field, 'may not be set on pods that are already bound to a node'));
  return errors;
}

function claimStatusRules({ spec, status }: Pod): FieldError[] {
  const seen = new Set<string>();
  return (status.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName }, index) => {
    const here = at('status.resourceClaimStatuses', index);
    const errors: FieldError[] = [];
    if (!spec.resourceClaims?.some((claim) => claim.name === name))
      errors.push(invalid(child(here, 'name'), name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(child(here, 'name'), name));
    seen.add(name);
    if (resourceClaimName !== undefined) errors.push(...dnsSubdomain(child(here, 'resourceClaimName'), resourceClaimName));
    return errors;
  });
}

/** The claim that stands for extended resources, and which request each container's resource became. */
function extendedClaimRules(field: string, { requestMappings, resourceClaimName }: PodExtendedResourceClaimStatus, { spec }: Pod): FieldError[] {
  const mappings = child(field, 'requestMappings');
  const errors = requestMappings.length ? [] : [required(mappings, 'at least one request mapping is required')];
  const seen = new Set<string>();
  for (const [index, { containerName, resourceName, requestName }] of requestMappings.entries()) {
    const here = at(mappings, index);
    const container = [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === containerName);
    if (!container) {
      const text = 'must match the name of an entry in spec.initContainers.name or spec.containers.name';
      errors.push(invalid(child(here, 'containerName'), containerName, text));
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      const lists = 'spec.initContainers.resources.requests or spec.containers.resources.requests';
      errors.push(invalid(child(here, 'resourceName'), resourceName, `must match the extended resource name of an entry in ${lists}`));
    }
    errors.push(...dnsLabel(child(field, 'requestName'), requestName));
    const key = `${containerName} ${resourceName} ${requestName}`;
    if (seen.has(key)) for (const [name, value] of Object.entries({ containerName, resourceName, requestName })) errors.push(duplicate(child(here, name), value));
    seen.add(key);
  }
  const here = child(field, 'resourceClaimName');
  return [...errors, ...(resourceClaimName ? dnsSubdomain(here, resourceClaimName) : [required(here)])];
}

/** Claims for what a node can allocate by itself. */
function allocatableClaimRules(field: string, { spec, status }: Pod): FieldError[] {
  const claims = new Set([...(spec.resourceClaims ?? []), ...(status.resourceClaimStatuses ?? [])].map(({ resourceClaimName }) => resourceClaimName));
  return (status.nodeAllocatableResourceClaimStatuses ?? []).flatMap(({ resourceClaimName, containers = [], resources }, index) => {
    const here = at(field, index);
    const errors: FieldError[] = [];
    const claim = child(here, 'resourceClaimName');
    if (!resourceClaimName) errors.push(required(claim, 'must not be empty'));
    if (!claims.has(resourceClaimName)) errors.push(invalid(claim, resourceClaimName, 'no mapping found in pod reference'));
    if (containers.length === 0) errors.push(required(child(here, 'containers'), 'must not be empty'));
    if (Object.keys(resources).length === 0) errors.push(required(child(here, 'resources'), 'must not be empty'));
    for (const [name, amount] of Object.entries(resources)) {
      const inResources = at(child(here, 'resources'), name);
      if (!isNativeResource(name)) errors.push(invalid(inResources, name, 'must be a node allocatable resource name'));
      if (quantitySign(amount) < 0) errors.push(invalid(inResources, amount, 'must be non-negative'));
    }
    return errors;
  });
}

function addressRules(field: string, addresses: readonly { readonly ip: string }[], kept: readonly string[]): FieldError[] {
  const errors = addresses.flatMap(({ ip }, index) => legacyIp(at(field, index), ip, kept));
  if (addresses.length < 2) return errors;
  const dual = isDualStack(addresses.map(({ ip }) => ip));
  if (!dual || addresses.length > 2) errors.push(invalid(field, goStructs(podIP, addresses), 'may specify no more than one IP for each IP family'));
  return errors;
}

function hostAddressRules({ hostIP, hostIPs = [] }: PodStatus, kept: readonly string[]): FieldError[] {
  const first = hostIPs[0]?.ip;
  if (first === undefined) return [];
  const errors = first === (hostIP ?? '') ? [] : [invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')];
  return [...errors, ...addressRules('status.hostIPs', hostIPs, kept)];
}
