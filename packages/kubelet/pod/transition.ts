/**
 * The life of a pod on its node: one pure function says what follows from what.
 *
 * ```
 *            deleted, failed, over                everything stopped             volumes, cgroup gone
 *  syncing ───────────────────────> terminating ───────────────────> terminated ──────────────────> finished
 *                                     │    ^
 *                                     └────┘ a shorter grace period
 * ```
 *
 * A finished pod stays known until the API has forgotten it: its logs can still be read.
 */
import type { PodFailure } from './pod-status.ts';

/** Where a pod is in its life. */
export type LifePhase = 'syncing' | 'terminating' | 'terminated' | 'finished';

/** Everything that decides what a worker does next. */
export interface PodLife {
  readonly phase: LifePhase;
  /** While terminating: how long containers may take. */
  readonly graceMs: number;
  /** The API wants the object deleted: it must be confirmed once the pod is finished. */
  readonly deleting: boolean;
  /** The API has forgotten the object. */
  readonly gone: boolean;
  /** Why the pod failed as a whole. */
  readonly failure?: PodFailure;
}

/** What may happen to a pod. */
export type LifeEvent =
  /** The object is being deleted. */
  | { readonly type: 'deleting'; readonly graceMs: number }
  /** The object is no longer in the API. */
  | { readonly type: 'gone'; readonly graceMs: number }
  /** Rejected, evicted, or out of time. */
  | { readonly type: 'failed'; readonly failure: PodFailure; readonly graceMs: number }
  /** All its containers have ended for good. */
  | { readonly type: 'over'; readonly graceMs: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'cleaned' };

/** The life of a pod that was just seen. */
export const NEW_LIFE: PodLife = { phase: 'syncing', graceMs: 0, deleting: false, gone: false };

/** What follows. */
export function transition(life: PodLife, event: LifeEvent): PodLife {
  switch (event.type) {
    case 'deleting':
      return terminate({ ...life, deleting: true }, event.graceMs);
    case 'gone':
      return terminate({ ...life, gone: true }, event.graceMs);
    case 'failed':
      return life.phase === 'syncing' ? terminate({ ...life, failure: event.failure }, event.graceMs) : life;
    case 'over':
      return terminate(life, event.graceMs);
    case 'stopped':
      return life.phase === 'terminating' ? { ...life, phase: 'terminated' } : life;
    case 'cleaned':
      return life.phase === 'terminated' ? { ...life, phase: 'finished' } : life;
  }
}

/** Begins to terminate, or shortens the grace period of a termination that has begun. */
function terminate(life: PodLife, graceMs: number): PodLife {
  if (life.phase === 'syncing') return { ...life, phase: 'terminating', graceMs };
  return life.phase === 'terminating' ? { ...life, graceMs: Math.min(life.graceMs, graceMs) } : life;
}
