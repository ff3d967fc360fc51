/**
 * Makes the claims of pods' generic ephemeral volumes; the pod owns them, so they go with it.
 *
 * Source: kube-controller-manager `pkg/controller/volume/ephemeral`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { newControllerRef } from '#controller/owners.ts';
import { watch } from '#controller/watches.ts';
import { objectKey } from '#client/object-key.ts';
import type { Fresh } from '#client/client.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { claimNameOf, foreignClaimText, isClaimOf } from '#kinds/core/pod/claims.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';

/** `ephemeral-volume-controller`. */
export const ephemeralVolumeController: ControllerEntry = {
  name: 'ephemeral-volume-controller',
  make({ informers, metrics }) {
    // Upstream has the same words for both.
    const help = 'Number of PersistentVolumeClaim creation requests';
    const attempts = metrics?.counter({ name: 'ephemeral_volume_controller_create_total', help });
    const failures = metrics?.counter({ name: 'ephemeral_volume_controller_create_failures_total', help });
    const podInformer = informers.of(pods);
    const claims = informers.of(persistentVolumeClaims);
    return {
      name: 'ephemeral_volume',
      watches: [
        watch(podInformer, (pod) => ((pod.spec.volumes ?? []).some(({ ephemeral }) => ephemeral) ? [objectKey(pod)] : [])),
        watch(claims, ({ metadata }) =>
          (metadata.ownerReferences ?? [])
            .filter(({ kind, controller }) => controller && kind === 'Pod')
            .map(({ name }) => `${metadata.namespace}/${name}`),
        ),
      ],
      async reconcile(key, { client, signal }) {
        const pod = podInformer.lister.get(key);
        if (!pod || pod.metadata.deletionTimestamp) return;
        for (const volume of pod.spec.volumes ?? []) {
          if (!volume.ephemeral) continue;
          const known = claims.lister.get(`${pod.metadata.namespace}/${claimNameOf(pod, volume)}`);
          if (known && !isClaimOf(known, pod)) throw new Error(foreignClaimText(known, pod));
          if (known) continue;
          attempts?.increment();
          try {
            await client
              .of(persistentVolumeClaims)
              .namespace(pod.metadata.namespace ?? '')
              .create(ephemeralClaim(pod, volume), {}, signal);
          } catch (error) {
            failures?.increment();
            throw error;
          }
        }
      },
    };
  },
};

function ephemeralClaim(pod: Pod, volume: Volume): Fresh<PersistentVolumeClaim> {
  const template = volume.ephemeral?.volumeClaimTemplate;
  const { annotations, labels } = template?.metadata ?? {};
  return {
    metadata: {
      name: claimNameOf(pod, volume)!,
      namespace: pod.metadata.namespace!,
      ownerReferences: [newControllerRef(pod, pods)],
      ...(annotations ? { annotations } : {}),
      ...(labels ? { labels } : {}),
    },
    spec: template?.spec ?? {},
  };
}
