/**
 * Counts ended pods exactly once, whatever fails in between.
 *
 *     pod ends ──> its uid is written to status.uncountedTerminatedPods ──> its finalizer is removed ──> it is counted, its uid forgotten
 *
 * Source: KEP-2307, Job tracking with finalizers.
 */
import type { Job, JobStatus } from '#kinds/batch/job/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { Indexes } from './indexes.ts';
import { isFailed, isIndexed, isTracked, validIndex } from './job-pods.ts';
import { judgeFailure } from './policies.ts';
import type { JobSnapshot } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

/** Pods in one status at most, so that it stays below 20 kB. */
const MAX_UNCOUNTED = 500;

/** The status with ended pods noted, and the pods whose finalizers may go once that is written. */
export interface Tally {
  readonly status: JobStatus;
  readonly release: readonly Pod[];
  /** Whether more pods wait to be noted. */
  readonly more: boolean;
  /** What the failure policy says of each failed pod that is looked at for the first time. */
  readonly policyActions: readonly string[];
}

/** Counts the noted pods whose finalizers are gone and forgets their uids. */
export function settleCounts(status: JobStatus, uidsWithFinalizer: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const keptSucceeded = succeeded.filter((uid) => uidsWithFinalizer.has(uid));
  const keptFailed = failed.filter((uid) => uidsWithFinalizer.has(uid));
  if (keptSucceeded.length === succeeded.length && keptFailed.length === failed.length) return status;
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - keptSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - keptFailed.length,
    uncountedTerminatedPods: uncounted(keptSucceeded, keptFailed),
  };
}

function uncounted(succeeded: readonly string[], failed: readonly string[]): NonNullable<JobStatus['uncountedTerminatedPods']> {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

/** Whether the pod's finalizer may go now. */
function mayRelease(pod: Pod, { job, awaitingReplacement }: JobSnapshot, verdict: Verdict | undefined): boolean {
  if (job.metadata.deletionTimestamp || verdict || pod.status.phase === 'Succeeded') return true;
  if (!isFailed(pod, job)) return false;
  const index = validIndex(pod, job);
  return index === undefined || awaitingReplacement.get(index) !== pod;
}

/** Notes ended pods in `status`, which has been settled; with a verdict of failure, pods that have not ended count as failed. */
export function tallyPods(snapshot: JobSnapshot, status: JobStatus, verdict: Verdict | undefined): Tally {
  const { job } = snapshot;
  const succeeded = [...(status.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(status.uncountedTerminatedPods?.failed ?? [])];
  const newIndexes: number[] = [];
  const release: Pod[] = [];
  const policyActions: string[] = [];
  let more = false;
  const pods = isIndexed(job) ? snapshot.pods.toSorted((a, b) => (validIndex(a, job) ?? -1) - (validIndex(b, job) ?? -1)) : snapshot.pods;
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(pod, snapshot, verdict)) continue;
    const uid = pod.metadata.uid ?? '';
    release.push(pod);
    if (pod.status.phase === 'Succeeded' && !failed.includes(uid)) {
      const index = validIndex(pod, job);
      if (!isIndexed(job)) {
        if (!succeeded.includes(uid)) succeeded.push(uid);
      } else if (index !== undefined && !snapshot.knownIndexes.has(index)) newIndexes.push(index);
    } else if (mayCountAsFailed(pod, job, verdict) && !failed.includes(uid)) {
      const { action, counts } = judgeFailure(job, pod);
      if (action) policyActions.push(action);
      if (counts) failed.push(uid);
    }
    if (newIndexes.length + succeeded.length + failed.length < MAX_UNCOUNTED) continue;
    more = true;
    break;
  }
  const noted: JobStatus = { ...status, uncountedTerminatedPods: uncounted(succeeded, failed) };
  return { status: isIndexed(job) ? withIndexes(noted, snapshot, newIndexes) : noted, release, more, policyActions };
}

/** Whether the pod has failed, or has as its Job has; the failure policy may still ignore that. */
function mayCountAsFailed(pod: Pod, job: Job, verdict: Verdict | undefined): boolean {
  if (!isFailed(pod, job) && (!verdict || verdict.success)) return false;
  return !isIndexed(job) || validIndex(pod, job) !== undefined;
}

function withIndexes(status: JobStatus, { knownIndexes, failedIndexes }: JobSnapshot, newIndexes: readonly number[]): JobStatus {
  const completed = knownIndexes.union(Indexes.of(newIndexes));
  const { completedIndexes: _, failedIndexes: __, ...rest } = status;
  return {
    ...rest,
    succeeded: completed.size,
    ...(completed.size > 0 ? { completedIndexes: completed.toString() } : {}),
    ...(failedIndexes ? { failedIndexes: failedIndexes.toString() } : {}),
  };
}
