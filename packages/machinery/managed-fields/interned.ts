/**
 * Sets of fields that many objects have: the pods of a workload, their statuses, the leases of nodes differ in values, not in which fields they have. Sharing the sets
 * saves most of the memory that managed fields take, the collector's work on them, and encoding them anew with every version of every object.
 */
import { Lru } from '#base/lru.ts';
import { EMPTY_TREE, type FieldTree } from './field-tree.ts';

/** Sets remembered at the same time. */
const MAX_SETS = 2_048;
/** Longer sets (as text) are rarely repeated. */
const MAX_TEXT = 16_384;
/** Parts of shorter sets are not looked at: they take about as much memory as remembering them. */
const MIN_TEXT = 64;

// Sets are never changed, so whether two objects have the same one, and whether its text is made anew, cannot be observed.
const byText = new Lru<string, FieldTree>(MAX_SETS);
/** The texts of sets that several objects have: those of others would take more memory than they save. */
const texts = new WeakMap<FieldTree, string>([[EMPTY_TREE, '{}']]);

/** The one set with these fields. */
export function internFields(fields: FieldTree): FieldTree {
  if (texts.has(fields)) return fields;
  const text = fieldsText(fields);
  if (text.length > MAX_TEXT) return fields;
  const known = byText.get(text);
  if (known) {
    texts.set(known, text);
    return known;
  }
  const made = withInternedParts(fields, text.length);
  byText.set(text, made);
  return made;
}

/** The one set with these fields, for sets of which it is known beforehand that several objects have them. */
export function shareFields(fields: FieldTree): FieldTree {
  const one = internFields(fields);
  if (!texts.has(one)) texts.set(one, fieldsText(one));
  return one;
}

/** A set that is new often has parts that are not: the status of a pod but for its address. */
function withInternedParts(fields: FieldTree, textLength: number): FieldTree {
  if (textLength < MIN_TEXT) return fields;
  const out: { [element: string]: FieldTree } = {};
  for (const element of Object.keys(fields)) out[element] = internFields(fields[element]!);
  return out;
}

/** The set as JSON: the same text that `JSON.stringify` makes. */
export function fieldsText(fields: FieldTree): string {
  const known = texts.get(fields);
  if (known !== undefined) return known;
  let text = '';
  for (const element of Object.keys(fields)) text += `${text === '' ? '{' : ','}${JSON.stringify(element)}:${fieldsText(fields[element]!)}`;
  return text === '' ? '{}' : `${text}}`;
}

/** Whether a value is a set that several objects have, and so well-formed. */
export function isInterned(value: object): boolean {
  return texts.has(value as FieldTree);
}
