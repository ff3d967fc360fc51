/**
 * What the binder's two halves share.
 */
import type { EventRecorder } from '#client/event-recorder.ts';
import type { Informer } from '#client/informer.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import type { Latest } from './latest.ts';

/** The index of pods by the keys of claims that they use. */
export const POD_CLAIMS = 'claims';

/** Caches and the choices under way. */
export interface BinderParts {
  readonly volumes: Latest<PersistentVolume>;
  readonly claims: Latest<PersistentVolumeClaim>;
  readonly podInformer: Informer<Pod>;
  readonly events: EventRecorder;
  /** Volumes whose binding is being written, with the key of the claim. */
  readonly binding: Map<string, string>;
  readonly classOf: (name: string) => StorageClass | undefined;
  readonly defaultClass: () => StorageClass | undefined;
}
