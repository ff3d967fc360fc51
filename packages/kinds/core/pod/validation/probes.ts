/**
 * Rules for probes and lifecycle hooks.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateProbe, validateHandler, validateLifecycle.
 */
import { child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { validateHttpHeaderName } from '#machinery/names.ts';
import { invalidEach, nonNegative, portNumber, portNumberOrName } from '../../../rules.ts';
import type { Container } from '../container.ts';
import { type HTTPGetAction, type Lifecycle, type LifecycleHandler, type Probe, type ProbeHandler, signal, type SleepAction } from '../probes.ts';

/** Seconds the pod gets to end, which bounds sleeps in hooks. */
export type GraceSeconds = number | undefined;

/** The three probes of a container. */
export function validateProbes(field: string, container: Container, grace: GraceSeconds): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...probeRules(child(field, 'livenessProbe'), livenessProbe, grace),
    ...onceRules(child(field, 'livenessProbe'), livenessProbe),
    ...probeRules(child(field, 'readinessProbe'), readinessProbe, grace),
    ...readinessRules(child(field, 'readinessProbe'), readinessProbe),
    ...probeRules(child(field, 'startupProbe'), startupProbe, grace),
    ...onceRules(child(field, 'startupProbe'), startupProbe),
  ];
}

function onceRules(field: string, probe: Probe | undefined): FieldError[] {
  return probe && probe.successThreshold !== 1 ? [invalid(child(field, 'successThreshold'), probe.successThreshold ?? 0, 'must be 1')] : [];
}

function readinessRules(field: string, probe: Probe | undefined): FieldError[] {
  const seconds = probe?.terminationGracePeriodSeconds;
  return seconds === undefined ? [] : [invalid(child(field, 'terminationGracePeriodSeconds'), seconds, 'must not be set for readinessProbes')];
}

function probeRules(field: string, probe: Probe | undefined, grace: GraceSeconds): FieldError[] {
  if (!probe) return [];
  const errors = handlerRules(field, probe, grace);
  errors.push(
    ...nonNegative(child(field, 'initialDelaySeconds'), probe.initialDelaySeconds),
    ...nonNegative(child(field, 'timeoutSeconds'), probe.timeoutSeconds),
    ...nonNegative(child(field, 'periodSeconds'), probe.periodSeconds),
    ...nonNegative(child(field, 'successThreshold'), probe.successThreshold),
    ...nonNegative(child(field, 'failureThreshold'), probe.failureThreshold),
  );
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined && seconds <= 0) errors.push(invalid(child(field, 'terminationGracePeriodSeconds'), seconds, 'must be greater than 0'));
  return errors;
}

type Handler = ProbeHandler & LifecycleHandler;

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

function handlerRules(field: string, handler: Handler, grace: GraceSeconds): FieldError[] {
  const set = HANDLERS.filter((name) => handler[name] !== undefined);
  if (set.length === 0) return [required(field, 'must specify a handler type')];
  return [
    ...actionRules(field, set[0]!, handler, grace),
    ...set.slice(1).map((name) => forbiddenField(child(field, name), 'may not specify more than 1 handler type')),
  ];
}

function actionRules(field: string, name: (typeof HANDLERS)[number], handler: Handler, grace: GraceSeconds): FieldError[] {
  const here = child(field, name);
  switch (name) {
    case 'exec':
      return handler.exec?.command?.length ? [] : [required(child(here, 'command'))];
    case 'httpGet':
      return httpRules(here, handler.httpGet!);
    case 'tcpSocket':
      return portNumberOrName(child(here, 'port'), handler.tcpSocket!.port);
    case 'grpc':
      return portNumber(child(here, 'port'), handler.grpc!.port);
    case 'sleep':
      return sleepRules(here, handler.sleep!, grace);
  }
}

function httpRules(field: string, action: HTTPGetAction): FieldError[] {
  const errors = action.path ? [] : [required(child(field, 'path'))];
  errors.push(...portNumberOrName(child(field, 'port'), action.port));
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS')
    errors.push(notSupported(child(field, 'scheme'), action.scheme ?? '', ['HTTP', 'HTTPS']));
  for (const { name } of action.httpHeaders ?? []) errors.push(...invalidEach(child(field, 'httpHeaders'), name, validateHttpHeaderName(name)));
  return errors;
}

function sleepRules(field: string, { seconds }: SleepAction, grace: GraceSeconds): FieldError[] {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [invalid(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}

const LINUX_SIGNALS: readonly string[] = (signal.values ?? []).toSorted();
const WINDOWS_SIGNALS: readonly string[] = ['SIGKILL', 'SIGTERM'];

/** What hooks and signals depend on. */
export interface LifecycleContext {
  readonly grace: GraceSeconds;
  /** The operating system that the pod names. */
  readonly os: string | undefined;
}

/** The hooks of a container, and the signal that ends it. */
export function validateLifecycle(field: string, lifecycle: Lifecycle | undefined, { grace, os }: LifecycleContext): FieldError[] {
  const errors: FieldError[] = [];
  if (!lifecycle) return errors;
  const { postStart, preStop, stopSignal } = lifecycle;
  if (postStart) errors.push(...handlerRules(child(field, 'postStart'), postStart, grace));
  if (preStop) errors.push(...handlerRules(child(field, 'preStop'), preStop, grace));
  if (stopSignal !== undefined) errors.push(...stopSignalRules(child(field, 'stopSignal'), stopSignal, os));
  return errors;
}

function stopSignalRules(field: string, stopSignal: string, os: string | undefined): FieldError[] {
  if (os === undefined) return [forbiddenField(field, 'may not be set for containers with empty `spec.os.name`')];
  if (os === 'windows') return WINDOWS_SIGNALS.includes(stopSignal) ? [] : [notSupported(field, stopSignal, WINDOWS_SIGNALS)];
  return os !== 'linux' || LINUX_SIGNALS.includes(stopSignal) ? [] : [notSupported(field, stopSignal, LINUX_SIGNALS)];
}
