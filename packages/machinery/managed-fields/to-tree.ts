/**
 * The fields that a value sets.
 *
 * Source: structured-merge-diff `typed` ToFieldSet and EnsureNamedFieldsAreMembers.
 */
import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from '../patch/json-value.ts';
import { fieldElement, itemElement } from './elements.ts';
import { type FieldTree, FieldTreeBuilder, isMember, subtree, union } from './field-tree.ts';
import type { Shape } from './shape.ts';

/** A walk that notes fields. */
class TreeWalk {
  readonly builder = new FieldTreeBuilder();
  readonly #path: string[] = [];

  visit(shape: Shape, value: JsonValue): void {
    switch (shape.type) {
      case 'leaf':
        return this.builder.insert(this.#path);
      case 'struct':
      case 'map':
        if (isJsonObject(value)) this.#members(shape, value);
        return undefined;
      case 'set':
      case 'keyed':
        if (isJsonList(value)) for (const item of value) this.#item(shape, item);
        return undefined;
    }
  }

  #members(shape: Extract<Shape, { type: 'struct' | 'map' }>, value: JsonObject): void {
    for (const key of Object.keys(value)) {
      const field = shape.type === 'struct' ? shape.fields.get(key) : undefined;
      if (shape.type === 'struct' && !field) continue;
      const member = value[key]!;
      this.#path.push(field ? field.element : fieldElement(key));
      this.visit(field ? field.shape() : (shape as Extract<Shape, { type: 'map' }>).value, member);
      // Entries of maps are fields themselves, members of structs only where nothing is below them.
      if (!field || member === null || (isJsonObject(member) && Object.keys(member).length === 0)) this.builder.insert(this.#path);
      this.#path.pop();
    }
  }

  #item(shape: Extract<Shape, { type: 'set' | 'keyed' }>, item: JsonValue): void {
    const element = itemElement(shape, item);
    if (element === undefined) return;
    this.#path.push(element);
    if (shape.type === 'keyed') this.visit(shape.item, item);
    this.builder.insert(this.#path);
    this.#path.pop();
  }
}

/** The set of fields that an object (whole or in part) has. */
export function treeOf(shape: Shape, value: JsonObject): FieldTree {
  const walk = new TreeWalk();
  walk.visit(shape, value);
  return walk.builder.build();
}

function childShape(shape: Shape | undefined, element: string): Shape | undefined {
  if (shape?.type === 'struct') return shape.fields.get(element.slice(2))?.shape();
  if (shape?.type === 'map') return shape.value;
  return shape?.type === 'keyed' ? shape.item : undefined;
}

function named(tree: FieldTree, shape: Shape | undefined, path: string[], builder: FieldTreeBuilder): void {
  for (const element of Object.keys(tree)) {
    const node = subtree(tree, element)!;
    if (element === '.') continue;
    path.push(element);
    if (isMember(node) || (shape?.type === 'struct' && element.startsWith('f:'))) builder.insert(path);
    named(node, childShape(shape, element), path, builder);
    path.pop();
  }
}

/** The set with every declared struct member above its fields added. */
export function withNamedFields(tree: FieldTree, shape: Shape): FieldTree {
  const builder = new FieldTreeBuilder();
  named(tree, shape, [], builder);
  return union(tree, builder.build());
}
