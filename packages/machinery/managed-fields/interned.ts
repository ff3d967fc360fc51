/**
 * Sets of fields that many objects have: the pods of a workload, their statuses, the leases of nodes differ in values, not in which fields they have. Sharing the sets
 * saves most of the memory that managed fields take, and the collector's work on them.
 */
import { Lru } from '#base/lru.ts';
import type { FieldTree } from './field-tree.ts';

/** Sets remembered at the same time. */
const MAX_SETS = 1_024;
/** Longer sets (as text) are rarely repeated. */
const MAX_TEXT = 16_384;

// Sets are never changed, so whether two objects have the same one cannot be observed.
const byText = new Lru<string, FieldTree>(MAX_SETS);
const shared = new WeakSet<FieldTree>();

/** The one set with these fields. */
export function internFields(fields: FieldTree): FieldTree {
  if (shared.has(fields)) return fields;
  const text = JSON.stringify(fields);
  if (text.length > MAX_TEXT) return fields;
  const known = byText.get(text);
  if (known) return known;
  byText.set(text, fields);
  shared.add(fields);
  return fields;
}

/** Whether a value is such a set, and so well-formed. */
export function isInterned(value: object): boolean {
  return shared.has(value as FieldTree);
}
