/**
 * What becomes of an object, given what is known of its owners.
 *
 * Source: the documented garbage collection; kube-controller-manager `pkg/controller/garbagecollector`, attemptToDeleteItem.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './graph.ts';

/** How an owner stands: there, there but waiting for its dependents to go, or not there. */
export type OwnerState = 'solid' | 'waiting' | 'absent';

/** What to do with an object. */
export type Verdict =
  | { readonly type: 'keep' }
  /** Some owners remain: the references to the others go. */
  | { readonly type: 'drop-references'; readonly owners: readonly string[] }
  | { readonly type: 'delete'; readonly policy: 'Foreground' | 'Background' | 'Orphan'; readonly reason: 'owner-waits' | 'owners-absent' };

/** Judges an object by its references and their owners' states, in the same order. */
export function judge(object: Pick<KubeObject, 'metadata'>, states: readonly OwnerState[], hasDependents: boolean): Verdict {
  const references = object.metadata.ownerReferences ?? [];
  if (references.length === 0) return { type: 'keep' };
  if (states.includes('solid')) {
    const owners = references.filter((_, index) => states[index] !== 'solid').map((one) => one.uid);
    return owners.length === 0 ? { type: 'keep' } : { type: 'drop-references', owners };
  }
  if (states.includes('waiting') && hasDependents) return { type: 'delete', policy: 'Foreground', reason: 'owner-waits' };
  // How its own dependents fare was decided by whoever deleted it, if someone did.
  return { type: 'delete', policy: policyOf(object), reason: 'owners-absent' };
}

function policyOf({ metadata }: Pick<KubeObject, 'metadata'>): 'Orphan' | 'Foreground' | 'Background' {
  if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) return 'Orphan';
  return metadata.finalizers?.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
}

/** The references with those to `uids` left out. */
export function withoutOwners(references: readonly OwnerReference[] | undefined, uids: readonly string[]): readonly OwnerReference[] {
  return (references ?? []).filter((one) => !uids.includes(one.uid));
}
