/**
 * Rules for changes of a pod.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodUpdate.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { inclusiveRangeMessage } from '#machinery/names.ts';
import { goStruct, goStructs } from '../../../go-struct.ts';
import { MAX_INT32 } from '../../../rules.ts';
import { sameValue } from '../../../semantic-equal.ts';
import { specDiff } from '../../../spec-diff.ts';
import { nodeSelectorTerm } from '../../references.ts';
import type { Affinity, NodeAffinity } from '../affinity.ts';
import type { Container } from '../container.ts';
import type { Pod, PodSchedulingGate, PodSpec } from '../schema.ts';
import { podAnnotationUpdates } from './annotations.ts';
import { changedPodRules, type RuleContext } from './pod.ts';
import { addedTolerations } from './tolerations.ts';

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** A change of a pod: images, deadlines, more tolerations, fewer gates; nothing else. */
export function validatePodUpdate(pod: Pod, stored: Pod, context: RuleContext): FieldError[] {
  const errors = [
    ...changedPodRules(pod, stored, context),
    ...podAnnotationUpdates('metadata.annotations', pod.metadata.annotations, stored.metadata.annotations),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    const before = stored.spec[list] ?? [];
    const after = pod.spec[list] ?? [];
    if (before.length !== after.length) return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
    errors.push(...imageRules(`spec.${list}`, after));
  }
  const deadline = deadlineRules(pod.spec.activeDeadlineSeconds, stored.spec.activeDeadlineSeconds);
  errors.push(...deadline);
  if (deadline.length && pod.spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(
    ...addedTolerations('spec.tolerations', pod.spec.tolerations ?? [], stored.spec.tolerations ?? [], context.gate),
    ...deletedGates('spec.schedulingGates', pod.spec.schedulingGates ?? [], stored.spec.schedulingGates ?? []),
  );
  if (sameValue(pod.spec, stored.spec)) return errors;
  const rest = withoutUpdatable(pod.spec, stored.spec);
  if (stored.spec.schedulingGates?.length) errors.push(...gatedRules(rest, pod.spec, stored.spec));
  if (!sameValue(rest, stored.spec)) {
    errors.push(forbiddenField('spec', `pod updates may not change fields other than ${UPDATABLE}\n${specDiff('core.PodSpec', stored.spec, rest)}`));
  }
  return errors;
}

function imageRules(field: string, containers: readonly Container[]): FieldError[] {
  return containers.flatMap(({ image = '' }, index) => {
    const here = child(at(field, index), 'image');
    if (!image) return [required(here)];
    return image.trim() === image ? [] : [invalid(here, image, 'must not have leading or trailing whitespace')];
  });
}

function deadlineRules(seconds: number | undefined, stored: number | undefined): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (seconds === undefined) return stored === undefined ? [] : [invalid(field, null, 'must not update from a positive integer to nil value')];
  if (seconds < 0 || seconds > MAX_INT32) return [invalid(field, seconds, inclusiveRangeMessage(0, MAX_INT32))];
  return stored !== undefined && stored < seconds ? [invalid(field, seconds, 'must be less than or equal to previous value')] : [];
}

function deletedGates(field: string, gates: readonly PodSchedulingGate[], stored: readonly PodSchedulingGate[]): FieldError[] {
  return gates.flatMap(({ name }, index) => {
    if (stored.some((old) => old.name === name)) return [];
    return [forbiddenField(child(at(field, index), 'name'), `only deletion is allowed, but found new scheduling gate '${name}'`)];
  });
}

type MutableSpec = { -readonly [K in keyof PodSpec]: PodSpec[K] };

/** The new spec with everything that may change set back to what is stored. */
function withoutUpdatable(spec: PodSpec, stored: PodSpec): MutableSpec {
  const rest: MutableSpec = { ...spec, containers: withImages(spec.containers, stored.containers) };
  if (spec.initContainers) rest.initContainers = withImages(spec.initContainers, stored.initContainers ?? []);
  for (const name of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) setOrDelete(rest, name, stored[name]);
  const before = stored.terminationGracePeriodSeconds;
  if (before !== undefined && before < 0 && spec.terminationGracePeriodSeconds === 1) rest.terminationGracePeriodSeconds = before;
  return rest;
}

function setOrDelete<K extends keyof MutableSpec>(spec: MutableSpec, name: K, value: MutableSpec[K]): void {
  if (value === undefined) delete spec[name];
  else spec[name] = value;
}

function withImages(containers: readonly Container[], stored: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const image = stored[index]?.image;
    return image === undefined || image === container.image ? container : { ...container, image };
  });
}

/** A pod that waits for gates may get a narrower node selector and node affinity. Sets `rest` back where that is so. */
function gatedRules(rest: MutableSpec, spec: PodSpec, stored: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const selector = spec.nodeSelector ?? {};
  if (!sameValue(spec.nodeSelector, stored.nodeSelector)) {
    const added = Object.entries(stored.nodeSelector ?? {}).every(([key, value]) => selector[key] === value);
    if (!added) errors.push(invalid('spec.nodeSelector', selector, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'));
    setOrDelete(rest, 'nodeSelector', stored.nodeSelector);
  }
  const before = stored.affinity?.nodeAffinity;
  if (!sameValue(spec.affinity?.nodeAffinity, before)) {
    errors.push(...nodeAffinityChanges(spec.affinity?.nodeAffinity, before));
    const { nodeAffinity: _changed, ...others } = spec.affinity ?? {};
    const affinity: Affinity = before ? { ...others, nodeAffinity: before } : others;
    setOrDelete(rest, 'affinity', Object.keys(affinity).length || stored.affinity ? affinity : undefined);
  }
  return errors;
}

function nodeAffinityChanges(affinity: NodeAffinity | undefined, stored: NodeAffinity | undefined): FieldError[] {
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const before = stored?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const after = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (before.length === 0) return [];
  if (before.length !== after.length) return [invalid(field, goStructs(nodeSelectorTerm, after), 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  return before.flatMap((old, index) => {
    const term = after[index]!;
    const empty = !old.matchExpressions?.length && !old.matchFields?.length;
    const grows = (was: readonly unknown[] = [], is: readonly unknown[] = []): boolean => sameValue(was, is.slice(0, was.length));
    const added = empty
      ? !term.matchExpressions?.length && !term.matchFields?.length
      : grows(old.matchExpressions, term.matchExpressions) && grows(old.matchFields, term.matchFields);
    return added ? [] : [invalid(at(field, index), goStruct(nodeSelectorTerm, term), 'only additions are allowed (no mutations or deletions)')];
  });
}
