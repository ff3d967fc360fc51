/**
 * Writes that must happen in the same commit as an object's: the addresses of a service, for one.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import type { Write } from '#store/store.ts';

/** What a companion adds to a write of one resource. Plans only: what is not committed leaves nothing behind. */
export interface Companion {
  /**
   * Called before validation, again when an accompanying write fails. May change `draft`.
   * @throws StatusError when there is nothing left to allocate
   */
  plan(draft: Draft<KubeObject>, stored: KubeObject | undefined): readonly Write[];
  /** What a deletion gives back. */
  release(stored: KubeObject): readonly Write[];
}
