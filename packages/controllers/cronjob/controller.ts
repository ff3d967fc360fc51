/**
 * Starts Jobs on schedule.
 *
 * Source: kube-controller-manager `pkg/controller/cronjob`.
 */
import type { Histogram } from '#base/metrics.ts';
import { TimeZones } from '#base/time-zones.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { isControlledBy, newControllerRef } from '#controller/owners.ts';
import { watchOwned, watchSelf } from '#controller/watches.ts';
import { referenceTo } from '#client/event-recorder.ts';
import type { Informer } from '#client/informer.ts';
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import type { CronJob, CronJobStatus } from '#kinds/batch/cron-job/schema.ts';
import { isTimeZone, parseCronSchedule } from '#kinds/batch/cron-job/schedule.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import type { ObjectReference } from '#kinds/core/references.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { isFinished } from '../job/verdict.ts';
import { messageOf } from '../workload/pod-control.ts';
import { createdMs, isTerminating } from '../workload/pod-state.ts';
import { observeJobs, outdatedJobs } from './active-jobs.ts';
import { missedRuns, nextRunInMs } from './missed.ts';
import { rfc1123, unsupportedSchedule } from './next-time.ts';

/** When a Job's run was due, in the CronJob's time zone. */
const SCHEDULED_TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** 1 s to 8 min, by twos. */
const SKEW_BUCKETS: readonly number[] = Array.from({ length: 10 }, (_, i) => 2 ** i);

/** `cronjob-controller`. */
export const cronJobController: ControllerEntry = {
  name: 'cronjob-controller',
  make(dependencies): Controller {
    const cronJobInformer = dependencies.informers.of(cronJobs);
    const jobInformer = dependencies.informers.of(jobs);
    jobInformer.addIndex(OWNER_INDEX, ownerIndexValues);
    const reconciler = new CronJobReconciler(dependencies, cronJobInformer, jobInformer);
    return {
      name: 'cronjob',
      watches: [watchSelf(cronJobInformer), watchOwned(jobInformer, cronJobs as Kind)],
      reconcile: (key, context) => reconciler.reconcile(key, context),
    };
  },
};

