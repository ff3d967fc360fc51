/**
 * Sets of fields that many objects have: the pods of a workload, their statuses, the leases of nodes differ in values, not in which fields they have. Sharing the sets
 * saves most of the memory that managed fields take, and the collector's work on them.
 */
import { Lru } from '#base/lru.ts';
import type { FieldTree } from './field-tree.ts';

/** Sets remembered at the same time. */
const MAX_SETS = 2_048;
/** Longer sets (as text) are rarely repeated. */
const MAX_TEXT = 16_384;
/** Parts of shorter sets are not looked at: they take about as much memory as remembering them. */
const MIN_TEXT = 64;

// Sets are never changed, so whether two objects have the same one cannot be observed.
const byText = new Lru<string, FieldTree>(MAX_SETS);
const shared = new WeakSet<FieldTree>();

/** The one set with these fields. */
export function internFields(fields: FieldTree): FieldTree {
  if (shared.has(fields)) return fields;
  const text = JSON.stringify(fields);
  if (text.length > MAX_TEXT) return fields;
  const known = byText.get(text);
  if (known) {
    shared.add(known);
    return known;
  }
  const made = withInternedParts(fields, text.length);
  byText.set(text, made);
  return made;
}

/** A set that is new often has parts that are not: the status of a pod but for its address. */
function withInternedParts(fields: FieldTree, textLength: number): FieldTree {
  if (textLength < MIN_TEXT) return fields;
  const out: { [element: string]: FieldTree } = {};
  for (const element of Object.keys(fields)) out[element] = internFields(fields[element]!);
  return out;
}

/** Whether a value is a set that several objects have, and so well-formed. */
export function isInterned(value: object): boolean {
  return shared.has(value as FieldTree);
}
