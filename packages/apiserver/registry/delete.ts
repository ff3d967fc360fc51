/**
 * DELETE: preconditions, graceful deletion, finalizers, propagation to dependents.
 *
 * Source: apiserver `registry/rest/delete.go`, `registry/generic/registry/store.go` Delete; the documented propagation policies.
 */
import { FinalEntry, type StoredEntry } from '../cacher/entry.ts';
import type { Entry } from '../call.ts';
import type { DeleteRequest } from './delete-options.ts';
import { objectKey } from './resources.ts';
import { Sight } from './sight.ts';
import { admissionRequest, companionOf, dryRunEntry, requestVersion, seal, type WriteScope, type WriteServices } from './write-scope.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { conflict, notFound, OBJECT_MODIFIED } from '#machinery/status.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';

/** How often a deletion is made anew because others changed the object. */
const MAX_ATTEMPTS = 16;

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** What came of a deletion. */
export interface Deleted {
  /** The object, or its last state. */
  readonly entry: Entry;
  /** Gone now; otherwise it waits for its grace period or finalizers. */
  readonly gone: boolean;
}

/** @throws StatusError Conflict */
function checkPreconditions({ resource, name }: WriteScope, { preconditions }: DeleteRequest, { metadata }: KubeObject): void {
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(resource.groupResource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      resource.groupResource,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
  }
}

/** Whether a finalizer of the garbage collector is to be on the object: as asked, else as it is, else as the kind says. */
function wants(finalizer: typeof ORPHAN | typeof FOREGROUND, scope: WriteScope, request: DeleteRequest, meta: ObjectMeta): boolean {
  const policy = finalizer === ORPHAN ? 'Orphan' : 'Foreground';
  if (request.orphanDependents !== undefined) return finalizer === ORPHAN && request.orphanDependents;
  if (request.propagationPolicy !== undefined) return request.propagationPolicy === policy;
  if (meta.finalizers?.includes(ORPHAN)) return finalizer === ORPHAN;
  if (meta.finalizers?.includes(FOREGROUND)) return finalizer === FOREGROUND;
  return finalizer === ORPHAN && scope.resource.storage.kind.strategy.defaultPropagation === 'Orphan';
}

function finalizersFor(scope: WriteScope, request: DeleteRequest, meta: ObjectMeta): readonly string[] {
  const kept = (meta.finalizers ?? []).filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (wants(ORPHAN, scope, request, meta)) kept.push(ORPHAN);
  if (wants(FOREGROUND, scope, request, meta)) kept.push(FOREGROUND);
  const before = meta.finalizers ?? [];
  return kept.length === before.length && kept.every((one) => before.includes(one)) ? before : kept;
}

/** Metadata of an object whose deletion has begun and ends after `graceSeconds`. */
function markDeleting(meta: Draft<ObjectMeta>, nowMs: number, graceSeconds: number): void {
  if (!meta.deletionTimestamp) {
    meta.deletionTimestamp = formatTime(nowMs + graceSeconds * 1_000);
    if (meta.generation) meta.generation++;
  }
  meta.deletionGracePeriodSeconds = graceSeconds;
}

/** A deletion that has begun may only be shortened. `undefined`: nothing changes. */
function shorten(meta: Draft<ObjectMeta>, asked: number | undefined): boolean {
  const before = meta.deletionGracePeriodSeconds ?? 0;
  if (asked === undefined || asked >= before) return false;
  meta.deletionTimestamp = formatTime(timeToMs(meta.deletionTimestamp!) + (asked - before) * 1_000);
  meta.deletionGracePeriodSeconds = asked;
  return true;
}

/** What a deletion does to an object. */
type Plan =
  | { readonly type: 'remove' }
  /** The deletion is under way. */
  | { readonly type: 'wait' }
  | { readonly type: 'mark'; readonly draft: Draft<KubeObject> };

