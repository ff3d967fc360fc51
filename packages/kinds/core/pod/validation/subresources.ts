/**
 * Rules for updates through a pod's subresources.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodStatusUpdate, ValidatePodEphemeralContainersUpdate, ValidatePodResize.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/names.ts';
import { dnsSubdomain, immutable, invalidEach, ipAddress, isDualStack, qualifiedName } from '../../../rules.ts';
import { sameValue } from '../../../semantic-equal.ts';
import { specDiff } from '../../../spec-diff.ts';
import type { ResourceRequirements } from '../../resources.ts';
import type { Container } from '../container.ts';
import { qosClass } from '../qos.ts';
import { isSidecar } from '../requests.ts';
import type { Pod } from '../schema.ts';
import type { ContainerStatus, PodStatus } from '../status.ts';
import { MIRROR_POD_ANNOTATION, podAnnotationUpdates } from './annotations.ts';
import { podRules } from './pod.ts';

/** A new status. */
export function validatePodStatus(pod: Pod, stored: Pod): FieldError[] {
  const { status } = pod;
  const errors = podAnnotationUpdates('metadata.annotations', pod.metadata.annotations, stored.metadata.annotations);
  const system = ['PodScheduled', 'Ready', 'Initialized'];
  for (const [index, { type }] of (status.conditions ?? []).entries()) {
    if (!system.includes(type)) errors.push(...qualifiedName(child(at('metadata.conditions', index), 'Type'), type));
  }
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== stored.status.nominatedNodeName)
    errors.push(...invalidEach('status.nominatedNodeName', nominated, nameIsDnsSubdomain(nominated, false)));
  errors.push(...immutable('status.qosClass', status.qosClass, stored.status.qosClass), ...stateRules(pod, stored));
  errors.push(...claimStatusRules(pod), ...addressRules('status.podIPs', status.podIPs ?? []), ...hostAddressRules(status));
  return errors;
}

/** Containers that will not restart cannot leave the terminated state. */
function stateRules(pod: Pod, stored: Pod): FieldError[] {
  const policies = new Map([...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].map((one) => [one.name, one]));
  const mayRestart = ({ name, state }: ContainerStatus): boolean => {
    const container = policies.get(name);
    if (container?.restartPolicyRules?.length) return true;
    const policy = container?.restartPolicy ?? stored.spec.restartPolicy;
    return policy === 'Always' || (policy === 'OnFailure' && state?.terminated?.exitCode !== 0);
  };
  return [
    ...stuckStates('status.containerStatuses', pod.status.containerStatuses, stored.status.containerStatuses, mayRestart),
    ...stuckStates('status.initContainerStatuses', pod.status.initContainerStatuses, stored.status.initContainerStatuses, mayRestart),
    ...stuckStates('status.ephemeralContainerStatuses', pod.status.ephemeralContainerStatuses, stored.status.ephemeralContainerStatuses, () => false),
  ];
}

type Statuses = readonly ContainerStatus[] | undefined;

function stuckStates(field: string, statuses: Statuses, stored: Statuses, mayRestart: (status: ContainerStatus) => boolean): FieldError[] {
  return (stored ?? []).flatMap((old, index) => {
    if (!old.state?.terminated || mayRestart(old)) return [];
    const revived = (statuses ?? []).some(({ name, state }) => name === old.name && !state?.terminated);
    return revived ? [forbiddenField(child(at(field, index), 'state'), 'may not be transitioned to non-terminated state')] : [];
  });
}

function claimStatusRules({ spec, status }: Pod): FieldError[] {
  const field = 'status.resourceClaimStatuses';
  const seen = new Set<string>();
  return (status.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName }, index) => {
    const here = child(at(field, index), 'name');
    const errors: FieldError[] = [];
    if (!spec.resourceClaims?.some((claim) => claim.name === name))
      errors.push(invalid(here, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
    if (resourceClaimName !== undefined) errors.push(...dnsSubdomain(here, resourceClaimName));
    return errors;
  });
}

function addressRules(field: string, addresses: readonly { readonly ip: string }[]): FieldError[] {
  const errors = addresses.flatMap(({ ip }, index) => ipAddress(at(field, index), ip));
  if (addresses.length < 2) return errors;
  const ips = addresses.map(({ ip }) => ip);
  if (!isDualStack(ips) || ips.length > 2) errors.push(invalid(field, addresses, 'may specify no more than one IP for each IP family'));
  for (const [index, address] of addresses.entries()) if (ips.indexOf(address.ip) < index) errors.push(duplicate(at(field, index), address));
  return errors;
}

