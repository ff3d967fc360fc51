/**
 * Lifecycles of pods and nodes as data: what a file of stages may say, and how it is read.
 *
 * ```yaml
 * apiVersion: simulated.navarch.dev/v1alpha1
 * kind: Lifecycle
 * stages:
 * - name: databases start slowly
 *   selector:
 *     matchLabels: { app: db }
 *     matchExpressions: [{ key: .status.phase, operator: In, values: [Pending] }]
 *   delay: { duration: 20s, jitterDuration: 10s }
 *   next: { state: Running }
 * - name: nodes that are told to fail
 *   resource: Node
 *   selector: { matchAnnotations: { example.com/fail: 'true' } }
 *   next: { status: { conditions: [{ type: Ready, status: 'False', reason: KubeletNotReady, message: out of order }] } }
 * ```
 *
 * The first stage whose selector matches decides; it is due after its delay. One that has nothing to change leaves the object as it is, and so do the stages after it.
 */
import { decodeObject } from '#machinery/decode.ts';
import { durationToMs } from '#machinery/duration.ts';
import { at, child, type FieldError, invalid, notSupported, required as requiredValue } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { bool, duration, type Infer, int32, json, list, map, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { StatusError } from '#machinery/status.ts';
import { decodeYaml } from '#machinery/yaml.ts';
import { pathProblem } from './object-path.ts';

/** The API version of lifecycles. */
export const LIFECYCLE_VERSION = 'simulated.navarch.dev/v1alpha1';

/** What the containers of a pod may come to. */
export const POD_STATES = ['Running', 'Ready', 'NotReady', 'Succeeded', 'Failed', 'CrashLoopBackOff', 'ImagePullBackOff'] as const;
export type PodState = (typeof POD_STATES)[number];

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

const expression = message('navarch.StageExpression', {
  /** A path such as `.status.phase`, `.status.conditions[Ready].status` or `.metadata.annotations[example.com/x]`. */
  key: required(0, string),
  operator: required(0, string),
  values: optional(0, list(string)),
});
export interface StageExpression extends Infer<typeof expression> {}

const stageSelector = message('navarch.StageSelector', {
  matchLabels: optional(0, map(string)),
  matchAnnotations: optional(0, map(string)),
  matchExpressions: optional(0, list(expression)),
});
export interface StageSelector extends Infer<typeof stageSelector> {}

const stageDelay = message('navarch.StageDelay', {
  duration: optional(0, duration),
  /** Up to this is added at random. */
  jitterDuration: optional(0, duration),
  /** The annotation whose value (`30s`) is the delay; where it is absent, `duration` holds. */
  durationFromAnnotation: optional(0, string),
});
export interface StageDelay extends Infer<typeof stageDelay> {}

const stageNext = message('navarch.StageNext', {
  /** Pods: what their containers come to. */
  state: optional(0, string),
  /** Of `Failed` and `CrashLoopBackOff`; default 1. */
  exitCode: pointer(0, int32),
  /** Merged into the status (conditions by type); the text `{{now}}` becomes the time. */
  status: optional(0, json),
  /** The object goes. */
  delete: optional(0, bool),
});
export interface StageNext extends Infer<typeof stageNext> {}

const stageData = message('navarch.StageData', {
  name: required(0, string),
  /** `Pod` (default) or `Node`. */
  resource: optional(0, string),
  selector: optional(0, stageSelector),
  delay: optional(0, stageDelay),
  next: optional(0, stageNext),
});
export interface StageData extends Infer<typeof stageData> {}

const lifecycle = message('navarch.Lifecycle', { ...typeMeta, stages: required(0, list(stageData)) });
export interface Lifecycle extends Infer<typeof lifecycle> {}

/** A lifecycle that cannot be used; the message names every problem. */
export class LifecycleError extends Error {
  override readonly name = 'LifecycleError';
}

/** Reads YAML or JSON text. @throws LifecycleError */
export function readLifecycle(text: string): Lifecycle {
  let parsed: unknown;
  try {
    parsed = decodeYaml(text);
  } catch (error) {
    throw new LifecycleError((error as Error).message);
  }
  const { kind, apiVersion } = (parsed ?? {}) as { kind?: unknown; apiVersion?: unknown };
  if (kind !== 'Lifecycle' || apiVersion !== LIFECYCLE_VERSION) throw new LifecycleError(`not a Lifecycle of ${LIFECYCLE_VERSION}`);
  const found = decoded(parsed);
  const errors = (found.stages ?? []).flatMap((stage, index) => stageProblems(stage, at('stages', index)));
  if (errors.length > 0) throw new LifecycleError(errors.map(({ field, message }) => `${field}: ${message}`).join(', '));
  return found;
}

function decoded(parsed: unknown): Lifecycle {
  try {
    const { object, problems } = decodeObject<Lifecycle>(lifecycle, parsed, { mode: 'strict' });
    if (problems.length > 0) throw new LifecycleError(problems.join(', '));
    return object;
  } catch (error) {
    if (error instanceof StatusError) throw new LifecycleError(error.message);
    throw error;
  }
}

function stageProblems(stage: StageData, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!stage.name) errors.push(requiredValue(child(field, 'name')));
  const resource = stage.resource ?? 'Pod';
  if (resource !== 'Pod' && resource !== 'Node') errors.push(notSupported(child(field, 'resource'), resource, ['Node', 'Pod']));
  (stage.selector?.matchExpressions ?? []).forEach((one, index) => errors.push(...expressionProblems(one, at(child(field, 'selector', 'matchExpressions'), index))));
  for (const name of ['duration', 'jitterDuration'] as const) {
    const value = stage.delay?.[name];
    if (value !== undefined && durationToMs(value) < 0) errors.push(invalid(child(field, 'delay', name), value, 'must be greater than or equal to 0'));
  }
  errors.push(...nextProblems(stage.next ?? {}, resource, child(field, 'next')));
  return errors;
}

