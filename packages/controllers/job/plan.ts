/**
 * Which pods a Job that goes on needs: how many to create, with which indexes, and which to remove.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import { compareForDeletion } from '../replicaset/deletion-order.ts';
import { isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { indexRemainingMs, remainingMs } from './failure-backoff.ts';
import type { FailureRecord } from './failure-backoff.ts';
import { isIndexed, onlyReplacesFailed, validIndex } from './job-pods.ts';
import { indexesOf } from './snapshot.ts';
import type { JobSnapshot } from './snapshot.ts';

/** Pods that one pass creates or deletes at most. */
const MAX_PER_PASS = 500;

/** What to do with pods now: either remove, or create, or wait. */
export type PodPlan =
  | { readonly type: 'remove'; readonly pods: readonly Pod[] }
  | { readonly type: 'create'; readonly count: number; readonly indexes: readonly number[] | undefined }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'nothing' };

/** How many pods should be active. */
export function wantedActive({ job, active, succeeded }: JobSnapshot): number {
  const parallelism = job.spec.parallelism ?? 1;
  if (job.spec.suspend) return 0;
  if (job.spec.completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(Math.min(job.spec.completions - succeeded, parallelism), 0);
}

/** At least `atLeast` active pods to remove, and every one without a valid index or with one that another pod has. */
export function podsToRemove(job: Job, active: readonly Pod[], atLeast: number, nowMs: number): readonly Pod[] {
  const byWorth = active.toSorted((a, b) => compareForDeletion({ pod: a, rank: 0 }, { pod: b, rank: 0 }, nowMs));
  if (!isIndexed(job)) return byWorth.slice(0, atLeast);
  const best = new Map<number, Pod>();
  for (const pod of byWorth) {
    const index = validIndex(pod, job);
    if (index !== undefined) best.set(index, pod);
  }
  const keep = new Set(best.values());
  const misplaced = byWorth.filter((pod) => !keep.has(pod));
  return [...misplaced, ...byWorth.filter((pod) => keep.has(pod)).slice(0, Math.max(atLeast - misplaced.length, 0))];
}

/** Indexes that need a pod, lowest first. */
function pendingIndexes({ job, pods, active, succeededIndexes, failedIndexes }: JobSnapshot, count: number): number[] {
  let taken = indexesOf(active, job).union(succeededIndexes);
  if (failedIndexes) taken = taken.union(failedIndexes);
  if (onlyReplacesFailed(job)) taken = taken.union(indexesOf(pods.filter((pod) => isTerminating(pod) && !isPodTerminal(pod)), job));
  return taken.firstMissing(count, job.spec.completions ?? 0);
}

/** Decides about pods. */
export function planPods(snapshot: JobSnapshot, failures: FailureRecord, nowMs: number): PodPlan {
  const { job, active, terminating, awaitingReplacement } = snapshot;
  const wanted = wantedActive(snapshot);
  const doomed = podsToRemove(job, active, Math.max(active.length - wanted, 0), nowMs);
  if (doomed.length > 0) return { type: 'remove', pods: doomed.slice(0, MAX_PER_PASS) };
  const missing = Math.min(wanted - active.length - (onlyReplacesFailed(job) ? terminating : 0), MAX_PER_PASS);
  if (missing <= 0) return { type: 'nothing' };
  if (job.spec.backoffLimitPerIndex === undefined) {
    const ms = remainingMs(failures, nowMs);
    if (ms > 0) return { type: 'wait', ms };
    const indexes = isIndexed(job) ? pendingIndexes(snapshot, missing) : undefined;
    return { type: 'create', count: indexes?.length ?? missing, indexes };
  }
  const pending = pendingIndexes(snapshot, missing);
  const waits = new Map(pending.map((index) => [index, indexRemainingMs(awaitingReplacement.get(index), nowMs)]));
  const indexes = pending.filter((index) => waits.get(index) === 0);
  if (indexes.length === 0) return pending.length === 0 ? { type: 'nothing' } : { type: 'wait', ms: Math.min(...waits.values()) };
  return { type: 'create', count: indexes.length, indexes };
}
