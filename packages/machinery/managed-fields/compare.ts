/**
 * Which fields two versions of an object differ in.
 *
 * Source: structured-merge-diff `typed` Compare.
 */
import { isJsonList, isJsonObject, jsonEqual, type JsonObject, type JsonValue, member } from '../patch/json-value.ts';
import { fieldElement, itemElement } from './elements.ts';
import { type FieldTree, FieldTreeBuilder } from './field-tree.ts';
import type { Shape } from './shape.ts';

/** The differences between two versions. */
export interface Comparison {
  readonly added: FieldTree;
  readonly modified: FieldTree;
  readonly removed: FieldTree;
}

type Side = JsonValue | undefined;
type ListShape = Extract<Shape, { type: 'set' | 'keyed' }>;

const isEmpty = (value: Side): boolean =>
  value === undefined || value === null || (isJsonList(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0);

class CompareWalk {
  readonly added = new FieldTreeBuilder();
  readonly modified = new FieldTreeBuilder();
  readonly removed = new FieldTreeBuilder();
  readonly #path: string[] = [];

  visit(shape: Shape, left: Side, right: Side): void {
    if (left === right) return;
    if (shape.type === 'leaf' || (isEmpty(left) && isEmpty(right))) {
      this.#leaf(left, right);
      return;
    }
    if (shape.type === 'struct' || shape.type === 'map') this.#members(shape, left, right);
    else if (!(isJsonList(left) && isJsonList(right) && jsonEqual(left, right))) this.#items(shape, left, right);
    if (left === undefined) this.added.insert(this.#path);
    else if (right === undefined) this.removed.insert(this.#path);
  }

  #leaf(left: Side, right: Side): void {
    if (left === undefined) this.added.insert(this.#path);
    else if (right === undefined) this.removed.insert(this.#path);
    else if (!jsonEqual(left, right)) this.modified.insert(this.#path);
  }

  #child(element: string, shape: Shape, left: Side, right: Side): void {
    this.#path.push(element);
    this.visit(shape, left, right);
    this.#path.pop();
  }

  #members(shape: Extract<Shape, { type: 'struct' | 'map' }>, left: Side, right: Side): void {
    const before = isJsonObject(left) ? left : {};
    const after = isJsonObject(right) ? right : {};
    const visit = (key: string): void => {
      if (shape.type === 'map') return this.#child(fieldElement(key), shape.value, member(before, key), member(after, key));
      const field = shape.fields.get(key);
      if (field) this.#child(field.element, field.shape(), member(before, key), member(after, key));
      return undefined;
    };
    for (const key of Object.keys(before)) visit(key);
    for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) visit(key);
  }

  #items(shape: ListShape, left: Side, right: Side): void {
    const before = index(shape, left);
    const after = index(shape, right);
    const item: Shape = shape.type === 'keyed' ? shape.item : { type: 'leaf' };
    for (const [element, value] of before) this.#child(element, item, value, after.get(element));
    for (const [element, value] of after) if (!before.has(element)) this.#child(element, item, undefined, value);
  }
}

/** Items by element; the first of duplicates counts. */
function index(shape: ListShape, list: Side): Map<string, JsonValue> {
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
  const walk = new CompareWalk();
  walk.visit(shape, left, right);
  return { added: walk.added.build(), modified: walk.modified.build(), removed: walk.removed.build() };
}
