/**
 * What the binder's two halves share.
 */
import type { EventRecorder } from '#client/event-recorder.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import type { PodsOfClaims } from '../volume-claims/pod-claims.ts';
import type { BinderMetrics } from './metrics.ts';
import type { Latest } from './latest.ts';

/** Caches and the choices under way. */
export interface BinderParts {
  readonly volumes: Latest<PersistentVolume>;
  readonly claims: Latest<PersistentVolumeClaim>;
  readonly pods: PodsOfClaims;
  readonly events: EventRecorder;
  readonly metrics: BinderMetrics;
  /** Volumes whose binding is being written, with the key of the claim. */
  readonly binding: Map<string, string>;
  readonly classOf: (name: string) => StorageClass | undefined;
  readonly defaultClass: () => StorageClass | undefined;
}
