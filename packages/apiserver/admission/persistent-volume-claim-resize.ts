/**
 * Claims grow only where their storage class allows it.
 *
 * Source: kubernetes `plugin/pkg/admission/storage/persistentvolume/resize`.
 */
import type { AdmissionPlugin } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { compareQuantities } from '#machinery/quantity.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '';
}

/** The plugin. */
export function persistentVolumeClaimResize(caches: Caches): AdmissionPlugin {
  const mayGrow = (claim: PersistentVolumeClaim, before: PersistentVolumeClaim): boolean => {
    const name = classOf(claim);
    return name !== '' && name === classOf(before) && caches.get(storageClasses, '', name)?.allowVolumeExpansion === true;
  };
  return {
    name: 'PersistentVolumeClaimResize',
    interest: { operations: ['UPDATE'], resources: ['/persistentvolumeclaims'] },
    validate(request) {
      const claim = request.object as unknown as PersistentVolumeClaim;
      const before = request.old as PersistentVolumeClaim;
      const asked = claim.spec.resources.requests?.['storage'] ?? '0';
      if (compareQuantities(asked, before.spec.resources.requests?.['storage'] ?? '0') <= 0) return;
      if (before.status.phase !== 'Bound') throw refusal(request, 'Only bound persistent volume claims can be expanded');
      if (!mayGrow(claim, before)) {
        throw refusal(request, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
      }
    },
  };
}
