/**
 * Which objects a controller claims: adopts matching orphans, releases those that no longer match.
 *
 * Source: upstream's controller reference manager.
 */
import type { Client } from '#client/client.ts';
import { controllerRef, newControllerRef } from '#controller/owners.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { LabelMatcher } from '#machinery/selectors.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { isTerminating } from './pod-state.ts';
import { isReplaced } from './replaced.ts';

/** What becomes of the objects that were looked at. */
export interface Claims<T> {
  readonly claimed: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

/** Sorts objects into claimed, to adopt and to release; the rest is none of the owner's business. */
export function decideClaims<T extends KubeObject>(objects: readonly T[], owner: KubeObject, selector: LabelMatcher): Claims<T> {
  const claimed: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of objects) {
    const reference = controllerRef(object);
    const matches = selector.matches(object.metadata.labels ?? {});
    if (reference) {
      if (reference.uid !== owner.metadata.uid) continue;
      if (matches) claimed.push(object);
      else if (!isTerminating(owner)) release.push(object);
    } else if (matches && !isTerminating(owner) && !isTerminating(object)) adopt.push(object);
  }
  return { claimed, adopt, release };
}

/** Who claims what. */
export interface ClaimRequest<T extends KubeObject, O extends KubeObject> {
  readonly client: Client;
  readonly owner: O;
  readonly ownerKind: Kind<O>;
  readonly kind: Kind<T>;
  readonly selector: LabelMatcher;
  /** What adopted objects get, and released ones lose, besides the owner. */
  readonly finalizer?: string;
}

/** The owner as the server has it now must be the one we know and must live, or nothing is adopted. @throws StatusError otherwise */
async function checkOwner<T extends KubeObject, O extends KubeObject>({ client, owner, ownerKind }: ClaimRequest<T, O>, signal: AbortSignal): Promise<void> {
  const { namespace = '', name = '', uid } = owner.metadata;
  const fresh = await client.of(ownerKind).namespace(namespace).get(name, signal);
  const gone = (why: string): StatusError => new StatusError({ code: 409, reason: 'Conflict', message: why });
  if (fresh.metadata.uid !== uid) throw gone(`original ${ownerKind.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`);
  if (isTerminating(fresh)) throw gone(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

/** Adopts and releases as decided; answers the objects the owner controls afterwards. Objects that vanish meanwhile are left out. */
export async function claim<T extends KubeObject, O extends KubeObject>(request: ClaimRequest<T, O>, objects: readonly T[], signal: AbortSignal): Promise<T[]> {
  const { owner, ownerKind, selector, finalizer } = request;
  const { claimed, adopt, release } = decideClaims(objects, owner, selector);
  const result = [...claimed];
  if (adopt.length > 0) await checkOwner(request, signal);
  for (const object of adopt) {
    const metadata = { ownerReferences: [newControllerRef(owner, ownerKind as Kind)], uid: object.metadata.uid, ...(finalizer ? { finalizers: [finalizer] } : {}) };
    const adopted = await change(request, object, metadata, signal);
    if (adopted) result.push(adopted);
  }
  for (const object of release) {
    const forget = finalizer ? { '$deleteFromPrimitiveList/finalizers': [finalizer] } : {};
    await change(request, object, { ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }], uid: object.metadata.uid, ...forget }, signal);
  }
  return result;
}

/** Patches metadata; `undefined` when the object is gone or another one has its name. */
async function change<T extends KubeObject, O extends KubeObject>({ client, kind }: ClaimRequest<T, O>, object: T, metadata: unknown, signal: AbortSignal): Promise<T | undefined> {
  const { namespace = '', name = '' } = object.metadata;
  try {
    return await client.of(kind).namespace(namespace).patch(name, { type: 'strategic', body: { metadata } }, {}, signal);
  } catch (error) {
    if (isReason(error, 'NotFound') || isReason(error, 'Invalid')) return undefined;
    if (isReason(error, 'Conflict') && (await isReplaced(client, kind, object, signal))) return undefined;
    throw error;
  }
}

/** The index of objects by the uid of their controller; orphans stand under their namespace. */
export const OWNER_INDEX = 'controller';

/** Values of `OWNER_INDEX`. */
export function ownerIndexValues(object: KubeObject): readonly string[] {
  const reference = controllerRef(object);
  return [reference ? reference.uid : orphanIndexValue(object.metadata.namespace ?? '')];
}

/** Where `OWNER_INDEX` has the orphans of a namespace. */
export function orphanIndexValue(namespace: string): string {
  return `orphans/${namespace}`;
}