/** Decides, without doing anything. */
export function planDeletion(scope: WriteScope, request: DeleteRequest, object: KubeObject): Plan {
  const { kind } = scope.resource.storage;
  const { gracePeriodSeconds: graceful, isHeld, beginDeletion } = kind.strategy;
  const grace = graceful ? Math.max(graceful(object, request.gracePeriodSeconds), 0) : 0;
  const before = object.metadata;
  const meta = { ...before } as Draft<ObjectMeta>;
  const deleting = before.deletionTimestamp !== undefined;
  if (graceful && deleting && (before.deletionGracePeriodSeconds ?? 0) > 0) {
    const asked = request.gracePeriodSeconds === undefined ? undefined : grace;
    if (!shorten(meta, asked)) return { type: 'wait' };
  } else if (graceful && !deleting && grace > 0) markDeleting(meta, scope.context.nowMs, grace);
  const finalizers = finalizersFor(scope, request, before);
  const held = finalizers.length > 0 || (isHeld?.(object) ?? false);
  const running = (meta.deletionGracePeriodSeconds ?? 0) > 0;
  if (!held && !running) return { type: 'remove' };
  if (held && !running && !meta.deletionTimestamp) markDeleting(meta, scope.context.nowMs, 0);
  if (finalizers !== before.finalizers) {
    if (finalizers.length > 0) meta.finalizers = [...finalizers];
    else delete meta.finalizers;
  }
  const draft = { ...object, metadata: meta } as Draft<KubeObject>;
  if (!deleting) beginDeletion?.(draft);
  return { type: 'mark', draft };
}

/**
 * Deletes the scope's object, or begins to.
 * @throws StatusError
 */
export async function deleteObject(services: WriteServices, scope: WriteScope, request: DeleteRequest): Promise<Deleted> {
  const { resource, namespace, name } = scope;
  const key = objectKey(resource.kind, namespace, name);
  const sight = new Sight(services.freshness);
  if (request.dryRun) await sight.clear();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = resource.storage.cache.get(key);
    if (!current) {
      if (await sight.clear()) continue;
      throw notFound(resource.groupResource, name);
    }
    try {
      checkPreconditions(scope, request, current.object);
      await admitDeletion(services, scope, request, current);
      const deleted = await tryDelete(services, scope, request, { key, current, sight });
      if (deleted) return deleted;
    } catch (error) {
      if (!(await sight.turns(error))) throw error;
      continue;
    }
    // A commit that found another state has waited for the caches to have it.
    sight.cleared();
  }
  throw conflict(resource.groupResource, name, OBJECT_MODIFIED);
}

async function admitDeletion(services: WriteServices, scope: WriteScope, { gracePeriodSeconds }: DeleteRequest, current: StoredEntry): Promise<void> {
  const admission = admissionRequest(scope, 'DELETE', { old: requestVersion(scope.resource, current.object), gracePeriodSeconds });
  const admitting = services.admission.admit(admission);
  if (admitting) await admitting;
  const validating = services.admission.validate(admission);
  if (validating) await validating;
}

async function tryDelete(
  services: WriteServices,
  scope: WriteScope,
  request: DeleteRequest,
  at: { readonly key: string; readonly current: StoredEntry; readonly sight: Sight },
): Promise<Deleted | undefined> {
  const { resource } = scope;
  const { storage, view } = resource;
  const { key, current, sight } = at;
  const plan = planDeletion(scope, request, current.object);
  // Nothing would tell that the object is another by now.
  if (plan.type === 'wait') return (await sight.clear()) ? undefined : { entry: view.of(current), gone: false };
  if (plan.type === 'remove') {
    if (request.dryRun) return { entry: view.of(current), gone: true };
    const companions = companionOf(services, scope)?.release(current.object) ?? [];
    const outcome = await services.committer.commit({ storage, key, entry: null, expect: current.revision, companions });
    return outcome.committed ? { entry: new FinalEntry(view.of(current), outcome.revision, view.protobuf), gone: true } : undefined;
  }
  const entry = seal(resource, plan.draft);
  if (request.dryRun) return { entry: dryRunEntry(resource, entry, current.object.metadata.resourceVersion), gone: false };
  if (entry.sameContent(current)) return (await sight.clear()) ? undefined : { entry: view.of(current), gone: false };
  const outcome = await services.committer.commit({ storage, key, entry, expect: current.revision });
  return outcome.committed ? { entry: view.of(entry), gone: false } : undefined;
}
