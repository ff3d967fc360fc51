/**
 * Claims and ingresses that name no class get the default one.
 *
 * Source: kubernetes `plugin/pkg/admission/storage/storageclass/setdefault`, `plugin/pkg/admission/network/defaultingressclass`.
 */
import type { AdmissionPlugin } from './admission.ts';
import type { Caches } from '../call.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { ingressClasses } from '#kinds/networking/ingress-class/kind.ts';
import type { Ingress } from '#kinds/networking/ingress/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

const CLAIM_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const INGRESS_ANNOTATION = 'kubernetes.io/ingress.class';

/** Newest first, then by name: which of several defaults counts. */
function defaultsOf<T extends KubeObject>(caches: Caches, kind: Kind<T>, annotations: readonly string[]): T[] {
  const marked = caches.list(kind).filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'));
  return marked.toSorted((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    if (x !== y) return x < y ? 1 : -1;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
}

/** Gives claims the default storage class. */
export function defaultStorageClass(caches: Caches): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    interest: { operations: ['CREATE'], resources: ['/persistentvolumeclaims'] },
    admit({ object }) {
      const claim = object as Draft<PersistentVolumeClaim>;
      if (claim.spec?.storageClassName !== undefined || claim.metadata?.annotations?.[CLAIM_ANNOTATION] !== undefined) return;
      const [found] = defaultsOf(caches, storageClasses, [
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      ]);
      if (found) claim.spec = { ...claim.spec, storageClassName: found.metadata.name ?? '' };
    },
  };
}

/** Gives ingresses the default ingress class. */
export function defaultIngressClass(caches: Caches): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    interest: { operations: ['CREATE'], resources: ['networking.k8s.io/ingresses'] },
    admit({ object }) {
      const ingress = object as Draft<Ingress>;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata?.annotations?.[INGRESS_ANNOTATION] !== undefined) return;
      const [found] = defaultsOf(caches, ingressClasses, ['ingressclass.kubernetes.io/is-default-class']);
      if (found) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name ?? '' };
    },
  };
}