function expressionProblems({ key, operator, values = [] }: StageExpression, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const problem = pathProblem(key);
  if (problem) errors.push(invalid(child(field, 'key'), key, problem));
  if (!OPERATORS.includes(operator)) errors.push(notSupported(child(field, 'operator'), operator, OPERATORS));
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues && values.length === 0) errors.push(requiredValue(child(field, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  if (!wantsValues && values.length > 0) errors.push(invalid(child(field, 'values'), values.join(','), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  return errors;
}

function nextProblems({ state, status, delete: goes, exitCode }: StageNext, resource: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (state === undefined && status === undefined && !goes) errors.push(requiredValue(field, 'must say a state, a status, or delete'));
  if (goes && (state !== undefined || status !== undefined)) errors.push(invalid(child(field, 'delete'), true, 'what is deleted comes to no state or status'));
  if (status !== undefined && (typeof status !== 'object' || status === null || Array.isArray(status))) errors.push(invalid(child(field, 'status'), JSON.stringify(status), 'must be an object'));
  if (resource === 'Node' && state !== undefined) errors.push(invalid(child(field, 'state'), state, 'only pods have states; nodes have a status'));
  if (resource === 'Node' && goes) errors.push(invalid(child(field, 'delete'), true, 'a node that runs registers again'));
  if (resource === 'Pod' && state !== undefined && !(POD_STATES as readonly string[]).includes(state)) errors.push(notSupported(child(field, 'state'), state, POD_STATES));
  if (exitCode !== undefined && (exitCode < 1 || exitCode > 255)) errors.push(invalid(child(field, 'exitCode'), exitCode, 'must be between 1 and 255, inclusive'));
  if (exitCode !== undefined && state !== 'Failed' && state !== 'CrashLoopBackOff') errors.push(invalid(child(field, 'exitCode'), exitCode, 'only Failed and CrashLoopBackOff have one'));
  return errors;
}
