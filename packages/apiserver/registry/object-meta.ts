/**
 * The parts of metadata that the server fills in.
 *
 * Source: apiserver `registry/rest` FillObjectMetaSystemFields, BeforeCreate, BeforeUpdate.
 */
import type { Random } from '#base/random.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { badRequest, conflict, type GroupResource } from '#machinery/status.ts';

/** Letters of generated names: no vowels, so that no words appear. Source: apimachinery `util/rand`. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_LENGTH = 63;

/** `prefix` and five random letters, at most 63 characters. */
export function generateName(prefix: string, random: Random): string {
  let name = prefix.slice(0, MAX_GENERATED_LENGTH - SUFFIX_LENGTH);
  for (let i = 0; i < SUFFIX_LENGTH; i++) name += NAME_LETTERS[random.int(NAME_LETTERS.length)];
  return name;
}

/**
 * Puts the namespace of the path into the object.
 * @throws StatusError BadRequest when the object says another one
 */
export function takeNamespace(draft: Draft<KubeObject>, namespaced: boolean, namespace: string): void {
  const meta = (draft.metadata ??= {});
  if (!namespaced) {
    if (meta.namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    return;
  }
  if (meta.namespace && meta.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  meta.namespace = namespace;
}

/** Refuses an object whose name is not the path's. */
export function checkName(draft: Draft<KubeObject>, name: string, namespace: string): void {
  const meta = (draft.metadata ??= {});
  if (!meta.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (meta.name !== name) throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  if (namespace && meta.namespace && meta.namespace !== namespace) {
    throw badRequest(`the namespace of the object (${meta.namespace}) does not match the namespace on the request (${namespace})`);
  }
}

/** What the server knows about a new object. */
export function fillNewMeta(draft: Draft<KubeObject>, time: string, random: Random): void {
  const meta = (draft.metadata ??= {});
  meta.uid = random.uuid();
  meta.creationTimestamp = time;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  delete meta.generation;
}

/** Clients do not count generations: a draft begins with the stored one. */
export function keepGeneration(draft: Draft<KubeObject>, stored: ObjectMeta): void {
  const meta: Draft<ObjectMeta> = { ...draft.metadata };
  if (stored.generation === undefined) delete meta.generation;
  else meta.generation = stored.generation;
  draft.metadata = meta;
}

/**
 * What an update keeps of the stored metadata.
 * @throws StatusError Conflict for another uid
 */
export function keepMeta(draft: Draft<KubeObject>, stored: ObjectMeta, of: GroupResource): void {
  const meta: Draft<ObjectMeta> = { ...draft.metadata };
  draft.metadata = meta;
  if (meta.uid && stored.uid && meta.uid !== stored.uid) {
    throw conflict(of, stored.name ?? '', `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${stored.uid}`);
  }
  meta.uid = stored.uid ?? '';
  meta.creationTimestamp ||= stored.creationTimestamp ?? '';
  if (meta.deletionTimestamp === undefined && stored.deletionTimestamp !== undefined) meta.deletionTimestamp = stored.deletionTimestamp;
  if (meta.deletionGracePeriodSeconds === undefined && stored.deletionGracePeriodSeconds !== undefined)
    meta.deletionGracePeriodSeconds = stored.deletionGracePeriodSeconds;
  delete meta.selfLink;
}
