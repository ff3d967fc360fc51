/**
 * Stages of pods made from a lifecycle.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { podStatus, type PodStatus } from '#kinds/core/pod/status.ts';
import type { JsonObject } from '#machinery/patch/json-value.ts';
import type { Lifecycle, PodState, StageData } from './lifecycle.ts';
import { crashedStatus, endedStatus, type Place, pullFailedStatus, readinessStatus, startedStatus } from './pod-status.ts';
import { compileStageSelector, delayOf, jitterOf } from './stage-selector.ts';
import { backOffMs, type Stage, startsReady } from './stages.ts';
import { isPatched, withPatch } from './status-patch.ts';

const isOver = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';
const isRunning = ({ status }: Pod): boolean => status.phase === 'Running';
const isWaiting = ({ status }: Pod): boolean => (status.containerStatuses ?? []).some(({ state }) => state.waiting !== undefined);
const areReady = ({ status }: Pod): boolean => status.conditions?.some((one) => one.type === 'ContainersReady' && one.status === 'True') ?? false;

interface Transition {
  /** Only pods that run can come to it. */
  readonly fromRunning: boolean;
  isReached(pod: Pod): boolean;
  next(pod: Pod, place: Place, exitCode: number): PodStatus;
}

const TRANSITIONS: Readonly<Record<PodState, Transition>> = {
  Running: { fromRunning: false, isReached: isRunning, next: (pod, place) => startedStatus(pod, place, startsReady(pod)) },
  Ready: { fromRunning: true, isReached: areReady, next: (pod, { nowMs }) => readinessStatus(pod, nowMs, true) },
  NotReady: { fromRunning: true, isReached: (pod) => !areReady(pod), next: (pod, { nowMs }) => readinessStatus(pod, nowMs, false) },
  Succeeded: { fromRunning: true, isReached: isOver, next: (pod, { nowMs }) => endedStatus(pod, nowMs, 0) },
  Failed: { fromRunning: true, isReached: isOver, next: (pod, { nowMs }, exitCode) => endedStatus(pod, nowMs, exitCode) },
  CrashLoopBackOff: { fromRunning: true, isReached: isWaiting, next: (pod, { nowMs }, exitCode) => crashedStatus(pod, nowMs, exitCode, backOffMs(pod)) },
  ImagePullBackOff: { fromRunning: false, isReached: (pod) => isRunning(pod) || isWaiting(pod), next: pullFailedStatus },
};

/** The stages of pods in a checked lifecycle, in order. */
export function podStagesOf({ stages }: Lifecycle): readonly Stage[] {
  return (stages ?? []).filter(({ resource = 'Pod' }) => resource === 'Pod').map(podStage);
}

function podStage({ name, selector, delay = {}, next = {} }: StageData): Stage {
  const selects = compileStageSelector(selector);
  const transition = next.state === undefined ? undefined : TRANSITIONS[next.state as PodState];
  const patch = next.status as JsonObject | undefined;
  const jitterMs = jitterOf(delay);
  const isDone = (pod: Pod): boolean => (transition?.isReached(pod) ?? true) && (patch === undefined || isPatched(podStatus, pod.status, patch));
  return {
    name,
    when: (pod) => !isOver(pod) && selects(pod) && (!transition?.fromRunning || isRunning(pod)),
    rests: (pod) => next.delete !== true && isDone(pod),
    delayMs: (pod) => delayOf(delay, pod),
    jitterMs: () => jitterMs,
    next(pod, place) {
      if (next.delete) return 'delete';
      const reached = transition && !transition.isReached(pod) ? transition.next(pod, place, next.exitCode ?? 1) : pod.status;
      return patch === undefined ? reached : withPatch(podStatus, reached, patch, place.nowMs);
    },
  };
}
