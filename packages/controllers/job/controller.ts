/**
 * Runs Jobs to their end.
 *
 * Source: kube-controller-manager `pkg/controller/job`.
 */
import { DEFAULT_RATE_LIMITS } from '#base/work-queue.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { controllerRef, refersToKind } from '#controller/owners.ts';
import { observe, ownerKey, watch, watchSelf } from '#controller/watches.ts';
import type { Watch } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey, splitKey } from '#client/object-key.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { staleSkips } from '../workload/stale-skips.ts';
import { claim, orphanIndexValue, OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { NO_FAILURES, recordEnds } from './failure-backoff.ts';
import type { FailureRecord } from './failure-backoff.ts';
import { isTracked, TRACKING_FINALIZER } from './job-pods.ts';
import { jobMetrics } from './metrics.ts';
import type { JobMetrics } from './metrics.ts';
import { JobRun, releasePod } from './run.ts';
import type { JobAudience } from './run.ts';
import { takeSnapshot } from './snapshot.ts';
import { isFinished } from './verdict.ts';

/** `spec.managedBy` of Jobs that are ours; others are left alone. */
const OWN_MANAGER = 'kubernetes.io/job-controller';
/** A key that fails is tried again after 1 s, doubling up to 1 minute. */
const RATE_LIMITS = { ...DEFAULT_RATE_LIMITS, baseMs: 1_000, maxMs: 60_000 };
/** Keys of pods that are kept for a Job that is gone begin so. */
const ORPHAN = 'orphan:';

/** `job-controller`. */
export const jobController: ControllerEntry = {
  name: 'job-controller',
  make: makeJobController,
};

function makeJobController(dependencies: ControllerDependencies): Controller {
  const jobInformer = dependencies.informers.of(jobs);
  const podInformer = dependencies.informers.of(pods);
  podInformer.addIndex(OWNER_INDEX, ownerIndexValues);
  const metrics = jobMetrics(dependencies.metrics);
  const reconciler = new JobReconciler({ events: dependencies.events, metrics }, jobInformer, podInformer);
  return {
    name: 'job',
    onStale: staleSkips(dependencies.metrics, 'job_controller', 'Job'),
    rateLimits: RATE_LIMITS,
    watches: [watchSelf(jobInformer), watch(podInformer, (pod) => keysOfPod(pod, jobInformer)), ...tallies(metrics, jobInformer, podInformer)],
    reconcile: (key, context) => (key.startsWith(ORPHAN) ? reconciler.releaseOrphan(key.slice(ORPHAN.length), context) : reconciler.reconcile(key, context)),
  };
}

/** Counts Jobs of others, and ended pods that are kept, as they come and go. */
function tallies(metrics: JobMetrics, jobInformer: Informer<Job>, podInformer: Informer<Pod>): readonly Watch[] {
  const record = (before: boolean, after: boolean): void => {
    if (before !== after) metrics.tracked(after ? 'add' : 'delete');
  };
  return [
    observe(jobInformer, {
      added(job) {
        const manager = externalManager(job);
        if (manager !== undefined) metrics.external(manager);
      },
    }),
    observe(podInformer, {
      added: (pod) => record(false, isKept(pod)),
      updated: (pod, old) => record(isKept(old), isKept(pod)),
      deleted: (pod) => record(isKept(pod), false),
    }),
  ];
}

/** Who runs the Job, when that is not us. */
function externalManager({ spec: { managedBy } }: Job): string | undefined {
  return managedBy === undefined || managedBy === OWN_MANAGER ? undefined : managedBy;
}

/** Whether the pod has ended and waits for being counted. */
function isKept(pod: Pod): boolean {
  return isPodTerminal(pod) && isTracked(pod);
}

function keysOfPod(pod: Pod, informer: Informer<Job>): string[] {
  const owner = ownerKey(pod, jobs as Kind);
  if (owner !== undefined) {
    const job = informer.lister.get(owner);
    const kept = isTracked(pod) && (!job || job.metadata.uid !== controllerRef(pod)?.uid || isFinished(job));
    return kept ? [owner, `${ORPHAN}${objectKey(pod)}`] : [owner];
  }
  if (controllerRef(pod)) return [];
  const keys = isTracked(pod) ? [`${ORPHAN}${objectKey(pod)}`] : [];
  if (isTerminating(pod)) return keys;
  const adopters = informer.lister.list(pod.metadata.namespace).filter((job) => compileLabelSelector(job.spec.selector).matches(pod.metadata.labels ?? {}));
  return [...keys, ...adopters.map(objectKey)];
}

class JobReconciler {
  readonly #audience: JobAudience;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  /** Failures since the last success, by key; lost on a restart, which only shortens a back-off. */
  readonly #failures = new Map<string, FailureRecord>();

  constructor(audience: JobAudience, jobInformer: Informer<Job>, podInformer: Informer<Pod>) {
    this.#audience = audience;
    this.#jobs = jobInformer;
    this.#pods = podInformer;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const job = this.#jobs.lister.get(key);
    if (job && externalManager(job) !== undefined) return undefined;
    if (!job || isFinished(job)) {
      this.#failures.delete(key);
      for (const pod of this.#leftOver(key)) await this.releaseOrphan(objectKey(pod), context);
      return undefined;
    }
    const snapshot = takeSnapshot(job, await this.#podsOf(job, context));
    const failures = recordEnds(this.#failures.get(key) ?? NO_FAILURES, snapshot.newSucceeded, snapshot.newFailed);
    const afterMs = await this.#measured(job, new JobRun(snapshot, failures, this.#audience, context), context);
    this.#failures.set(key, failures);
    return afterMs === undefined ? undefined : { afterMs };
  }

  async #measured(job: Job, run: JobRun, { clock }: ReconcileContext): Promise<number | undefined> {
    const startMs = clock.monotonicMs();
    let result: 'success' | 'error' = 'error';
    try {
      const afterMs = await run.run();
      result = 'success';
      return afterMs;
    } finally {
      this.#audience.metrics.synced(job, result, run.action, (clock.monotonicMs() - startMs) / 1000);
    }
  }

  /** Pods that are still kept for the Job of this key, whichever Job had it. */
  #leftOver(key: string): readonly Pod[] {
    return this.#pods.lister.list(splitKey(key).namespace).filter((pod) => isTracked(pod) && ownerKey(pod, jobs as Kind) === key);
  }

  /** Lets a pod go whose Job is gone, finished, or another one: nobody will count it. */
  async releaseOrphan(podKey: string, context: ReconcileContext): Promise<void> {
    const pod = this.#pods.lister.get(podKey);
    if (!pod || !isTracked(pod)) return;
    const reference = controllerRef(pod);
    if (reference && refersToKind(reference, jobs as Kind)) {
      const job = await this.#liveJob(pod.metadata.namespace ?? '', reference.name, context);
      if (job && job.metadata.uid === reference.uid && (externalManager(job) !== undefined || !isFinished(job))) return;
    }
    await releasePod(pod, context);
  }

  async #liveJob(namespace: string, name: string, { client, signal }: ReconcileContext): Promise<Job | undefined> {
    try {
      return await client.of(jobs).namespace(namespace).get(name, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #podsOf(job: Job, { client, signal }: ReconcileContext): Promise<Pod[]> {
    const { namespace = '', uid = '' } = job.metadata;
    const candidates = [...this.#pods.lister.byIndex(OWNER_INDEX, uid), ...this.#pods.lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    return claim({ client, owner: job, ownerKind: jobs, kind: pods, selector: compileLabelSelector(job.spec.selector), finalizer: TRACKING_FINALIZER }, candidates, signal);
  }
}
