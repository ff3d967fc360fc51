import type { Draft } from '#machinery/schema.ts';
import type { RoleRef, Subject } from './rules.ts';
import { RBAC_GROUP } from './validation.ts';

/** Fills a binding in a namespace or in the cluster. */
export function defaultBinding(draft: { roleRef?: Draft<RoleRef>; subjects?: Draft<Subject>[] }): void {
  if (draft.roleRef) draft.roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of draft.subjects ?? []) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
}
