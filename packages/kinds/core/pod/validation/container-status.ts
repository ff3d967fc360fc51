/**
 * Rules for the statuses of containers.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateContainerStateTransition, validateContainerStatusUsers,
 * validateContainerStatusAllocatedResourcesStatus; `pkg/api/v1/pod/util.go` ContainerShouldRestart.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { userOrGroupId } from '../../../rules.ts';
import type { Container } from '../container.ts';
import type { Pod, PodSpec } from '../schema.ts';
import type { ContainerStatus, ResourceHealth, ResourceStatus } from '../status.ts';

const HEALTHS: readonly string[] = ['Healthy', 'Unhealthy', 'Unknown'];
const MAX_HEALTH_MESSAGE = 256;
const LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

/** States, users and allocated resources of containers. */
export function containerStatusRules(pod: Pod, stored: Pod): FieldError[] {
  const { status, spec } = pod;
  const errors = stateRules(pod, stored);
  for (const list of LISTS) {
    const statuses = status[list];
    if (!statuses) continue;
    const field = child('status', list);
    if (statuses.some(({ user }) => user)) errors.push(...userRules(field, statuses, spec.os?.name ?? 'linux'));
    if (!statuses.some(({ allocatedResourcesStatus }) => allocatedResourcesStatus?.length)) continue;
    if (list === 'ephemeralContainerStatuses') errors.push(...noAllocation(field, statuses));
    else errors.push(...allocationRules(field, statuses, (list === 'containerStatuses' ? spec.containers : spec.initContainers) ?? []));
  }
  return errors;
}

/** Ephemeral containers hold nothing. */
function noAllocation(field: string, statuses: readonly ContainerStatus[]): FieldError[] {
  return statuses.flatMap(({ allocatedResourcesStatus }, index) => {
    if (!allocatedResourcesStatus?.length) return [];
    return [forbiddenField(child(at(field, index), 'allocatedResourcesStatus'), 'must not be specified in container status')];
  });
}

/** Containers that will not start again cannot leave the terminated state. */
function stateRules({ status }: Pod, { status: before, spec }: Pod): FieldError[] {
  if (!LISTS.some((list) => before[list]?.some(({ state }) => state?.terminated))) return [];
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const restartsAll = all.some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'));
  return LISTS.flatMap((list) => {
    const containers = list === 'containerStatuses' ? spec.containers : list === 'initContainerStatuses' ? (spec.initContainers ?? []) : undefined;
    if (containers && restartsAll) return [];
    return (before[list] ?? []).flatMap((old, index) => {
      const ended = old.state?.terminated;
      const now = status[list]?.find(({ name }) => name === old.name);
      if (!ended || !now || now.state?.terminated) return [];
      const container = containers?.find(({ name }) => name === old.name);
      if (container && startsAgain(container, spec, ended.exitCode)) return [];
      return [forbiddenField(child(at(child('status', list), index), 'state'), 'may not be transitioned to non-terminated state')];
    });
  });
}

function startsAgain({ restartPolicy, restartPolicyRules = [] }: Container, spec: PodSpec, exitCode: number): boolean {
  if (restartPolicy !== undefined) {
    const rule = restartPolicyRules.find(({ exitCodes }) => exitCodes && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In'));
    if (rule?.action === 'Restart') return true;
  }
  const policy = restartPolicy ?? spec.restartPolicy;
  return policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';
}

function userRules(field: string, statuses: readonly ContainerStatus[], os: string): FieldError[] {
  return statuses.flatMap(({ user }, index) => {
    const linux = user?.linux;
    if (!linux) return [];
    const here = child(at(field, index), 'user', 'linux');
    if (os === 'windows') return [forbiddenField(here, 'cannot be set for a windows pod')];
    return [
      ...userOrGroupId(child(here, 'uid'), linux.uid),
      ...userOrGroupId(child(here, 'gid'), linux.gid),
      ...(linux.supplementalGroups ?? []).flatMap((group, position) => userOrGroupId(at(child(here, 'supplementalGroups'), position), group)),
    ];
  });
}

/** Devices that containers hold are among what they ask for, each once. */
function allocationRules(field: string, statuses: readonly ContainerStatus[], containers: readonly Container[]): FieldError[] {
  return statuses.flatMap(({ name, allocatedResourcesStatus = [] }, index) => {
    const container = containers.find((one) => one.name === name);
    return allocatedResourcesStatus.flatMap((allocated, position) => {
      const here = at(child(at(field, index), 'allocatedResourcesStatus'), position);
      return [...(container ? allocatedName(child(here, 'name'), allocated, container) : []), ...healthRules(child(here, 'resources'), allocated.resources ?? [])];
    });
  });
}

function allocatedName(field: string, { name }: ResourceStatus, { resources }: Container): FieldError[] {
  if (name.startsWith('claim:')) {
    const claims = (resources?.claims ?? []).map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`);
    const text = "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
    return claims.includes(name) ? [] : [invalid(field, name, text)];
  }
  return resources?.requests?.[name] === undefined ? [invalid(field, name, "must match one of the container's resource requests")] : [];
}

function healthRules(field: string, resources: readonly ResourceHealth[]): FieldError[] {
  const seen = new Set<string>();
  return resources.flatMap(({ resourceID, health = '', message }, index) => {
    const here = at(field, index);
    const errors = HEALTHS.includes(health) ? [] : [notSupported(child(here, 'health'), health, HEALTHS)];
    if (message === '') errors.push(required(child(here, 'message'), 'must be non-empty if specified'));
    else if (message !== undefined && Buffer.byteLength(message) > MAX_HEALTH_MESSAGE) errors.push(tooLong(child(here, 'message'), MAX_HEALTH_MESSAGE));
    if (seen.has(resourceID)) errors.push(duplicate(child(here, 'resourceID'), resourceID));
    seen.add(resourceID);
    return errors;
  });
}
