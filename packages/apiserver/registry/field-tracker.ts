/**
 * Who owns which fields: the registry's use of managed fields and server-side apply.
 *
 * Source: KEP-555; apiserver `endpoints/handlers/fieldmanager`.
 */
import { groupVersionText, type GroupVersionKind, type Kind, type KubeObject } from '#machinery/kind.ts';
import { applyPatch } from '#machinery/managed-fields/apply.ts';
import { appliedObject } from '#machinery/managed-fields/sparse.ts';
import { updateManagedFields, type TrackedWrite as MachineryWrite } from '#machinery/managed-fields/update.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';
import type { JsonObject } from '#machinery/patch/json-value.ts';
import type { Draft, Message } from '#machinery/schema.ts';

/** A write as the tracker sees it. */
export interface TrackedWrite {
  readonly kind: Kind;
  readonly subresource: string;
  readonly manager: string;
  /** `2026-01-02T03:04:05Z`. */
  readonly time: string;
}

const SPEC = [['spec']];
const STATUS = [['status']];

/** What an endpoint does not take from clients: the status through the object, the rest through the status. */
function ignoredPaths({ kind, subresource }: TrackedWrite): readonly (readonly string[])[] | undefined {
  if (!Object.hasOwn(kind.subresources, 'status')) return undefined;
  if (subresource === 'status') return SPEC;
  return subresource === '' ? STATUS : undefined;
}

function machineryWrite(write: TrackedWrite): MachineryWrite {
  const { kind, manager, subresource, time } = write;
  return { schema: kind.schema, apiVersion: groupVersionText(kind), manager, subresource, time, ignored: ignoredPaths(write) };
}

/** Records a create (`live` absent), update or patch in the metadata of `draft`, which must be the draft's own. */
export function trackUpdate(write: TrackedWrite, draft: Draft<KubeObject>, live: KubeObject | undefined): void {
  const entries = updateManagedFields(machineryWrite(write), live, draft as unknown as KubeObject);
  const meta = { ...draft.metadata };
  if (entries.length > 0) meta.managedFields = entries as Draft<ManagedFieldsEntry>[];
  else delete meta.managedFields;
  draft.metadata = meta;
}

/**
 * What a client sent as an apply of `type`, in canonical values.
 * @throws StatusError for what the type does not declare
 */
export function readApplied(type: GroupVersionKind & { readonly schema: Message }, given: JsonObject): JsonObject {
  return appliedObject(type.schema, type, given);
}

/**
 * The object after applying `given` (what the client sent, parsed and nothing else) to `live`, managed fields included.
 * @throws StatusError Conflict naming the managers that own what would change, unless `force`; BadRequest
 */
export function trackApply(write: TrackedWrite & { readonly force: boolean }, given: JsonObject, live: KubeObject | undefined): Draft<KubeObject> {
  const { group, version, kind } = write.kind;
  return applyPatch({ ...machineryWrite(write), of: { group, version, kind }, force: write.force }, given, live).object as Draft<KubeObject>;
}
