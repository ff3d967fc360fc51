/**
 * Who owns which fields: the registry's view of managed fields and server-side apply.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** A write as the tracker sees it. */
export interface TrackedWrite {
  readonly kind: Kind;
  readonly subresource: string;
  readonly manager: string;
  readonly nowMs: number;
}

/** Keeps `metadata.managedFields`. */
export interface FieldTracker {
  /** Records a create, update or patch in `draft`; `live` is absent for a create. */
  update(write: TrackedWrite, draft: Draft<KubeObject>, live: KubeObject | undefined): void;
  /**
   * The object after applying `applied` to `live`, managed fields included; absent when the server does not offer server-side apply.
   * @throws StatusError Conflict naming the managers that own what would change, unless `force`
   */
  apply?(write: TrackedWrite & { readonly force: boolean }, applied: KubeObject, live: KubeObject | undefined): Draft<KubeObject>;
}

/** Keeps what is there and records nothing. */
export const noFieldTracking: FieldTracker = { update: () => undefined };
