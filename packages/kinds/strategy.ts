/**
 * What the strategies of many kinds share: generations, and updates through the status subresource.
 */
import type { FieldError } from '#machinery/field-error.ts';
import type { KindContext, KubeObject, Subresource, SubresourceUpdate } from '#machinery/kind.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from './semantic-equal.ts';

/** A new object of a kind that counts its spec changes has generation 1. */
export function startGeneration(draft: Draft<KubeObject>): void {
  draft.metadata = { ...draft.metadata, generation: 1 };
}

/** The stored generation, one higher when what the generation counts `changed`. Clients cannot set it. */
export function nextGeneration(draft: Draft<KubeObject>, stored: KubeObject, changed: boolean): void {
  const current = stored.metadata.generation ?? 0;
  const generation = changed ? current + 1 : current;
  if (draft.metadata?.generation === generation || (!generation && !draft.metadata?.generation)) return;
  draft.metadata = { ...draft.metadata, generation };
}

/** Strategy of kinds with spec and status: status is the server's, the generation counts spec changes. */
export function specStrategy<T extends KubeObject & { readonly spec: unknown; readonly status: unknown }>(
  emptyStatus: Draft<T['status']>,
): {
  prepareForCreate(draft: Draft<T>): void;
  prepareForUpdate(draft: Draft<T>, stored: T): void;
} {
  return {
    prepareForCreate(draft) {
      const open = draft as Open;
      open.status = emptyStatus;
      startGeneration(open);
    },
    prepareForUpdate(draft, stored) {
      const open = draft as Open;
      open.status = stored.status;
      nextGeneration(open, stored, !sameValue(open.spec, stored.spec));
    },
  };
}

type Open = Draft<KubeObject> & { spec?: unknown; status?: unknown };

/** Members of metadata that a client may change; the others are the server's. */
const CLIENT_METADATA = ['labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'] as const satisfies readonly (keyof ObjectMeta)[];

type ClientMetadata = (typeof CLIENT_METADATA)[number];

/** Metadata that survives `metav1.ResetObjectMetaForStatus`: only the record of managed fields is taken from the request. */
export const ALL_METADATA: readonly ClientMetadata[] = ['labels', 'annotations', 'ownerReferences', 'finalizers'];

/** The stored metadata with the client's changes, except for the `kept` members. */
export function mergeMetadata(sent: ObjectMeta | undefined, stored: ObjectMeta, kept: readonly ClientMetadata[]): Draft<ObjectMeta> {
  const merged: Record<string, unknown> = { ...stored };
  for (const name of CLIENT_METADATA) {
    if (kept.includes(name)) continue;
    const value = sent?.[name];
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged as Draft<ObjectMeta>;
}

/** How a kind's status subresource differs from: takes status and metadata as sent, keeps everything else. */
export interface StatusRules<T extends KubeObject> {
  /** Metadata that stays as stored. */
  readonly keptMetadata?: readonly ClientMetadata[];
  /** Corrects the draft after the status was taken. */
  readonly prepare?: (draft: Draft<T>, stored: T, context: KindContext) => void;
  readonly validate?: (object: T, stored: T, context: KindContext) => FieldError[];
}

/** The `status` subresource of a kind. */
export function statusSubresource<T extends KubeObject & { readonly status?: unknown }>(rules: StatusRules<T> = {}): Subresource {
  const { prepare, validate } = rules;
  const kept = rules.keptMetadata ?? [];
  const update: SubresourceUpdate = {
    apply(draft, sent, stored, context) {
      draft.metadata = mergeMetadata(sent.metadata, stored.metadata, kept);
      (draft as { status?: unknown }).status = (sent as T).status;
      prepare?.(draft as Draft<T>, stored as T, context);
    },
    validate: validate ? (object, stored, context) => validate(object as T, stored as T, context) : () => [],
  };
  return { verbs: ['get', 'patch', 'update'], update };
}
