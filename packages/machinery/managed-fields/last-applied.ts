/**
 * The traces of client-side apply, which server-side apply by kubectl takes over.
 *
 * Source: apimachinery `util/managedfields/internal` lastappliedmanager.go and lastappliedupdater.go.
 */
import { isJsonObject, type JsonObject } from '../patch/json-value.ts';
import { groupVersionText, type GroupVersionKind } from '../kind.ts';
import type { Message } from '../schema.ts';
import { StatusError } from '../status.ts';
import { compareObjects } from './compare.ts';
import { difference, EMPTY_TREE, type FieldTree } from './field-tree.ts';
import { objectShape } from './shape.ts';
import { appliedObject } from './sparse.ts';
import { treeOf } from './to-tree.ts';

/** The annotation in which client-side apply keeps what it applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Larger values are not written. */
const MAX_BYTES = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) ? annotations : {};
}

/** The fields that client-side apply set last, while the object still has the values it applied. */
export function clientSideFields(schema: Message, of: GroupVersionKind, live: JsonObject): FieldTree {
  const text = annotationsOf(live)[LAST_APPLIED];
  if (typeof text !== 'string' || text === '') return EMPTY_TREE;
  try {
    const last = JSON.parse(text) as JsonObject;
    if (last['apiVersion'] !== groupVersionText(of)) return EMPTY_TREE;
    const shape = objectShape(schema);
    const applied = appliedObject(schema, of, last);
    // What others have changed since is theirs.
    const { added, modified, removed } = compareObjects(shape, applied, live);
    return difference(difference(difference(treeOf(shape, applied), modified), added), removed);
  } catch (error) {
    // A damaged annotation forgives nothing; the conflict it would have forgiven is then reported.
    if (error instanceof SyntaxError || error instanceof StatusError) return EMPTY_TREE;
    throw error;
  }
}

/** The object with the annotation saying what was applied now. */
export function withLastApplied(object: JsonObject, given: JsonObject): JsonObject {
  const { [LAST_APPLIED]: _, ...annotations } = annotationsOf(given);
  const metadata = isJsonObject(given['metadata']) ? given['metadata'] : {};
  const text = `${JSON.stringify({ ...given, metadata: { ...metadata, annotations } })}\n`;
  const value = Buffer.byteLength(text) > MAX_BYTES ? '' : text;
  const own = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: { ...own, annotations: { ...annotationsOf(object), [LAST_APPLIED]: value } } };
}
