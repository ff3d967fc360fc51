/**
 * What a Job's pods say: their index, whether they count as failed, when they ended.
 */
import type { Job } from '#kinds/batch/job/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { timeToMs } from '#machinery/time.ts';
import { createdMs, isTerminating, podCondition } from '../workload/pod-state.ts';

/** Keeps a finished pod until it has been counted. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
/** Annotation and label with a pod's index. */
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
/** How often the index has failed before this pod, by limit. */
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
/** How often the index has failed before this pod in ways that a failure policy ignores. */
export const INDEX_IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Whether each pod has an index of its own. */
export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** Whether a terminating pod is replaced only once it has failed. */
export function onlyReplacesFailed(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
}

/** The pod's index; `undefined` when it has none. */
export function completionIndex(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[COMPLETION_INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The pod's index if the job has such an index. */
export function validIndex(pod: Pod, job: Job): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

/** Whether the pod has not been accounted for yet. */
export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

/** Whether the pod counts as failed: pods that are deleted before they end do, unless the job waits for their end. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === 'Failed') return true;
  if (onlyReplacesFailed(job)) return false;
  return isTerminating(pod) && pod.status.phase !== 'Succeeded';
}

/** When the pod ended, as well as its status tells; milliseconds since the epoch. */
export function finishedMs(pod: Pod): number {
  const ends = (pod.status.containerStatuses ?? []).map((status) => status.state.terminated?.finishedAt).filter((at): at is string => Boolean(at));
  if (ends.length > 0) return Math.max(...ends.map(timeToMs));
  const ready = podCondition(pod, 'Ready');
  if (pod.status.phase === 'Failed' && ready?.status === 'False' && ready.lastTransitionTime) return timeToMs(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  return deletionTimestamp ? timeToMs(deletionTimestamp) - deletionGracePeriodSeconds * 1000 : createdMs(pod);
}

/** A count in an annotation; 0 when it has none. */
export function countAnnotation(pod: Pod, name: string): number {
  const text = pod.metadata.annotations?.[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}