function hostAddressRules({ hostIP, hostIPs = [] }: PodStatus): FieldError[] {
  const first = hostIPs[0]?.ip;
  if (first === undefined) return [];
  const errors = first === (hostIP ?? '') ? [] : [invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')];
  return [...errors, ...addressRules('status.hostIPs', hostIPs)];
}

/** More ephemeral containers; those that are there stay. */
export function validateEphemeralContainersUpdate(pod: Pod, stored: Pod): FieldError[] {
  if (stored.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')];
  const errors = podRules(pod);
  for (const old of stored.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.find(({ name }) => name === old.name);
    const quoted = JSON.stringify(old.name);
    if (!now) errors.push(forbiddenField('spec.ephemeralContainers', `existing ephemeral containers ${quoted} may not be removed\n`));
    else if (!sameValue(old, now)) {
      errors.push(
        forbiddenField(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${quoted} may not be changed\n${specDiff('core.EphemeralContainer', old, now)}`,
        ),
      );
    }
  }
  return errors;
}

/** Other requests and limits of CPU and memory, within the same class. */
export function validateResize(pod: Pod, stored: Pod): FieldError[] {
  if (hasPodResources(pod) || hasPodResources(stored)) return [forbiddenField('', 'pods with pod-level resources cannot be resized')];
  if (stored.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined) return [forbiddenField('', 'static pods cannot be resized')];
  if (stored.spec.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const errors = podRules(pod);
  for (const list of ['containers', 'initContainers'] as const) {
    if ((pod.spec[list]?.length ?? 0) !== (stored.spec[list]?.length ?? 0))
      return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  const before = stored.status.qosClass || qosClass(stored.spec);
  if (qosClass(pod.spec) !== before) errors.push(invalid('spec', before, 'Pod QOS Class may not change as a result of resizing'));
  for (const [index, old] of (stored.spec.initContainers ?? []).entries()) {
    const now = pod.spec.initContainers![index]!;
    if (isSidecar(old))
      errors.push(...resizeRules('spec.initContainers', index, now, old), ...onlyComputeChanged(now, old, ' for sidecar containers'));
    else if (!sameValue(now, old)) errors.push(forbiddenField('spec', 'resources for non-sidecar init containers are immutable'));
  }
  for (const [index, old] of stored.spec.containers.entries()) {
    const now = pod.spec.containers[index]!;
    errors.push(...resizeRules('spec.containers', index, now, old), ...onlyComputeChanged(now, old, ''));
  }
  return errors;
}

function hasPodResources({ spec }: Pod): boolean {
  return Object.keys(spec.resources?.requests ?? {}).length + Object.keys(spec.resources?.limits ?? {}).length > 0;
}

function resizeRules(field: string, index: number, now: Container, old: Container): FieldError[] {
  const here = child(at(field, index), 'resources');
  const errors: FieldError[] = [];
  const removed = (side: 'requests' | 'limits'): boolean =>
    Object.keys(old.resources?.[side] ?? {}).some((name) => now.resources?.[side]?.[name] === undefined);
  if (removed('requests')) errors.push(forbiddenField(child(here, 'requests'), 'resource requests cannot be removed'));
  if (removed('limits')) errors.push(forbiddenField(child(here, 'limits'), 'resource limits cannot be removed'));
  return errors;
}

function onlyComputeChanged(now: Container, old: Container, whom: string): FieldError[] {
  const { resources: wanted, ...rest } = now;
  const { resources: held, ...before } = old;
  const same = sameValue(rest, before) && sameValue(withoutCompute(wanted), withoutCompute(held));
  return same ? [] : [forbiddenField('spec', `only cpu and memory resources${whom} are mutable`)];
}

/** Requirements without what a resize may change. */
function withoutCompute({ limits, requests, claims }: ResourceRequirements): unknown {
  const others = (amounts: Readonly<Record<string, string>> = {}): unknown =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => name !== 'cpu' && name !== 'memory'));
  return { limits: others(limits), requests: others(requests), claims };
}
