/**
 * One pass over one Job: creates and removes pods, counts ended ones, writes the status.
 */
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job, JobCondition, JobStatus } from '#kinds/batch/job/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { findCondition } from '../workload/conditions.ts';
import { createPod, deletePod } from '../workload/pod-control.ts';
import type { PodControl } from '../workload/pod-control.ts';
import { isPodReady, isTerminating } from '../workload/pod-state.ts';
import { isReplaced } from '../workload/replaced.ts';
import { slowStart } from '../workload/slow-start.ts';
import { settleCounts, tallyPods } from './accounting.ts';
import type { FailureRecord } from './failure-backoff.ts';
import { Indexes } from './indexes.ts';
import { isIndexed, isTracked, TRACKING_FINALIZER } from './job-pods.ts';
import { planPods } from './plan.ts';
import type { PodPlan } from './plan.ts';
import { podIdentity, podTemplate } from './pod-template.ts';
import type { JobAction, JobMetrics, JobPodReason } from './metrics.ts';
import type { JobSnapshot } from './snapshot.ts';
import { COMPLETIONS_REACHED, deadlineInMs, isComplete, jobCondition, reachVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** How many pods live after what a pass did to them. */
interface Live {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

/** Removes the finalizer that keeps an ended pod; a pod that is gone is fine, also when another one has its name. */
export async function releasePod(pod: Pod, { client, signal }: Pick<ReconcileContext, 'client' | 'signal'>): Promise<void> {
  if (!isTracked(pod)) return;
  const { namespace = '', name = '', uid } = pod.metadata;
  const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
  try {
    await client.of(pods).namespace(namespace).patch(name, { type: 'strategic', body }, {}, signal);
  } catch (error) {
    if (isReason(error, 'NotFound')) return;
    // Either another pod has the name, or others wrote at the same time: then the finalizer is still there, and the pod must not be counted as released.
    if (isReason(error, 'Conflict') && (await isReplaced(client, pods, pod, signal))) return;
    throw error;
  }
}

/** Who is told of what happens. */
export interface JobAudience {
  readonly events: EventRecorder;
  readonly metrics: JobMetrics;
}

/** The pass. */
export class JobRun {
  readonly #stored: Job;
  readonly #snapshot: JobSnapshot;
  readonly #failures: FailureRecord;
  readonly #events: EventRecorder;
  readonly #metrics: JobMetrics;
  readonly #context: ReconcileContext;
  readonly #nowMs: number;
  /** As the server has it after the last write. */
  #job: Job;
  #status: JobStatus;
  #againMs: number | undefined;
  #error: unknown;
  #action: JobAction = 'reconciling';

  constructor(snapshot: JobSnapshot, failures: FailureRecord, { events, metrics }: JobAudience, context: ReconcileContext) {
    this.#snapshot = snapshot;
    this.#stored = snapshot.job;
    this.#job = snapshot.job;
    this.#status = snapshot.job.status;
    this.#failures = failures;
    this.#events = events;
    this.#metrics = metrics;
    this.#context = context;
    this.#nowMs = context.clock.now();
  }

  /** Does it all. Answers when to look again, in milliseconds. @throws what creating or removing pods failed with */
  async run(): Promise<number | undefined> {
    const { spec, status } = this.#stored;
    if (!status.startTime && !spec.suspend) this.#status = { ...this.#status, startTime: formatTime(this.#nowMs) };
    const started: JobSnapshot = { ...this.#snapshot, job: { ...this.#stored, status: this.#status } };
    let verdict = reachVerdict(started, this.#nowMs);
    let live: Live;
    if (verdict) {
      live = await this.#removeAll();
      if (live.active > 0) verdict = undefined; // not over before every pod is on its way out
    } else {
      const deadlineMs = deadlineInMs(started.job, this.#nowMs);
      if (deadlineMs !== undefined) this.#again(deadlineMs);
      live = await this.#manage();
      if (isComplete(this.#snapshot, live.active)) verdict = COMPLETIONS_REACHED;
      else if (!isTerminating(this.#stored)) this.#noteSuspension();
    }
    this.#status = { ...this.#status, active: live.active, ready: live.ready, terminating: live.terminating };
    await this.#account(verdict, live.terminating);
    if (this.#error !== undefined) throw this.#error;
    return this.#againMs;
  }

  /** What the run has done, for the metrics. */
  get action(): JobAction {
    return this.#action;
  }

  #again(ms: number): void {
    this.#againMs = Math.min(this.#againMs ?? Infinity, ms);
  }

  get #control(): PodControl {
    return { client: this.#context.client, events: this.#events, owner: this.#stored, ownerKind: jobs as Kind, signal: this.#context.signal };
  }

  /** Deletes active pods; their finalizers stay until they are counted. */
  async #removeAll(): Promise<Live> {
    return this.#remove(this.#snapshot.active, (pod) => deletePod(this.#control, pod));
  }

  async #remove(doomed: readonly Pod[], remove: (pod: Pod) => Promise<void>): Promise<Live> {
    const { active, ready, terminating } = this.#snapshot;
    const results = await Promise.allSettled(doomed.map(remove));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.#error = failed.reason;
    const removed = doomed.filter((_, i) => results[i]?.status === 'fulfilled');
    return { active: active.length - removed.length, ready: ready - removed.filter(isPodReady).length, terminating: terminating + removed.length };
  }

  async #manage(): Promise<Live> {
    const { active, ready, terminating } = this.#snapshot;
    const unchanged: Live = { active: active.length, ready, terminating };
    if (isTerminating(this.#stored)) return unchanged;
    const plan = planPods(this.#snapshot, this.#failures, this.#nowMs);
    this.#action = actionOf(plan, this.#stored);
    switch (plan.type) {
      case 'nothing':
        return unchanged;
      case 'wait':
        this.#again(plan.ms);
        return unchanged;
      case 'remove':
        // Pods that are not wanted any more are not counted either.
        return this.#remove(plan.pods, async (pod) => {
          await releasePod(pod, this.#context);
          await deletePod(this.#control, pod);
        });
      case 'create': {
        const created = await this.#create(plan.count, plan.indexes);
        return { ...unchanged, active: active.length + created };
      }
    }
  }

  async #create(count: number, indexes: readonly number[] | undefined): Promise<number> {
    const job = this.#stored;
    const { succeeded, error } = await slowStart(count, 1, async (i) => {
      const index = indexes?.[i];
      const replaced = index === undefined ? undefined : this.#snapshot.awaitingReplacement.get(index);
      await createPod(this.#control, podTemplate(job, index), podIdentity(job, index, replaced));
    });
    if (error !== undefined && !isNamespaceTerminating(error)) this.#error = error;
    this.#metrics.podsCreated(this.#creationReason(), 'succeeded', succeeded);
    if (error !== undefined) this.#metrics.podsCreated(this.#creationReason(), 'failed', 1);
    return succeeded;
  }

  #creationReason(): JobPodReason {
    const failed = (this.#stored.status.failed ?? 0) + this.#snapshot.newFailed.length > 0;
    if (failed && this.#stored.spec.podReplacementPolicy === 'Failed') return 'recreate_failed';
    return failed || this.#snapshot.terminating > 0 ? 'recreate_terminating_or_failed' : 'new';
  }

  /** Tells that the Job has been suspended or resumed. Resuming starts its time anew. */
  #noteSuspension(): void {
    const current = findCondition(this.#status.conditions, 'Suspended');
    const suspended = this.#stored.spec.suspend === true;
    if (suspended ? current?.status === 'True' : current?.status !== 'True') return;
    const condition = suspended
      ? jobCondition('Suspended', 'True', 'JobSuspended', 'Job suspended', this.#nowMs)
      : jobCondition('Suspended', 'False', 'JobResumed', 'Job resumed', this.#nowMs);
    this.#status = { ...this.#status, conditions: replaceCondition(this.#status.conditions, condition) };
    if (!suspended) this.#status = { ...this.#status, startTime: formatTime(this.#nowMs) };
    this.#events.event(this.#stored, 'Normal', suspended ? 'Suspended' : 'Resumed', condition.message ?? '');
  }

  /** Notes, releases and counts ended pods; the last status write makes the Job finished when nothing is left to count. */
  async #account(verdict: Verdict | undefined, terminating: number): Promise<void> {
    const withFinalizer = new Set(this.#snapshot.pods.filter(isTracked).map((pod) => pod.metadata.uid ?? ''));
    const tally = tallyPods(this.#snapshot, settleCounts(this.#status, withFinalizer), verdict);
    this.#status = tally.status;
    if (verdict) this.#noteVerdict(verdict);
    await this.#write();
    for (const action of tally.policyActions) this.#metrics.policyDecided(action);
    const released = await Promise.allSettled(tally.release.map((pod) => releasePod(pod, this.#context)));
    for (const [i, result] of released.entries()) {
      if (result.status === 'fulfilled') withFinalizer.delete(tally.release[i]!.metadata.uid ?? '');
      else this.#error ??= result.reason;
    }
    this.#status = settleCounts(this.#status, withFinalizer);
    const uncounted = this.#status.uncountedTerminatedPods;
    const counted = !uncounted?.succeeded?.length && !uncounted?.failed?.length;
    const finished = verdict !== undefined && !tally.more && counted && terminating === 0;
    if (finished) this.#finish(verdict);
    await this.#write();
    this.#measure();
    if (finished) this.#reportEnd(verdict);
  }

  #measure(): void {
    const [job, before, { succeeded = 0, failed = 0, completedIndexes, failedIndexes }] = [this.#stored, this.#stored.status, this.#status];
    this.#metrics.podsFinished(job, 'failed', failed - (before.failed ?? 0));
    if (!isIndexed(job)) return this.#metrics.podsFinished(job, 'succeeded', succeeded - (before.succeeded ?? 0));
    // Indexes that are out of range since the Job was made smaller count neither before nor now.
    const size = (text: string | undefined): number => Indexes.parse(text, job.spec.completions ?? 0).size;
    const completed = size(completedIndexes) - size(before.completedIndexes);
    this.#metrics.podsFinished(job, 'succeeded', completed);
    this.#metrics.indexesFinished(job, 'succeeded', completed);
    this.#metrics.indexesFinished(job, 'failed', size(failedIndexes) - size(before.failedIndexes));
  }

  #noteVerdict({ success, reason, message }: Verdict): void {
    const type = success ? 'SuccessCriteriaMet' : 'FailureTarget';
    if (findCondition(this.#status.conditions, type)?.status === 'True') return;
    this.#status = { ...this.#status, conditions: [...(this.#status.conditions ?? []), jobCondition(type, 'True', reason, message, this.#nowMs)] };
  }

  #finish({ success, reason, message }: Verdict): void {
    const condition = jobCondition(success ? 'Complete' : 'Failed', 'True', reason, message, this.#context.clock.now());
    const conditions = replaceCondition(this.#status.conditions, condition);
    this.#status = { ...this.#status, conditions, ...(success ? { completionTime: condition.lastTransitionTime ?? '' } : {}) };
  }

  #reportEnd({ success, reason, message }: Verdict): void {
    this.#metrics.finished(this.#stored, success ? 'succeeded' : 'failed', reason);
    if (!success) {
      this.#events.event(this.#stored, 'Warning', reason, message);
      return;
    }
    const { completions } = this.#stored.spec;
    if (completions !== undefined && (this.#status.succeeded ?? 0) > completions) {
      this.#events.event(this.#stored, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
    }
    this.#events.event(this.#stored, 'Normal', 'Completed', 'Job completed');
  }

  /** Writes the status if it says something new. */
  async #write(): Promise<void> {
    const status: JobStatus = { ...this.#status, uncountedTerminatedPods: this.#status.uncountedTerminatedPods ?? {} };
    if (sameStatus(this.#job.status, status)) return;
    this.#job = await this.#context.client.of(jobs).updateStatus({ ...this.#job, status }, {}, this.#context.signal);
    this.#status = this.#job.status;
  }
}

/** What a plan counts as; waiting for a back-off to end is part of creating. */
function actionOf({ type }: PodPlan, { spec }: Job): JobAction {
  if (type === 'remove' || spec.suspend) return 'pods_deleted';
  return type === 'nothing' ? 'tracking' : 'pods_created';
}

/** Puts a condition in place of the one of its type, or at the end. */
function replaceCondition(conditions: readonly JobCondition[] | undefined, next: JobCondition): readonly JobCondition[] {
  const known = conditions ?? [];
  return known.some(({ type }) => type === next.type) ? known.map((one) => (one.type === next.type ? next : one)) : [...known, next];
}

/** Absent counts are zero. */
function sameStatus(a: JobStatus, b: JobStatus): boolean {
  const { active: activeA = 0, succeeded: succeededA = 0, failed: failedA = 0, completedIndexes: indexesA = '', ...restA } = a;
  const { active: activeB = 0, succeeded: succeededB = 0, failed: failedB = 0, completedIndexes: indexesB = '', ...restB } = b;
  return activeA === activeB && succeededA === succeededB && failedA === failedB && indexesA === indexesB && sameValue(restA, restB);
}
