/**
 * The canonical JSON of API objects. Half of a small object's text are its managed fields, which most objects of a kind have in common: those texts are made once, and
 * objects that are read share them.
 */
import { escapeText } from './encode.ts';
import type { KubeObject } from './kind.ts';
import { fieldsText, internFields } from './managed-fields/interned.ts';
import type { FieldTree } from './managed-fields/field-tree.ts';
import type { ManagedFieldsEntry } from './meta.ts';

/**
 * The text of a decoded object, `kind`, `apiVersion` and `metadata` first: what `encodeJson` makes of it. Managed fields are the last member of metadata, as in every
 * decoded object.
 */
export function objectText(object: KubeObject): string {
  const { managedFields, ...metadata } = object.metadata;
  if (!managedFields || managedFields.length === 0) return escapeText(JSON.stringify(object));
  const { kind, apiVersion, metadata: _, ...rest } = object;
  const head = JSON.stringify({ kind, apiVersion, metadata });
  const tail = JSON.stringify(rest);
  const entries = managedFields.map(entryText).join(',');
  // Without what closes metadata and the object.
  const open = head.slice(0, -2);
  return escapeText(`${open}${open.endsWith('{') ? '' : ','}"managedFields":[${entries}]}${tail === '{}' ? '' : ','}${tail.slice(1)}`);
}

/** The object of a text that `objectText` made: sets of fields that others have too are theirs. */
export function readObject(text: string): KubeObject {
  const object = JSON.parse(text) as KubeObject;
  for (const entry of object.metadata.managedFields ?? []) if (entry.fieldsV1) (entry as { fieldsV1: unknown }).fieldsV1 = internFields(entry.fieldsV1 as FieldTree);
  return object;
}

function entryText(entry: ManagedFieldsEntry): string {
  const { fieldsV1, subresource, ...rest } = entry;
  if (fieldsV1 === undefined || fieldsV1 === null) return JSON.stringify(entry);
  const head = JSON.stringify(rest).slice(0, -1);
  const last = subresource === undefined ? '}' : `,"subresource":${JSON.stringify(subresource)}}`;
  return `${head}${head === '{' ? '' : ','}"fieldsV1":${fieldsText(fieldsV1 as FieldTree)}${last}`;
}
