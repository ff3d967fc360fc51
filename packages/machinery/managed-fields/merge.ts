/**
 * Merging a partial object into a whole one, and removing fields from an object.
 *
 * Source: structured-merge-diff `typed` Merge and RemoveItems.
 */
import { copyObject, isJsonList, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from '../patch/json-value.ts';
import { fieldElement, itemElement } from './elements.ts';
import { type FieldTree, isEmptyTree, isMember, subtree } from './field-tree.ts';
import type { Shape } from './shape.ts';

type ListShape = Extract<Shape, { type: 'set' | 'keyed' }>;
type MemberShape = Extract<Shape, { type: 'struct' | 'map' }>;

function memberShape(shape: MemberShape, key: string): Shape | undefined {
  return shape.type === 'map' ? shape.value : shape.fields.get(key)?.shape();
}

/** The value with what `applied` sets; leaves and atomic parts are replaced, maps and keyed lists merged. */
function mergeValue(shape: Shape, live: JsonValue | undefined, applied: JsonValue): JsonValue {
  if (live === undefined || live === null || applied === null) return applied;
  if ((shape.type === 'struct' || shape.type === 'map') && isJsonObject(live) && isJsonObject(applied)) return mergeMembers(shape, live, applied);
  if ((shape.type === 'set' || shape.type === 'keyed') && isJsonList(live) && isJsonList(applied))
    return new ListMerge(shape, live, applied).result();
  return applied;
}

function mergeMembers(shape: MemberShape, live: JsonObject, applied: JsonObject): JsonObject {
  const out: MutableObject = copyObject(live);
  for (const key of Object.keys(applied)) {
    const type = memberShape(shape, key);
    if (type) setMember(out, key, mergeValue(type, Object.hasOwn(live, key) ? live[key] : undefined, applied[key]!));
  }
  return out;
}

/** A list indexed by element. */
interface Indexed {
  readonly elements: readonly (string | undefined)[];
  readonly items: ReadonlyMap<string, JsonValue>;
}

function indexList(shape: ListShape, list: readonly JsonValue[]): Indexed {
  const items = new Map<string, JsonValue>();
  const elements = list.map((item) => {
    const element = itemElement(shape, item);
    if (element !== undefined && !items.has(element)) items.set(element, item);
    return element;
  });
  return { elements, items };
}

/** Interleaves two lists: applied items keep their order, live items their place relative to the shared ones. */
class ListMerge {
  readonly #shape: ListShape;
  readonly #live: readonly JsonValue[];
  readonly #left: Indexed;
  readonly #right: Indexed;
  readonly #rightItems: readonly JsonValue[];
  readonly #merged = new Set<string>();
  readonly #out: JsonValue[] = [];
  /** Elements of both lists in applied order, and the next of them that must come. */
  readonly #shared: string[];

  constructor(shape: ListShape, live: readonly JsonValue[], applied: readonly JsonValue[]) {
    this.#shape = shape;
    this.#live = live;
    this.#rightItems = applied;
    this.#left = indexList(shape, live);
    this.#right = indexList(shape, applied);
    this.#shared = [...this.#right.items.keys()].filter((element) => this.#left.items.has(element));
  }

  result(): JsonValue[] {
    let l = 0;
    let r = 0;
    while (l < this.#live.length || r < this.#rightItems.length) {
      const left = l < this.#live.length ? (this.#left.elements[l] ?? '') : undefined;
      const right = r < this.#rightItems.length ? (this.#right.elements[r] ?? '') : undefined;
      if (left !== undefined && left === right && !this.#merged.has(left)) {
        this.#take(right, r);
        l += 1;
        r += 1;
      } else if (left !== undefined && !this.#right.items.has(left)) {
        this.#out.push(this.#live[l]!);
        l += 1;
      } else if (left !== undefined && (right === undefined || this.#merged.has(left) || this.#shared[0] !== left)) {
        l += 1;
      } else if (right !== undefined) {
        this.#take(right, r);
        r += 1;
      }
    }
    return this.#out;
  }

  #take(element: string, at: number): void {
    if (this.#merged.has(element)) return;
    this.#merged.add(element);
    if (this.#shared[0] === element) this.#shared.shift();
    const item = this.#shape.type === 'keyed' ? this.#shape.item : undefined;
    const applied = this.#rightItems[at]!;
    this.#out.push(item ? mergeValue(item, this.#left.items.get(element), applied) : applied);
  }
}

/** The object with everything that `applied` sets. */
export function mergeObjects(shape: Shape, live: JsonObject, applied: JsonObject): JsonObject {
  return mergeValue(shape, live, applied) as JsonObject;
}

function removeMembers(shape: MemberShape, value: JsonObject, tree: FieldTree): JsonObject | null {
  const out: MutableObject = {};
  for (const key of Object.keys(value)) {
    const node = subtree(tree, fieldElement(key));
    const type = memberShape(shape, key);
    if (!node || !type) setMember(out, key, value[key]!);
    else if (!isMember(node)) setMember(out, key, removeValue(type, value[key]!, node));
  }
  return Object.keys(out).length > 0 ? out : null;
}

function removeItems(shape: ListShape, list: readonly JsonValue[], tree: FieldTree): JsonValue[] | null {
  const out: JsonValue[] = [];
  for (const item of list) {
    const element = itemElement(shape, item);
    const node = element === undefined ? undefined : subtree(tree, element);
    if (!node) out.push(item);
    else if (!isMember(node) && shape.type === 'keyed') out.push(removeValue(shape.item, item, node));
  }
  return out.length > 0 ? out : null;
}

function removeValue(shape: Shape, value: JsonValue, tree: FieldTree): JsonValue {
  if ((shape.type === 'struct' || shape.type === 'map') && isJsonObject(value)) return removeMembers(shape, value, tree);
  if ((shape.type === 'set' || shape.type === 'keyed') && isJsonList(value)) return removeItems(shape, value, tree);
  return value;
}

/** The object without the fields of a set (and what is below them); containers that become empty are null: they are still there for those who own them. */
export function removeFields(shape: Shape, value: JsonObject, tree: FieldTree): JsonObject {
  if (isEmptyTree(tree)) return value;
  return (removeValue(shape, value, tree) ?? {}) as JsonObject;
}
