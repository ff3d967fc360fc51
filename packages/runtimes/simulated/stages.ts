/**
 * What happens to pods on simulated nodes unless a lifecycle says otherwise: stages with a condition, a delay and a next status. `lifecycle.ts` has those that users write.
 *
 * The first stage whose condition holds is due after its delay; when it fires, the condition is looked at again.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { timeToMs } from '#machinery/time.ts';
import { annotation, endOf, numberOf, PULL, READY, READY_AFTER, START_AFTER, STOP_AFTER } from './annotations.ts';
import { crashedStatus, endedStatus, gatesOpen, type Place, pullFailedStatus, readinessStatus, restartedStatus, startedStatus } from './pod-status.ts';

/** One stage. */
export interface Stage {
  readonly name: string;
  when(pod: Pod): boolean;
  /** Whether it holds the pod as it is: nothing is due, also of later stages. */
  rests?(pod: Pod): boolean;
  /** Milliseconds from `nowMs` after which it is due; at once when that is not positive. */
  delayMs(pod: Pod, nowMs: number): number;
  /** Up to this many milliseconds are added at random. */
  jitterMs?(pod: Pod): number;
  /** The pod's next status; `delete`: its object goes. */
  next(pod: Pod, place: Place): PodStatus | 'delete';
}

/** Back-offs between restarts. Source: kubelet, 10 s doubling up to 5 minutes. */
const BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 300_000;
/** How containers end that are told to stop. */
const SIGTERM_EXIT = 143;

const isOver = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const isRunning = (pod: Pod): boolean => pod.status.phase === 'Running';
const isWaiting = (pod: Pod): boolean => (pod.status.containerStatuses ?? []).some(({ state }) => state.waiting !== undefined);
const mayPull = (pod: Pod): boolean => annotation(pod, PULL) !== 'false';
const isTrue = (pod: Pod, type: string): boolean => pod.status.conditions?.find((one) => one.type === type)?.status === 'True';

/** When the pod's containers last started. */
function startedMs(pod: Pod, nowMs: number): number {
  const at = pod.status.containerStatuses?.[0]?.state.running?.startedAt ?? pod.status.startTime;
  return at === undefined ? nowMs : timeToMs(at);
}

const wantsReady = (pod: Pod): boolean => annotation(pod, READY) !== 'false';

/** Whether a pod is ready as soon as it runs. */
export const startsReady = (pod: Pod): boolean => wantsReady(pod) && (numberOf(pod, READY_AFTER) ?? 0) <= 0;

/** The first restart follows at once, each later one after a longer pause. */
export function backOffMs(pod: Pod): number {
  const restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0;
  return restarts === 0 ? 0 : Math.min(BACK_OFF_MS * 2 ** (restarts - 1), MAX_BACK_OFF_MS);
}

/** Whether containers that end this way are started again. */
const restarts = ({ spec }: Pod, exitCode: number): boolean => (spec.restartPolicy ?? 'Always') === 'Always' || (spec.restartPolicy === 'OnFailure' && exitCode !== 0);

const isDeleted = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** How long a pod that is being deleted takes to stop. */
function stopMs(pod: Pod, nowMs: number): number {
  const graceSeconds = pod.metadata.deletionGracePeriodSeconds ?? 0;
  const stopSeconds = Math.min(numberOf(pod, STOP_AFTER) ?? 0, graceSeconds);
  if (stopSeconds <= 0 || !isRunning(pod)) return 0;
  return timeToMs(pod.metadata.deletionTimestamp!) - (graceSeconds - stopSeconds) * 1000 - nowMs;
}

/** A pod that is being deleted stops and says so, where somebody waits for its end. */
const stopped: Stage = {
  name: 'pod-stop',
  when: (pod) => isDeleted(pod) && isRunning(pod) && (pod.metadata.finalizers ?? []).length > 0,
  delayMs: stopMs,
  next: (pod, { nowMs }) => endedStatus(pod, nowMs, SIGTERM_EXIT),
};

/** A pod that is being deleted stops and vanishes. */
const deleted: Stage = {
  name: 'pod-delete',
  when: isDeleted,
  delayMs: stopMs,
  next: () => 'delete',
};

/** A pod whose images cannot be pulled stays where it is. */
const pullFailed: Stage = {
  name: 'pod-pull-failed',
  when: (pod) => !isOver(pod) && !isRunning(pod) && !mayPull(pod) && !isWaiting(pod),
  delayMs: (pod) => (numberOf(pod, START_AFTER) ?? 0) * 1000,
  next: (pod, place) => pullFailedStatus(pod, place),
};

/** A pod that is bound to the node runs and, unless told otherwise, is ready. */
const started: Stage = {
  name: 'pod-start',
  when: (pod) => !isOver(pod) && !isRunning(pod) && mayPull(pod),
  delayMs: (pod) => (numberOf(pod, START_AFTER) ?? 0) * 1000,
  next: (pod, place) => startedStatus(pod, place, startsReady(pod)),
};

/** A readiness gate was opened or closed, the time to be ready has come, or the pod was told to be (un)ready. */
const readiness: Stage = {
  name: 'pod-readiness',
  when(pod) {
    if (!isRunning(pod) || isWaiting(pod)) return false;
    const wanted = wantsReady(pod);
    return isTrue(pod, 'ContainersReady') !== wanted || isTrue(pod, 'Ready') !== (wanted && gatesOpen(pod));
  },
  delayMs: (pod, nowMs) => (wantsReady(pod) && !isTrue(pod, 'ContainersReady') ? startedMs(pod, nowMs) + (numberOf(pod, READY_AFTER) ?? 0) * 1000 - nowMs : 0),
  next: (pod, { nowMs }) => readinessStatus(pod, nowMs, wantsReady(pod)),
};

/** Containers with an end end: for good, or until they are started again. */
const ended: Stage = {
  name: 'pod-end',
  when: (pod) => isRunning(pod) && !isWaiting(pod) && endOf(pod) !== undefined,
  delayMs: (pod, nowMs) => startedMs(pod, nowMs) + endOf(pod)!.afterSeconds * 1000 - nowMs,
  next(pod, { nowMs }) {
    const { exitCode } = endOf(pod)!;
    return restarts(pod, exitCode) ? crashedStatus(pod, nowMs, exitCode, backOffMs(pod)) : endedStatus(pod, nowMs, exitCode);
  },
};

/** Containers that wait are started again after their back-off. */
const restarted: Stage = {
  name: 'pod-restart',
  when: (pod) => isRunning(pod) && isWaiting(pod),
  delayMs: backOffMs,
  next: (pod, { nowMs }) => restartedStatus(pod, nowMs, startsReady(pod)),
};

/** The stages in order: `own` ones decide over everything but deletion. */
export function podStages(own: readonly Stage[] = []): readonly Stage[] {
  return [stopped, deleted, ...own, pullFailed, started, readiness, restarted, ended];
}
