/**
 * Everything one pass over a Job decides from, computed once from the Job and its pods.
 */
import type { Job } from '#kinds/batch/job/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isPodActive, isPodReady, isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { Indexes } from './indexes.ts';
import { completionIndex, countAnnotation, finishedMs, INDEX_FAILURES, INDEX_IGNORED_FAILURES, isFailed, isIndexed, isTracked, validIndex } from './job-pods.ts';
import { judgeFailure } from './policies.ts';

/** A Job and its pods at one moment. */
export interface JobSnapshot {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** Ended pods that the status does not know yet, neither counted nor among the uncounted. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Totals, those not written yet included. */
  readonly succeeded: number;
  readonly failed: number;
  /** Succeeded indexes in the status, and with those of pods not accounted for. */
  readonly knownIndexes: Indexes;
  readonly succeededIndexes: Indexes;
  /** With a backoff limit per index: indexes that failed for good. */
  readonly failedIndexes: Indexes | undefined;
  /** With a backoff limit per index: the failed pod of each index that waits for its replacement, which takes over its counts. */
  readonly awaitingReplacement: ReadonlyMap<number, Pod>;
}

/** Looks at a Job and its pods. */
export function takeSnapshot(job: Job, pods: readonly Pod[]): JobSnapshot {
  const active = pods.filter(isPodActive);
  const uncounted = job.status.uncountedTerminatedPods ?? {};
  const isNew = (pod: Pod, known: readonly string[] | undefined): boolean =>
    isTracked(pod) && !known?.includes(pod.metadata.uid ?? '') && (!isIndexed(job) || validIndex(pod, job) !== undefined);
  const newSucceeded = pods.filter((pod) => pod.status.phase === 'Succeeded' && isNew(pod, uncounted.succeeded));
  const newFailed = pods.filter((pod) => isFailed(pod, job) && isNew(pod, uncounted.failed));
  const counted = newFailed.filter((pod) => judgeFailure(job, pod).counts);
  const completions = job.spec.completions ?? 0;
  const knownIndexes = isIndexed(job) ? Indexes.parse(job.status.completedIndexes, completions) : Indexes.none;
  const succeededIndexes = isIndexed(job) ? knownIndexes.union(indexesOf(pods.filter((pod) => pod.status.phase === 'Succeeded' && isTracked(pod)), job)) : Indexes.none;
  const failedIndexes = failedForGood(job, pods);
  return {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => isTerminating(pod) && !isPodTerminal(pod)).length,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? succeededIndexes.size : (job.status.succeeded ?? 0) + newSucceeded.length + (uncounted.succeeded?.length ?? 0),
    failed: (job.status.failed ?? 0) + counted.length + (uncounted.failed?.length ?? 0),
    knownIndexes,
    succeededIndexes,
    failedIndexes,
    awaitingReplacement: failedIndexes ? awaitingReplacement(job, pods, active, succeededIndexes, failedIndexes) : new Map(),
  };
}

/** The valid indexes of pods. */
export function indexesOf(pods: readonly Pod[], job: Job): Indexes {
  return Indexes.of(pods.map((pod) => validIndex(pod, job)).filter((index) => index !== undefined));
}

/** Whether this failure was the index's last allowed one. */
function failsIndex(pod: Pod, job: Job): boolean {
  if (!isFailed(pod, job)) return false;
  const { action, counts } = judgeFailure(job, pod);
  return action === 'FailIndex' || (counts && countAnnotation(pod, INDEX_FAILURES) >= (job.spec.backoffLimitPerIndex ?? 0));
}

function failedForGood(job: Job, pods: readonly Pod[]): Indexes | undefined {
  if (!isIndexed(job) || job.spec.backoffLimitPerIndex === undefined) return undefined;
  const failing = pods.filter((pod) => isTracked(pod) && failsIndex(pod, job));
  return Indexes.parse(job.status.failedIndexes, job.spec.completions ?? 0).union(indexesOf(failing, job));
}

function failureCount(pod: Pod): number {
  return countAnnotation(pod, INDEX_FAILURES) + countAnnotation(pod, INDEX_IGNORED_FAILURES);
}

function awaitingReplacement(job: Job, pods: readonly Pod[], active: readonly Pod[], succeeded: Indexes, failed: Indexes): Map<number, Pod> {
  const settled = indexesOf(active, job).union(succeeded).union(failed);
  const waiting = new Map<number, Pod>();
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index === undefined || validIndex(pod, job) === undefined || !isTracked(pod) || !isFailed(pod, job) || settled.has(index)) continue;
    const known = waiting.get(index);
    if (!known || (failureCount(known) <= failureCount(pod) && finishedMs(pod) >= finishedMs(known))) waiting.set(index, pod);
  }
  return waiting;
}
