/**
 * What the creator of an object owns: everything that differs from the kind's zero value.
 *
 * The same set as comparing the two and taking away what nobody can own, but in one walk: every create makes one.
 */
import { Lru } from '#base/lru.ts';
import { isJsonList, isJsonObject, jsonEqual, type JsonObject, type JsonValue, member } from '../patch/json-value.ts';
import { isEmpty, isPlain, itemsByElement } from './compare.ts';
import { fieldElement } from './elements.ts';
import { branch, EMPTY_TREE, type FieldTree, withSelf } from './field-tree.ts';
import type { Shape } from './shape.ts';

type Side = JsonValue | undefined;
type Members = Extract<Shape, { type: 'struct' | 'map' }>;

/** What the walk leaves out of one struct. */
export type Skip = (key: string) => boolean;

const NOTHING: JsonObject = {};
const LEAF_SHAPE: Shape = { type: 'leaf' };

function visit(shape: Shape, zero: Side, value: Side, skip: Skip | undefined): FieldTree | undefined {
  if (zero === value || value === undefined) return undefined;
  if (shape.type === 'leaf' || (isEmpty(zero) && isEmpty(value)) || (shape.type === 'map' && (isPlain(zero) || isPlain(value))))
    return zero === undefined || !jsonEqual(zero, value) ? EMPTY_TREE : undefined;
  const below = shape.type === 'struct' || shape.type === 'map' ? members(shape, zero, value, skip) : items(shape, zero, value);
  return zero === undefined ? withSelf(below) : below;
}

function members(shape: Members, zero: Side, value: Side, skip: Skip | undefined): FieldTree | undefined {
  const before = isJsonObject(zero) ? zero : NOTHING;
  const after = isJsonObject(value) ? value : NOTHING;
  const elements: string[] = [];
  const nodes: FieldTree[] = [];
  for (const key of Object.keys(after)) {
    if (skip?.(key)) continue;
    const field = shape.type === 'struct' ? shape.fields.get(key) : undefined;
    if (shape.type === 'struct' && !field) continue;
    const of = field ? field.shape() : (shape as Extract<Shape, { type: 'map' }>).value;
    const found = skip && key === SPEC ? knownFields(of, member(before, key), after[key]) : visit(of, member(before, key), after[key], undefined);
    if (!found) continue;
    elements.push(field ? field.element : fieldElement(key));
    nodes.push(found);
  }
  return elements.length > 0 ? branch(elements, nodes) : undefined;
}

const SPEC = 'spec';
/** Specs remembered per kind. */
const MAX_SPECS = 256;
/** Longer specs are rarely repeated. */
const MAX_TEXT = 8_192;

// What fields a spec has follows from its text, so sharing the set cannot be observed: objects made of one template share it, which saves memory too.
const known = new WeakMap<Shape, Lru<string, { readonly fields: FieldTree | undefined }>>();

function knownFields(shape: Shape, zero: Side, value: Side): FieldTree | undefined {
  const text = JSON.stringify(value) ?? '';
  if (text.length > MAX_TEXT) return visit(shape, zero, value, undefined);
  let ofKind = known.get(shape);
  if (!ofKind) known.set(shape, (ofKind = new Lru(MAX_SPECS)));
  let found = ofKind.get(text);
  if (!found) ofKind.set(text, (found = { fields: visit(shape, zero, value, undefined) }));
  return found.fields;
}

function items(shape: Extract<Shape, { type: 'set' | 'keyed' }>, zero: Side, value: Side): FieldTree | undefined {
  if (isJsonList(zero) && isJsonList(value) && jsonEqual(zero, value)) return undefined;
  const before = itemsByElement(shape, zero);
  const item: Shape = shape.type === 'keyed' ? shape.item : LEAF_SHAPE;
  const elements: string[] = [];
  const nodes: FieldTree[] = [];
  for (const [element, one] of itemsByElement(shape, value)) {
    const found = visit(item, before.get(element), one, undefined);
    if (!found) continue;
    elements.push(element);
    nodes.push(found);
  }
  return elements.length > 0 ? branch(elements, nodes) : undefined;
}

/** The fields of `object` beyond `zero`, without the members of the object and of its metadata that `skips` names. */
export function createdFields(
  shape: Shape,
  objects: { readonly zero: JsonObject; readonly object: JsonObject },
  skips: { readonly object: Skip; readonly metadata: Skip },
): FieldTree {
  if (shape.type !== 'struct') return EMPTY_TREE;
  const { zero, object } = objects;
  const rest = members(shape, zero, object, (key) => key === 'metadata' || skips.object(key));
  const field = shape.fields.get('metadata');
  const metadata = field && visit(field.shape(), member(zero, 'metadata'), member(object, 'metadata'), skips.metadata);
  if (!metadata) return rest ?? EMPTY_TREE;
  const all: { [element: string]: FieldTree } = { ...rest, [field.element]: metadata };
  return branch(Object.keys(all), Object.values(all));
}
