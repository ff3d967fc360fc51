/**
 * UPDATE and everything that changes a stored object: read, change, check, commit if nobody was faster.
 *
 * Source: apiserver `endpoints/handlers/update.go`, `registry/generic/registry/store.go` Update, `registry/rest/update.go`.
 */
import type { StoredEntry } from '../cacher/entry.ts';
import type { Entry } from '../call.ts';
import { createObject } from './create.ts';
import { trackUpdate } from './field-tracker.ts';
import { keepGeneration, keepMeta } from './object-meta.ts';
import { objectKey } from './resources.ts';
import { Sight } from './sight.ts';
import {
  admissionRequest,
  companionOf,
  dryRunEntry,
  requestVersion,
  seal,
  toStored,
  trackedWrite,
  type WriteScope,
  type WriteServices,
} from './write-scope.ts';
import { invalid, invalidObject, type FieldError } from '#machinery/field-error.ts';
import type { KubeObject, SubresourceUpdate } from '#machinery/kind.ts';
import { validateObjectMetaUpdate } from '#machinery/meta-validation.ts';
import type { Draft } from '#machinery/schema.ts';
import { conflict, notFound, OBJECT_MODIFIED } from '#machinery/status.ts';

/** How often a change is made anew because others were faster. Source: apiserver `maxRetryWhenPatchConflicts`. */
const MAX_ATTEMPTS = 5;

/** How to change an object. */
export interface ChangeSpec {
  /**
   * The object as it should be, of the request's version, owned by the caller. `stored` is of that version too.
   * Its resource version, when it has one, must be the stored one's.
   */
  next(stored: KubeObject): Draft<KubeObject> | Promise<Draft<KubeObject>>;
  /** The object for an update of nothing, where the kind allows it. */
  create?(): Draft<KubeObject> | Promise<Draft<KubeObject>>;
  /** Rules of the subresource that changes the object. */
  readonly through?: SubresourceUpdate | undefined;
  /** `create` is allowed whatever the kind says: server-side apply creates. */
  readonly creates?: true;
  /** Managed fields are in the object already. */
  readonly tracked?: true;
}

/** What came of a change. */
export interface Changed {
  readonly entry: Entry;
  readonly created: boolean;
}

/** Whether a change completes the deletion of its object. */
function completesDeletion(scope: WriteScope, object: KubeObject): boolean {
  const { metadata } = object;
  if (!metadata.deletionTimestamp || metadata.finalizers?.length || metadata.deletionGracePeriodSeconds) return false;
  return !scope.resource.storage.kind.strategy.isHeld?.(object);
}

/**
 * Changes the scope's object.
 * @throws StatusError
 */
export async function changeObject(services: WriteServices, scope: WriteScope, spec: ChangeSpec): Promise<Changed> {
  const { resource, namespace, name } = scope;
  const key = objectKey(resource.kind, namespace, name);
  const sight = new Sight(services.freshness);
  if (scope.options.dryRun) await sight.clear();
  for (let attempt = 1; ; attempt++) {
    const current = resource.storage.cache.get(key);
    if (!current) {
      if (await sight.clear()) continue;
      if (!spec.create || !(spec.creates || resource.storage.kind.strategy.createOnUpdate)) throw notFound(resource.groupResource, name);
      return { entry: await createObject(services, scope, await spec.create(), { tracked: spec.tracked ?? false }), created: true };
    }
    try {
      const entry = await tryChange(services, { scope, key, current, sight }, spec);
      if (entry) return { entry, created: false };
    } catch (error) {
      if (!(await sight.turns(error))) throw error;
      continue;
    }
    // A commit that found another state has waited for the caches to have it.
    sight.cleared();
    if (attempt === MAX_ATTEMPTS) throw conflict(resource.groupResource, name, OBJECT_MODIFIED);
  }
}

/** The object being changed. */
interface Target {
  readonly scope: WriteScope;
  readonly key: string;
  readonly current: StoredEntry;
  readonly sight: Sight;
}

/** One attempt; `undefined` when somebody was faster. */
async function tryChange(services: WriteServices, target: Target, spec: ChangeSpec): Promise<Entry | undefined> {
  const { scope, key, current, sight } = target;
  const { resource } = scope;
  const stored = resource.view.of(current).object;
  const draft = await spec.next(stored);
  // What a client leaves out here the path says.
  if (resource.kind.namespaced && !draft.metadata?.namespace) draft.metadata = { ...draft.metadata, namespace: scope.namespace };
  takeVersion(scope, draft, stored);
  keepMeta(draft, stored.metadata, resource.groupResource);
  if (!spec.through) keepGeneration(draft, stored.metadata);
  if (!spec.tracked) trackUpdate(trackedWrite(scope), draft, stored);
  const admitting = services.admission.admit(admissionRequest(scope, 'UPDATE', { object: draft, old: stored }));
  if (admitting) await admitting;
  const planned = toStored(resource, draft);
  services.disabledFields.drop(resource.storage.kind, planned, current.object);
  if (!spec.through) resource.storage.kind.strategy.prepareForUpdate?.(planned, current.object, scope.context);
  const companions = spec.through ? [] : (companionOf(services, scope)?.plan(planned, current.object) ?? []);
  validateChange(scope, planned as unknown as KubeObject, current.object, spec.through);
  const entry = seal(resource, planned, current.object);
  const shown = requestVersion(resource, entry.object) as Draft<KubeObject>;
  const validating = services.admission.validate(admissionRequest(scope, 'UPDATE', { object: shown, old: stored }));
  if (validating) await validating;
  if (scope.options.dryRun) return dryRunEntry(resource, entry, stored.metadata.resourceVersion);
  if (entry.sameContent(current)) return (await sight.clear()) ? undefined : resource.view.of(current);
  const { storage } = resource;
  if (completesDeletion(scope, entry.object)) {
    const releases = companionOf(services, scope)?.release(current.object) ?? [];
    const outcome = await services.committer.commit({ storage, key, entry: null, expect: current.revision, companions: releases });
    return outcome.committed ? dryRunEntry(resource, entry, stored.metadata.resourceVersion) : undefined;
  }
  const outcome = await services.committer.commit({ storage, key, entry, expect: current.revision, companions });
  return outcome.committed ? resource.view.of(entry) : undefined;
}

/** Optimistic concurrency. @throws StatusError Conflict, Invalid */
function takeVersion({ resource, name }: WriteScope, draft: Draft<KubeObject>, stored: KubeObject): void {
  const version = draft.metadata?.resourceVersion;
  if (!version) {
    const { kind } = resource.storage;
    if (!kind.strategy.unconditionalUpdate) {
      throw invalidObject(kind, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
    }
    draft.metadata = { ...draft.metadata, resourceVersion: stored.metadata.resourceVersion! };
  } else if (version !== stored.metadata.resourceVersion) throw conflict(resource.groupResource, name, OBJECT_MODIFIED);
}

/** @throws StatusError Invalid */
function validateChange(scope: WriteScope, object: KubeObject, stored: KubeObject, through: SubresourceUpdate | undefined): void {
  const { kind } = scope.resource.storage;
  const { validateUpdate, warnings } = kind.strategy;
  const errors: FieldError[] = validateObjectMetaUpdate(object.metadata, stored.metadata);
  const rules = through ? (through.validate ?? validateUpdate) : validateUpdate;
  if (rules) errors.push(...rules(object, stored, scope.context));
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name ?? '', errors);
  if (!through && warnings) for (const text of warnings(object, stored, scope.context)) scope.warn(text);
}
