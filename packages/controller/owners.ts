/**
 * Owner references: which controller an object belongs to.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { groupVersionText } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';

/** The reference of the object's controller: at most one owner is. */
export function controllerRef(object: { readonly metadata: KubeObject['metadata'] }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Whether `owner` is the object's controller. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  const reference = controllerRef(object);
  return reference !== undefined && reference.uid === owner.metadata.uid;
}

/** The reference that makes `owner` the controller of new objects and keeps it until they are gone when it is deleted in the foreground. */
export function newControllerRef(owner: KubeObject, kind: Kind): OwnerReference {
  return {
    apiVersion: groupVersionText(kind),
    kind: kind.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether a reference means an object of this kind, in whatever version. */
export function refersToKind(reference: Pick<OwnerReference, 'apiVersion' | 'kind'>, kind: Kind): boolean {
  const slash = reference.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : reference.apiVersion.slice(0, slash);
  return reference.kind === kind.kind && group === kind.group;
}
