/**
 * CREATE: admission, what the server fills in, strategy, validation, commit.
 *
 * Source: apiserver `endpoints/handlers/create.go`, `registry/generic/registry/store.go`, `registry/rest/create.go`.
 */
import type { Entry } from '../call.ts';
import { trackUpdate } from './field-tracker.ts';
import { fillNewMeta, generateName, takeNamespace } from './object-meta.ts';
import { objectKey, type StoredResource } from './resources.ts';
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
import { invalidObject } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { validateObjectMeta } from '#machinery/meta-validation.ts';
import type { Draft } from '#machinery/schema.ts';
import { alreadyExists, badRequest, internalError, StatusError } from '#machinery/status.ts';

/** How often a generated name is tried. Source: apiserver `maxNameGenerationCreateAttempts`. */
export const MAX_NAME_ATTEMPTS = 8;

/** How often accompanying writes are planned again before the request fails. */
const MAX_PLAN_ATTEMPTS = 32;

/** 409, in the words for what is in the way. */
function exists(resource: StoredResource, key: string, name: string): StatusError {
  const error = alreadyExists(resource.groupResource, name);
  if (!resource.storage.cache.get(key)?.object.metadata.deletionTimestamp) return error;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message: `object is being deleted: ${error.message}`, details: error.details });
}

/** Rules for a new object. @throws StatusError Invalid */
export function validateNew(scope: WriteScope, object: KubeObject): void {
  const { kind } = scope.resource.storage;
  const { validate, validateName, warnings } = kind.strategy;
  const errors = validateObjectMeta(object.metadata, { namespaced: kind.namespaced, validateName });
  if (validate) errors.push(...validate(object, scope.context));
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name ?? '', errors);
  if (warnings) for (const text of warnings(object, undefined, scope.context)) scope.warn(text);
}

/** What is particular to a create. */
export interface CreateHow {
  /** Managed fields are in the object already. */
  readonly tracked?: boolean;
}

/**
 * Creates `draft` (decoded, defaulted, owned by the request). It is judged by what the caches hold: see `Freshness.orAgain`.
 * @throws StatusError
 */
export async function createObject(services: WriteServices, scope: WriteScope, draft: Draft<KubeObject>, how: CreateHow = {}): Promise<Entry> {
  const { resource } = scope;
  takeNamespace(draft, resource.kind.namespaced, scope.namespace);
  if (draft.metadata?.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  if (!how.tracked) trackUpdate(trackedWrite(scope), draft, undefined);
  const request = admissionRequest(scope, 'CREATE', { object: draft });
  const admitting = services.admission.admit(request);
  if (admitting) await admitting;
  const meta = (draft.metadata ??= {});
  fillNewMeta(draft, scope.time, services.random);
  // The strategy may use the name (a Job's labels do), so it is chosen first.
  if (!meta.name && meta.generateName) meta.name = freeName(services, scope, meta.generateName);
  const stored = toStored(resource, draft);
  services.disabledFields.drop(resource.storage.kind, stored, undefined);
  resource.storage.kind.strategy.prepareForCreate?.(stored, scope.context);
  return finish(services, scope, stored);
}

/** A generated name that no object has; after eight tries the last one, whose create then fails. */
function freeName({ random }: WriteServices, { resource: { storage }, namespace }: WriteScope, base: string): string {
  let name = generateName(base, random);
  for (let attempt = 1; attempt < MAX_NAME_ATTEMPTS && storage.cache.get(objectKey(storage.kind, namespace, name)); attempt++) name = generateName(base, random);
  return name;
}

async function finish(services: WriteServices, scope: WriteScope, draft: Draft<KubeObject>): Promise<Entry> {
  const { resource } = scope;
  const { storage } = resource;
  const companion = companionOf(services, scope);
  for (let attempt = 0; attempt < MAX_PLAN_ATTEMPTS; attempt++) {
    const planned: Draft<KubeObject> = companion ? { ...draft } : draft;
    const companions = companion?.plan(planned, undefined) ?? [];
    validateNew(scope, planned as unknown as KubeObject);
    const entry = seal(resource, planned);
    const shown = admissionRequest(scope, 'CREATE', { object: requestVersion(resource, entry.object) as Draft<KubeObject> });
    const validating = services.admission.validate(shown);
    if (validating) await validating;
    const name = entry.object.metadata.name!;
    const key = objectKey(storage.kind, scope.namespace, name);
    if (storage.cache.get(key)) throw exists(resource, key, name);
    if (scope.options.dryRun) return dryRunEntry(resource, entry, undefined);
    const outcome = await services.committer.commit({ storage, key, entry, expect: 0, companions });
    if (outcome.committed) return resource.view.of(entry);
    if (outcome.stale) throw exists(resource, key, name);
  }
  throw internalError(new Error('unable to allocate what the object needs'));
}
