/**
 * Deletes jobs some time after they have finished, as `spec.ttlSecondsAfterFinished` says.
 *
 * Source: kube-controller-manager `pkg/controller/ttlafterfinished`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job } from '#kinds/batch/job/schema.ts';
import { isReason } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';

/** When the job is due, in milliseconds since the epoch; `undefined` when it is not finished, stays for good or goes already. */
export function expiryMs({ metadata, spec, status }: Job): number | undefined {
  const seconds = spec.ttlSecondsAfterFinished;
  if (seconds === undefined || metadata.deletionTimestamp) return undefined;
  const finished = status.conditions?.find(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
  return finished?.lastTransitionTime ? timeToMs(finished.lastTransitionTime) + seconds * 1000 : undefined;
}

/** 0.1 s to 26 min, by twos. */
const DELETION_BUCKETS: readonly number[] = Array.from({ length: 14 }, (_, i) => 0.1 * 2 ** i);

/** `ttl-after-finished-controller`. */
export const ttlAfterFinishedController: ControllerEntry = {
  name: 'ttl-after-finished-controller',
  make({ informers, metrics }) {
    const informer = informers.of(jobs);
    const late = metrics?.histogram({ name: 'ttl_after_finished_controller_job_deletion_duration_seconds', help: 'The time it took to delete the job since it became eligible for deletion', buckets: DELETION_BUCKETS });
    return {
      name: 'ttl_jobs_to_delete',
      watches: [watchSelf(informer)],
      async reconcile(key, { client, clock, signal }) {
        const job = informer.lister.get(key);
        const dueMs = job && expiryMs(job);
        if (!job || dueMs === undefined) return undefined;
        if (dueMs > clock.now()) return { afterMs: dueMs - clock.now() };
        const { namespace = '', name = '', uid } = job.metadata;
        const api = client.of(jobs).namespace(namespace);
        try {
          // The cache may lag behind someone who has just given the job more time.
          const fresh = await api.get(name, signal);
          const freshMs = expiryMs(fresh);
          if (fresh.metadata.uid !== uid || freshMs === undefined) return undefined;
          if (freshMs > clock.now()) return { afterMs: freshMs - clock.now() };
          await api.delete(name, { propagationPolicy: 'Foreground', ...(uid ? { preconditions: { uid } } : {}) }, signal);
          late?.observe((clock.now() - freshMs) / 1000);
        } catch (error) {
          if (!isReason(error, 'NotFound')) throw error;
        }
        return undefined;
      },
    };
  },
};
