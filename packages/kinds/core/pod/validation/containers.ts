/**
 * Rules for containers, init containers and ephemeral containers.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateContainers, validateInitContainers, validateEphemeralContainers, validateContainerCommon.
 */
import { at, child, duplicate, type FieldError, fieldNotFound, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { dnsLabel, requiredOneOf } from '../../../rules.ts';
import type { Container, EphemeralContainer } from '../container.ts';
import { isSidecar } from '../requests.ts';
import type { PodSpec } from '../schema.ts';
import { hostPortConflicts, validatePorts } from './container-ports.ts';
import { initResizePolicies, validateResizePolicies, validateRestarts } from './container-restarts.ts';
import { validateEnv, validateEnvFrom, type Volumes } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { type LifecycleContext, validateLifecycle, validateProbes } from './probes.ts';
import { containerRequirements } from './resources.ts';
import { containerSecurity } from './security.ts';

/** What the rules of a container take from the pod. */
export interface ContainerContext extends LifecycleContext {
  readonly volumes: Volumes;
  readonly claimNames: ReadonlySet<string>;
  readonly restartPolicy: string | undefined;
  readonly hostUsers: boolean;
  /** A pod, not a template. */
  readonly isPod: boolean;
}

/** The regular containers. */
export function validateContainers(field: string, containers: readonly Container[] | null, context: ContainerContext): FieldError[] {
  if (!containers?.length) return [required(field)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const here = at(field, index);
    errors.push(...commonRules(here, container, context));
    if (names.has(container.name)) errors.push(duplicate(child(here, 'name'), container.name));
    names.add(container.name);
    errors.push(
      ...validateLifecycle(child(here, 'lifecycle'), container.lifecycle, context),
      ...validateProbes(here, container, context.grace),
      ...validateRestarts(here, container),
    );
  }
  errors.push(...hostPortConflicts(field, containers));
  return errors;
}

/** Containers that run first, one after the other, and sidecars among them. */
export function validateInitContainers(field: string, spec: PodSpec, context: ContainerContext): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const here = at(field, index);
    errors.push(...commonRules(here, container, context), ...validateRestarts(here, container));
    if (names.has(container.name)) errors.push(duplicate(child(here, 'name'), container.name));
    else if (container.name) names.add(container.name);
    if (container.ports) errors.push(...hostPortConflicts(field, [container]));
    if (isSidecar(container)) {
      errors.push(
        ...validateLifecycle(child(here, 'lifecycle'), container.lifecycle, context),
        ...validateProbes(here, container, context.grace),
      );
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[name]) errors.push(forbiddenField(child(here, name), 'may not be set for init containers without restartPolicy=Always'));
    }
    errors.push(...initResizePolicies(here, container));
  }
  return errors;
}

const EPHEMERAL_MEMBERS: ReadonlySet<string> = new Set([
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'env',
  'envFrom',
  'volumeMounts',
  'volumeDevices',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
  'stdin',
  'stdinOnce',
  'tty',
  'targetContainerName',
]);

/** Containers added to a running pod to look into it. */
export function validateEphemeralContainers(field: string, spec: PodSpec, context: ContainerContext): FieldError[] {
  const errors: FieldError[] = [];
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const here = at(field, index);
    errors.push(...commonRules(here, container, { ...context, isPod: true }));
    if (names.has(container.name)) errors.push(duplicate(child(here, 'name'), container.name));
    names.add(container.name);
    errors.push(...ephemeralRules(here, container, others));
  }
  return errors;
}

function ephemeralRules(field: string, container: EphemeralContainer, others: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const text = 'cannot be set for an Ephemeral Container';
  const target = container.targetContainerName;
  if (target && !others.has(target)) errors.push(fieldNotFound(child(field, 'targetContainerName'), target));
  for (const [name, value] of Object.entries(container)) {
    if (!EPHEMERAL_MEMBERS.has(name) && isSet(value)) errors.push(forbiddenField(child(field, name), text));
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = at(child(field, 'volumeMounts'), index);
    if (mount.subPath) errors.push(forbiddenField(child(here, 'subPath'), text));
    if (mount.subPathExpr) errors.push(forbiddenField(child(here, 'subPathExpr'), text));
  }
  return errors;
}

/** Whether a member differs from Go's zero value; structs held by value are empty objects. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return false;
  return typeof value !== 'object' || Array.isArray(value) || Object.values(value).some(isSet);
}

function commonRules(field: string, container: Container | EphemeralContainer, context: ContainerContext): FieldError[] {
  const errors = container.name ? dnsLabel(child(field, 'name'), container.name) : [required(child(field, 'name'))];
  if (!container.image) errors.push(required(child(field, 'image')));
  const { volumes } = context;
  errors.push(...requiredOneOf(child(field, 'terminationMessagePolicy'), container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError']));
  if (container.ports) errors.push(...validatePorts(child(field, 'ports'), container.ports));
  if (container.env) errors.push(...validateEnv(child(field, 'env'), container.env));
  if (container.envFrom) errors.push(...validateEnvFrom(child(field, 'envFrom'), container.envFrom));
  if (container.volumeMounts) errors.push(...validateMounts(child(field, 'volumeMounts'), container, volumes));
  if (container.volumeDevices) errors.push(...validateDevices(child(field, 'volumeDevices'), container, volumes));
  errors.push(
    ...requiredOneOf(child(field, 'imagePullPolicy'), container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...containerRequirements(child(field, 'resources'), container.resources, context.claimNames),
  );
  if (container.resizePolicy) errors.push(...validateResizePolicies(child(field, 'resizePolicy'), container.resizePolicy, context.restartPolicy));
  errors.push(...containerSecurity(child(field, 'securityContext'), container.securityContext, context.hostUsers));
  if (context.isPod) errors.push(...imagePadding(field, container.image));
  return errors;
}

function imagePadding(field: string, image = ''): FieldError[] {
  return image.trim() === image ? [] : [invalid(child(field, 'image'), image, 'must not have leading or trailing whitespace')];
}