/** The time of a run as its annotation has it: RFC 3339 with the zone's offset. */
export function scheduledTimestamp(ms: number, timeZone: string | undefined, zones: TimeZones): string {
  const localMs = zones.wallClockMs(ms, timeZone ?? 'UTC');
  const minutes = Math.round((localMs - ms) / 60_000);
  if (minutes === 0) return formatTime(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  const offset = Math.abs(minutes);
  return `${formatTime(localMs).slice(0, -1)}${minutes < 0 ? '-' : '+'}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
}

class CronJobReconciler {
  readonly #tools: PassTools;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;

  constructor(dependencies: ControllerDependencies, cronJobInformer: Informer<CronJob>, jobInformer: Informer<Job>) {
    const name = 'cronjob_controller_job_creation_skew_duration_seconds';
    const help = 'Time between when a cronjob is scheduled to be run, and when the corresponding job is created';
    this.#tools = { dependencies, zones: new TimeZones(), skew: dependencies.metrics?.histogram({ name, help, buckets: SKEW_BUCKETS, stability: 'STABLE' }) };
    this.#cronJobs = cronJobInformer;
    this.#jobs = jobInformer;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const cronJob = this.#cronJobs.lister.get(key);
    if (!cronJob) return undefined;
    const children = this.#jobs.lister.byIndex(OWNER_INDEX, cronJob.metadata.uid ?? '');
    const pass = new CronJobPass(cronJob, this.#tools, context);
    await pass.observe(children);
    let afterMs: number | undefined;
    let failure: unknown;
    try {
      afterMs = isTerminating(cronJob) ? undefined : await pass.start();
    } catch (error) {
      failure = error;
    }
    // What was noticed is kept, whatever became of the run.
    await pass.cleanUp(children);
    await pass.write();
    if (failure !== undefined) throw failure;
    return afterMs === undefined ? undefined : { afterMs };
  }
}

/** What passes share. */
interface PassTools {
  readonly dependencies: ControllerDependencies;
  readonly zones: TimeZones;
  readonly skew: Histogram | undefined;
}

/** One pass over one CronJob. */
class CronJobPass {
  readonly #cronJob: CronJob;
  readonly #dependencies: ControllerDependencies;
  readonly #context: ReconcileContext;
  readonly #skew: Histogram | undefined;
  readonly #zones: TimeZones;
  #status: CronJobStatus;

  constructor(cronJob: CronJob, { dependencies, zones, skew }: PassTools, context: ReconcileContext) {
    this.#cronJob = cronJob;
    this.#dependencies = dependencies;
    this.#skew = skew;
    this.#zones = zones;
    this.#context = context;
    this.#status = cronJob.status;
  }

  /** Takes note of Jobs that ended, went missing or came from elsewhere. */
  async observe(children: readonly Job[]): Promise<void> {
    const { status, notices, missing } = observeJobs(this.#cronJob, children);
    this.#status = status;
    for (const notice of notices) {
      const { name } = notice.job.metadata;
      if (notice.type === 'unexpected') this.#tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
      else this.#tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${notice.condition}`);
    }
    for (const reference of missing) {
      if (await this.#get(reference)) continue;
      this.#tell('Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
      this.#status = { ...this.#status, active: (this.#status.active ?? []).filter(({ uid }) => uid !== reference.uid) };
    }
  }

  /** Starts the run that is due, if it may start. Answers when to look again, in milliseconds. */
  async start(): Promise<number | undefined> {
    const cronJob = { ...this.#cronJob, status: this.#status };
    const { spec } = cronJob;
    if (!this.#knowsZone() || spec.suspend || !this.#isReadable()) return undefined;
    const nowMs = this.#context.clock.now();
    let dueMs: number | undefined;
    try {
      const runs = missedRuns(cronJob, nowMs, this.#zones, true);
      ({ dueMs } = runs);
      if (runs.missed === 'many') {
        this.#tell('Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
      }
    } catch (error) {
      this.#tell('Warning', 'InvalidSchedule', `invalid schedule: ${spec.schedule} : ${messageOf(error)}`);
      return undefined;
    }
    if (dueMs !== undefined && this.#mayStart(cronJob, dueMs, nowMs)) await this.#run(dueMs);
    return nextRunInMs({ ...this.#cronJob, status: this.#status }, nowMs, this.#zones);
  }

  /** Removes finished Jobs beyond the history limits. */
  async cleanUp(children: readonly Job[]): Promise<void> {
    for (const job of outdatedJobs(this.#cronJob, children)) await this.#remove(job);
  }

  async write(): Promise<void> {
    const { active = [] } = this.#status;
    const { active: _, ...rest } = this.#status;
    const status: CronJobStatus = active.length > 0 ? this.#status : rest;
    if (!sameValue(status, this.#cronJob.status)) await this.#context.client.of(cronJobs).updateStatus({ ...this.#cronJob, status }, {}, this.#context.signal);
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#dependencies.events.event(this.#cronJob, type, reason, message);
  }

  #knowsZone(): boolean {
    const { timeZone } = this.#cronJob.spec;
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      this.#tell('Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`);
      return false;
    }
    return true;
  }

  #isReadable(): boolean {
    const { schedule } = this.#cronJob.spec;
    const unsupported = unsupportedSchedule(schedule);
    if (unsupported) this.#tell('Warning', 'UnsupportedSchedule', unsupported);
    try {
      parseCronSchedule(schedule);
      return true;
    } catch (error) {
      this.#tell('Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${messageOf(error)}`);
      return false;
    }
  }

  #mayStart({ spec, status }: CronJob, dueMs: number, nowMs: number): boolean {
    if (spec.startingDeadlineSeconds !== undefined && dueMs + spec.startingDeadlineSeconds * 1000 < nowMs) {
      this.#tell('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(dueMs)}`);
      return false;
    }
    const { active = [] } = status;
    if (status.lastScheduleTime === formatTime(dueMs) || active.some(({ name }) => name === this.#jobName(dueMs))) return false;
    if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
      this.#tell('Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return false;
    }
    return true;
  }

  #jobName(dueMs: number): string {
    return `${this.#cronJob.metadata.name}-${Math.floor(dueMs / 60_000)}`;
  }

  async #run(dueMs: number): Promise<void> {
    if (this.#cronJob.spec.concurrencyPolicy === 'Replace') await this.#replaceActive();
    const job = await this.#create(dueMs);
    if (!job) return;
    const { active = [] } = this.#status;
    const { resourceVersion, ...reference } = referenceTo(job);
    this.#skew?.observe((createdMs(job) - dueMs) / 1000);
    this.#status = { ...this.#status, active: [...active, { ...reference, ...(resourceVersion ? { resourceVersion } : {}) }], lastScheduleTime: formatTime(dueMs) };
  }

  async #replaceActive(): Promise<void> {
    for (const reference of this.#status.active ?? []) {
      const job = await this.#get(reference).catch((error: unknown) => {
        if (!this.#context.signal.aborted) this.#tell('Warning', 'FailedGet', `Get job: ${messageOf(error)}`);
        throw error;
      });
      if (job && !(await this.#remove(job))) throw new Error(`could not replace job ${reference.namespace}/${reference.name}`);
    }
    this.#status = { ...this.#status, active: [] };
  }

  /** Creates the Job of a run; answers the existing one when an earlier pass could not note it; `undefined` when there is nothing to note. */
  async #create(dueMs: number): Promise<Job | undefined> {
    const { client, signal } = this.#context;
    const { spec, metadata } = this.#cronJob;
    const { labels, annotations } = spec.jobTemplate.metadata;
    const { namespace = '' } = metadata;
    const name = this.#jobName(dueMs);
    const api = client.of(jobs).namespace(namespace);
    try {
      const job = await api.create(
        {
          metadata: {
            name,
            namespace,
            ...(labels ? { labels } : {}),
            annotations: { ...annotations, [SCHEDULED_TIMESTAMP]: scheduledTimestamp(dueMs, spec.timeZone, this.#zones) },
            ownerReferences: [newControllerRef(this.#cronJob, cronJobs as Kind)],
          },
          spec: spec.jobTemplate.spec,
        },
        {},
        signal,
      );
      this.#tell('Normal', 'SuccessfulCreate', `Created job ${name}`);
      return job;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (isReason(error, 'AlreadyExists')) {
        const found = await api.get(name, signal);
        return isControlledBy(found, this.#cronJob) && !isFinished(found) ? found : undefined;
      }
      if (!signal.aborted) this.#tell('Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  }

  async #get({ name = '', namespace = '' }: ObjectReference): Promise<Job | undefined> {
    try {
      return await this.#context.client.of(jobs).namespace(namespace).get(name, this.#context.signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Answers whether the Job is gone; why it is not, its CronJob is told. */
  async #remove({ metadata }: Job): Promise<boolean> {
    const { client, signal } = this.#context;
    const { name = '', namespace = '', uid = '' } = metadata;
    try {
      await client.of(jobs).namespace(namespace).delete(name, { propagationPolicy: 'Background', preconditions: { uid } }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isReason(error, 'NotFound')) return true;
      this.#tell('Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      return false;
    }
    this.#status = { ...this.#status, active: (this.#status.active ?? []).filter((reference) => reference.uid !== uid) };
    this.#tell('Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    return true;
  }
}
