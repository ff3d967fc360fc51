/**
 * `Recycle`, the deprecated reclaim policy: a pod scrubs the volume, which is then free again.
 *
 * Source: kubernetes `pkg/volume/util/recyclerclient`, the documented default recycler pod.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import type { Informer } from '#client/informer.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';

const PREFIX = 'recycler-for-';
const NAMESPACE = 'default';
const IMAGE = 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6';
const SCRUB = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';
/** Upstream's least time for a recycler, in seconds. */
const DEADLINE_SECONDS = 60;

/** The volume that a pod of this name scrubs. */
export function recyclerVolume(podName: string): string | undefined {
  return podName.startsWith(PREFIX) ? podName.slice(PREFIX.length) : undefined;
}

/** How far the scrubbing is. */
export type RecyclerOutcome = { readonly type: 'running' } | { readonly type: 'done' } | { readonly type: 'failed'; readonly message: string };

/** Starts the volume's recycler, or removes the one that has ended. */
export async function runRecycler(
  volume: PersistentVolume,
  podInformer: Informer<Pod>,
  { client, signal }: ReconcileContext,
): Promise<RecyclerOutcome> {
  const api = client.of(pods).namespace(NAMESPACE);
  const name = PREFIX + volume.metadata.name;
  const pod = podInformer.lister.get(`${NAMESPACE}/${name}`);
  if (!pod) {
    try {
      await api.create({ metadata: { name, namespace: NAMESPACE }, spec: recyclerSpec(volume) }, {}, signal);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
    return { type: 'running' };
  }
  const { phase, message } = pod.status;
  if (pod.metadata.deletionTimestamp || (phase !== 'Succeeded' && phase !== 'Failed')) return { type: 'running' };
  await api.delete(name, { preconditions: { uid: pod.metadata.uid ?? '' } }, signal);
  return phase === 'Succeeded' ? { type: 'done' } : { type: 'failed', message: message || 'pod failed, pod.Status.Message unknown' };
}

function recyclerSpec({ spec }: PersistentVolume) {
  const source = spec.hostPath ? { hostPath: spec.hostPath } : { nfs: spec.nfs! };
  return {
    restartPolicy: 'Never' as const,
    activeDeadlineSeconds: DEADLINE_SECONDS,
    containers: [
      { name: 'pv-recycler', image: IMAGE, command: ['/bin/sh'], args: ['-c', SCRUB], volumeMounts: [{ name: 'vol', mountPath: '/scrub' }] },
    ],
    volumes: [{ name: 'vol', ...source }],
  };
}
