/**
 * What strategic merge needs to know of a type: how a member merges.
 */
import type { AnySchema, Markers, Message } from '../schema.ts';
import { resolve } from '../schema.ts';
import { jsonFieldMap } from '../schema-fields.ts';

/** How one member merges. */
export interface PatchMeta {
  /** Lists merge by key or as sets instead of being replaced; structs are replaced only with `replace`. */
  readonly strategy: 'merge' | 'replace' | '';
  /** Key of the list's structs; empty for lists of scalars. */
  readonly mergeKey: string;
  /** The type of the member itself, or of the items when it is a list. */
  readonly schema: AnySchema | undefined;
}

const UNKNOWN: PatchMeta = { strategy: '', mergeKey: '', schema: undefined };

function strategyOf(markers: Markers): PatchMeta['strategy'] {
  if (markers.patch === undefined) return '';
  if (markers.patch === 'replace') return 'replace';
  return markers.patch.startsWith('merge') ? 'merge' : '';
}

function itemType(schema: AnySchema): AnySchema {
  const type = resolve(schema);
  return type.type === 'list' ? type.item : type;
}

/** Finds how the member `key` of a value of type `schema` merges; unknown types merge as plain JSON. */
export function patchMeta(schema: AnySchema | undefined, key: string): PatchMeta {
  const type = schema && resolve(schema);
  if (!type) return UNKNOWN;
  if (type.type === 'map') return { strategy: '', mergeKey: '', schema: itemType(type.value) };
  if (type.type !== 'message') return UNKNOWN;
  const field = jsonFieldMap(type).get(key);
  if (!field) return UNKNOWN;
  return { strategy: strategyOf(field.markers), mergeKey: field.markers.mergeKey ?? '', schema: itemType(field.schema) };
}

/** The name of a type for messages. */
export function schemaName(schema: AnySchema | undefined): string {
  const type = schema && resolve(schema);
  return type?.type === 'message' ? (type as Message).name.slice(type.name.lastIndexOf('.') + 1) : '';
}
