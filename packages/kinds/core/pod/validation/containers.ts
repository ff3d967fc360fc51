/**
 * Rules for containers, init containers and ephemeral containers.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateContainers, validateInitContainers, validateEphemeralContainers, validateContainerCommon.
 */
import {
  at,
  child,
  duplicate,
  type FieldError,
  fieldNotFound,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooMany,
} from '#machinery/field-error.ts';
import { validatePortName } from '#machinery/names.ts';
import { dnsLabel, invalidEach, optionalOneOf, portNumber, requiredOneOf } from '../../../rules.ts';
import type { Container, ContainerPort, ContainerResizePolicy, EphemeralContainer } from '../container.ts';
import { isSidecar } from '../requests.ts';
import type { PodSpec } from '../schema.ts';
import { validateEnv, validateEnvFrom, type Volumes } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { type GraceSeconds, validateLifecycle, validateProbes } from './probes.ts';
import { containerRequirements } from './resources.ts';
import { containerSecurity } from './security.ts';

/** What the rules of a container take from the pod. */
export interface ContainerContext {
  readonly volumes: Volumes;
  readonly claimNames: ReadonlySet<string>;
  readonly grace: GraceSeconds;
  readonly restartPolicy: string | undefined;
  readonly hostUsers: boolean;
  /** A pod, not a template. */
  readonly isPod: boolean;
}

const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];
const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;

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
      ...validateLifecycle(child(here, 'lifecycle'), container.lifecycle, context.grace),
      ...validateProbes(here, container, context.grace),
      ...restartRules(here, container),
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
    errors.push(...commonRules(here, container, context), ...restartRules(here, container));
    if (names.has(container.name)) errors.push(duplicate(child(here, 'name'), container.name));
    else if (container.name) names.add(container.name);
    errors.push(...hostPortConflicts(field, [container]));
    if (isSidecar(container)) {
      errors.push(
        ...validateLifecycle(child(here, 'lifecycle'), container.lifecycle, context.grace),
        ...validateProbes(here, container, context.grace),
      );
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[name]) errors.push(forbiddenField(child(here, name), 'may not be set for init containers without restartPolicy=Always'));
    }
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
  errors.push(
    ...requiredOneOf(child(field, 'terminationMessagePolicy'), container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError']),
    ...portRules(child(field, 'ports'), container.ports ?? []),
    ...validateEnv(child(field, 'env'), container.env ?? [], volumes),
    ...validateEnvFrom(child(field, 'envFrom'), container.envFrom ?? []),
    ...validateMounts(child(field, 'volumeMounts'), container, volumes),
    ...validateDevices(child(field, 'volumeDevices'), container, volumes),
    ...requiredOneOf(child(field, 'imagePullPolicy'), container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...containerRequirements(child(field, 'resources'), container.resources, context.claimNames),
    ...resizeRules(child(field, 'resizePolicy'), container.resizePolicy ?? [], context.restartPolicy),
    ...containerSecurity(child(field, 'securityContext'), container.securityContext, context.hostUsers),
  );
  if (context.isPod) errors.push(...imagePadding(field, container.image));
  return errors;
}

function imagePadding(field: string, image = ''): FieldError[] {
  return image.trim() === image ? [] : [invalid(child(field, 'image'), image, 'must not have leading or trailing whitespace')];
}

function portRules(field: string, ports: readonly ContainerPort[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const here = at(field, index);
    if (port.name) {
      const texts = validatePortName(port.name);
      if (texts.length) errors.push(...invalidEach(child(here, 'name'), port.name, texts));
      else if (names.has(port.name)) errors.push(duplicate(child(here, 'name'), port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(child(here, 'containerPort')));
    else errors.push(...portNumber(child(here, 'containerPort'), port.containerPort));
    if (port.hostPort) errors.push(...portNumber(child(here, 'hostPort'), port.hostPort));
    errors.push(...requiredOneOf(child(here, 'protocol'), port.protocol, PROTOCOLS));
  }
  return errors;
}

function hostPortConflicts(field: string, containers: readonly Container[]): FieldError[] {
  const errors: FieldError[] = [];
  const used = new Set<string>();
  for (const [index, { ports }] of containers.entries()) {
    for (const [portIndex, { protocol, hostIP = '', hostPort }] of (ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (used.has(key)) errors.push(duplicate(child(at(child(at(field, index), 'ports'), portIndex), 'hostPort'), key));
      used.add(key);
    }
  }
  return errors;
}

function resizeRules(field: string, policies: readonly ContainerResizePolicy[], podRestartPolicy: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(at(field, index), resourceName));
    seen.add(resourceName);
    errors.push(
      ...requiredOneOf(field, resourceName, ['cpu', 'memory']),
      ...requiredOneOf(field, restartPolicy, ['NotRequired', 'RestartContainer']),
    );
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(field, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
  }
  return errors;
}

/** A restart policy of the container's own, and rules by exit code. */
function restartRules(field: string, { restartPolicy, restartPolicyRules = [] }: Container): FieldError[] {
  const errors = optionalOneOf(child(field, 'restartPolicy'), restartPolicy, ['Always', 'Never', 'OnFailure']);
  const here = child(field, 'restartPolicyRules');
  if (restartPolicyRules.length && restartPolicy === undefined)
    errors.push(required(child(field, 'restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  if (restartPolicyRules.length > MAX_RESTART_RULES) errors.push(tooMany(here, restartPolicyRules.length, MAX_RESTART_RULES));
  for (const [index, { action, exitCodes }] of restartPolicyRules.entries()) {
    const rule = at(here, index);
    errors.push(...requiredOneOf(child(rule, 'action'), action, ['Restart', 'RestartAllContainers']));
    if (!exitCodes) {
      errors.push(required(child(rule, 'exitCodes'), 'must be specified'));
      continue;
    }
    const { operator, values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn') errors.push(notSupported(child(rule, 'exitCodes', 'operator'), operator ?? '', ['In', 'NotIn']));
    if (values.length > MAX_EXIT_CODES) errors.push(tooMany(child(rule, 'exitCodes', 'values'), values.length, MAX_EXIT_CODES));
  }
  return errors;
}
