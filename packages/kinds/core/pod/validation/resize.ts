/**
 * Rules for changing what a running pod gets.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodResize.
 */
import { at, child, type FieldError, forbiddenField, invalid } from '#machinery/field-error.ts';
import { sameValue } from '../../../semantic-equal.ts';
import type { ResourceRequirements } from '../../resources.ts';
import type { Container } from '../container.ts';
import { qosClass } from '../qos.ts';
import { isSidecar } from '../requests.ts';
import type { Pod } from '../schema.ts';
import { MIRROR_POD_ANNOTATION } from './annotations.ts';
import { changedPodRules, type RuleContext } from './pod.ts';

const ONLY_COMPUTE = 'only cpu and memory resources are mutable';
const POD_LEVEL_GATE = 'InPlacePodLevelResourcesVerticalScaling';

/** Other requests and limits of CPU and memory, within the same class. */
export function validateResize(pod: Pod, stored: Pod, context: RuleContext): FieldError[] {
  if (stored.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined) return [forbiddenField('', 'static pods cannot be resized')];
  if (stored.spec.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const errors = changedPodRules(pod, stored, context);
  const before = stored.status.qosClass || qosClass(stored.spec);
  if (qosClass(pod.spec) !== before) errors.push(invalid('spec', before, 'Pod QOS Class may not change as a result of resizing'));
  if (!mayNodeResize(stored)) errors.push(forbiddenField('spec', 'Pod running on node without support for resize'));
  if (hasPodResources(pod) || hasPodResources(stored)) {
    if (!context.gate(POD_LEVEL_GATE)) {
      const text = `resize of pods with pod-level resources is forbidden when ${POD_LEVEL_GATE}Enabled feature gate is disabled`;
      return [...errors, forbiddenField('', text)];
    }
    errors.push(...podLevelRules(pod, stored));
  }
  if (stored.status.nodeAllocatableResourceClaimStatuses?.length)
    errors.push(forbiddenField('spec', 'pods with node allocatable resource claims cannot be resized'));
  const order = [...orderRules('containers', pod, stored), ...orderRules('initContainers', pod, stored)];
  return order.length ? [...errors, ...order] : [...errors, ...containerRules(pod, stored)];
}

/** A kubelet that can resize tells what its running containers have. */
function mayNodeResize({ status }: Pod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state?.running);
  return !running || running.resources !== undefined;
}

function hasPodResources({ spec }: Pod): boolean {
  return Object.keys(spec.resources?.requests ?? {}).length + Object.keys(spec.resources?.limits ?? {}).length > 0;
}

function podLevelRules({ spec: { resources: now } }: Pod, { spec: { resources: old } }: Pod): FieldError[] {
  if (old && !now) return [forbiddenField('spec.resources', 'pod-level resources cannot be removed')];
  const errors = old ? removedRules('spec.resources', now, old, 'pod-level resource') : [];
  if (!sameValue(withoutCompute(now), withoutCompute(old))) errors.push(forbiddenField('spec', `${ONLY_COMPUTE} at pod-level`));
  return errors;
}

/** Containers stay what and where they are. */
function orderRules(list: 'containers' | 'initContainers', pod: Pod, stored: Pod): FieldError[] {
  const now = pod.spec[list] ?? [];
  const old = stored.spec[list] ?? [];
  const field = child('spec', list);
  if (now.length !== old.length) return [forbiddenField(field, `${list} may not be added or removed on resize`)];
  return old.flatMap(({ name }, index) =>
    now[index]!.name === name ? [] : [forbiddenField(child(at(field, index), 'name'), `${list} may not be renamed or reordered on resize`)],
  );
}

function containerRules(pod: Pod, stored: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, old] of (stored.spec.initContainers ?? []).entries()) {
    const now = pod.spec.initContainers![index]!;
    const here = at('spec.initContainers', index);
    if (!isSidecar(old)) {
      if (!sameValue(now, old)) errors.push(forbiddenField('spec', 'resources for non-sidecar init containers are immutable'));
      continue;
    }
    errors.push(...removedRules(child(here, 'resources'), now.resources, old.resources, 'resource'));
    if (!onlyComputeChanged(now, old)) errors.push(forbiddenField(here, 'only cpu and memory resources for init or sidecar containers are mutable'));
  }
  for (const [index, old] of stored.spec.containers.entries()) {
    const now = pod.spec.containers[index]!;
    errors.push(...removedRules(child(at('spec.containers', index), 'resources'), now.resources, old.resources, 'resource'));
    if (!onlyComputeChanged(now, old)) errors.push(forbiddenField('spec', ONLY_COMPUTE));
  }
  return errors;
}

type Requirements = ResourceRequirements | undefined;

/** What was asked for once must be asked for ever, though another amount. */
function removedRules(field: string, now: Requirements, old: Requirements, what: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((side) =>
    Object.keys(old?.[side] ?? {}).some((name) => now?.[side]?.[name] === undefined)
      ? [forbiddenField(child(field, side), `${what} ${side} cannot be removed`)]
      : [],
  );
}

function onlyComputeChanged({ resources: wanted, ...rest }: Container, { resources: held, ...before }: Container): boolean {
  return sameValue(rest, before) && sameValue(withoutCompute(wanted), withoutCompute(held));
}

/** Requirements without what a resize may change. */
function withoutCompute(requirements: Requirements): unknown {
  const others = (amounts: Readonly<Record<string, string>> = {}): unknown =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => name !== 'cpu' && name !== 'memory'));
  return { limits: others(requirements?.limits), requests: others(requirements?.requests), claims: requirements?.claims };
}
