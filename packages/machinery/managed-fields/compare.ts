/**
 * Which fields two versions of an object differ in.
 *
 * Source: structured-merge-diff `typed` Compare.
 */
import { isJsonList, isJsonObject, jsonEqual, type JsonObject, type JsonValue, member } from '../patch/json-value.ts';
import { fieldElement, itemElement } from './elements.ts';
import { branch, EMPTY_TREE, type FieldTree, withSelf } from './field-tree.ts';
import { shareFields } from './interned.ts';
import type { Shape } from './shape.ts';

/** The differences between two versions. */
export interface Comparison {
  readonly added: FieldTree;
  readonly modified: FieldTree;
  readonly removed: FieldTree;
}

type Side = JsonValue | undefined;
const NOTHING: JsonObject = {};
const LEAF_SHAPE: Shape = { type: 'leaf' };

type ListShape = Extract<Shape, { type: 'set' | 'keyed' }>;

/** Absent, null, or without items or members. */
export function isEmpty(value: Side): boolean {
  if (value === undefined || value === null) return true;
  if (isJsonList(value)) return value.length === 0;
  if (!isJsonObject(value)) return false;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

/** A value that has neither items nor members: in a map of anything it is owned as a whole. */
export function isPlain(value: Side): boolean {
  return value !== undefined && value !== null && !isJsonObject(value);
}

/** The nodes found below one value, in the order of the walk. */
class Found {
  readonly elements: string[] = [];
  readonly nodes: FieldTree[] = [];

  add(element: string, node: FieldTree): void {
    this.elements.push(element);
    this.nodes.push(node);
  }
}

/**
 * Walks two values at once. A visit leaves what it found below its value in `#added`, `#modified` and `#removed`, from where the caller takes it:
 * most fields differ in one way or not at all, so that nothing is allocated for the other two.
 */
class CompareWalk {
  #added: FieldTree | undefined;
  #modified: FieldTree | undefined;
  #removed: FieldTree | undefined;

  compare(shape: Shape, left: JsonObject, right: JsonObject): Comparison {
    this.#visit(shape, left, right);
    return { added: this.#added ?? EMPTY_TREE, modified: this.#modified ?? EMPTY_TREE, removed: this.#removed ?? EMPTY_TREE };
  }

  #visit(shape: Shape, left: Side, right: Side): void {
    this.#added = this.#modified = this.#removed = undefined;
    if (left === right) return;
    if (shape.type === 'leaf' || (isEmpty(left) && isEmpty(right)) || (shape.type === 'map' && (isPlain(left) || isPlain(right)))) {
      if (left === undefined) this.#added = EMPTY_TREE;
      else if (right === undefined) this.#removed = EMPTY_TREE;
      else if (!jsonEqual(left, right)) this.#modified = EMPTY_TREE;
      return;
    }
    if (left === undefined && shape.type === 'struct' && isJsonObject(right)) {
      const all = leafStruct(shape, right);
      if (all) {
        this.#added = all;
        return;
      }
    }
    if (shape.type === 'struct' || shape.type === 'map') this.#members(shape, left, right);
    else this.#items(shape, left, right);
    if (left === undefined) this.#added = withSelf(this.#added);
    else if (right === undefined) this.#removed = withSelf(this.#removed);
  }

  #members(shape: Extract<Shape, { type: 'struct' | 'map' }>, left: Side, right: Side): void {
    const before = isJsonObject(left) ? left : NOTHING;
    const after = isJsonObject(right) ? right : NOTHING;
    const below = new Below();
    for (const key of Object.keys(before)) this.#member(shape, key, member(before, key), member(after, key), below);
    for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) this.#member(shape, key, undefined, member(after, key), below);
    this.#finish(below);
  }

  #member(shape: Extract<Shape, { type: 'struct' | 'map' }>, key: string, left: Side, right: Side, below: Below): void {
    if (left === right) return;
    if (shape.type === 'map') {
      this.#visit(shape.value, left, right);
      below.take(fieldElement(key), this.#added, this.#modified, this.#removed);
      return;
    }
    const field = shape.fields.get(key);
    if (!field) return;
    this.#visit(field.shape(), left, right);
    below.take(field.element, this.#added, this.#modified, this.#removed);
  }

  #items(shape: ListShape, left: Side, right: Side): void {
    this.#added = this.#modified = this.#removed = undefined;
    if (isJsonList(left) && isJsonList(right) && jsonEqual(left, right)) return;
    const before = itemsByElement(shape, left);
    const after = itemsByElement(shape, right);
    const item: Shape = shape.type === 'keyed' ? shape.item : LEAF_SHAPE;
    const below = new Below();
    const visit = (element: string, a: Side, b: Side): void => {
      this.#visit(item, a, b);
      below.take(element, this.#added, this.#modified, this.#removed);
    };
    for (const [element, value] of before) visit(element, value, after.get(element));
    for (const [element, value] of after) if (!before.has(element)) visit(element, undefined, value);
    this.#finish(below);
  }

  #finish({ added, modified, removed }: Below): void {
    this.#added = added && branch(added.elements, added.nodes);
    this.#modified = modified && branch(modified.elements, modified.nodes);
    this.#removed = removed && branch(removed.elements, removed.nodes);
  }
}

type StructShape = Extract<Shape, { type: 'struct' }>;

/** Sets remembered of each struct: few of them come with more choices of members. */
const MAX_LEAF_STRUCTS = 64;

// Which fields a struct without inner ones has follows from the names of its members, so sharing the set cannot be observed.
const leafStructs = new WeakMap<StructShape, Map<string, FieldTree>>();

/** The fields of a struct that is new, when it has no inner ones: conditions and the like, which object after object gets. */
function leafStruct(shape: StructShape, value: JsonObject): FieldTree | undefined {
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  const key = names.join();
  let known = leafStructs.get(shape);
  if (!known) leafStructs.set(shape, (known = new Map()));
  const found = known.get(key);
  if (found) return found;
  const fields = names.flatMap((name) => shape.fields.get(name) ?? []);
  if (known.size >= MAX_LEAF_STRUCTS || fields.some((field) => field.shape().type !== 'leaf')) return undefined;
  const made = shareFields(withSelf(branch(fields.map(({ element }) => element), fields.map(() => EMPTY_TREE))));
  known.set(key, made);
  return made;
}

/** What the children of one value hold. */
class Below {
  added: Found | undefined;
  modified: Found | undefined;
  removed: Found | undefined;

  take(element: string, added: FieldTree | undefined, modified: FieldTree | undefined, removed: FieldTree | undefined): void {
    if (added) (this.added ??= new Found()).add(element, added);
    if (modified) (this.modified ??= new Found()).add(element, modified);
    if (removed) (this.removed ??= new Found()).add(element, removed);
  }
}

/** Items by element; the first of duplicates counts. */
export function itemsByElement(shape: ListShape, list: Side): Map<string, JsonValue> {
  const map = new Map<string, JsonValue>();
  if (isJsonList(list)) {
    for (const item of list) {
      const element = itemElement(shape, item);
      if (element !== undefined && !map.has(element)) map.set(element, item);
    }
  }
  return map;
}

/** Compares two objects of one type. */
export function compareObjects(shape: Shape, left: JsonObject, right: JsonObject): Comparison {
  return new CompareWalk().compare(shape, left, right);
}
