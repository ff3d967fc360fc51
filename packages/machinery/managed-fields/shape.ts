/**
 * How values of a type are owned: as a whole, member by member, item by item.
 *
 * Source: structured-merge-diff `schema`, derived from the list and map markers as the API server's type converter does.
 */
import type { AnySchema, Markers, Message } from '../schema.ts';
import { resolve } from '../schema.ts';
import { defaultOf, jsonFields } from '../schema-fields.ts';

/** A member of a struct. */
export interface ShapeField {
  readonly name: string;
  /** `f:name`. */
  readonly element: string;
  readonly shape: () => Shape;
  /** What an absent list key counts as. */
  readonly default: unknown;
}

/** The topology of a type. */
export type Shape =
  | { readonly type: 'leaf' }
  | { readonly type: 'struct'; readonly fields: ReadonlyMap<string, ShapeField> }
  | { readonly type: 'map'; readonly value: Shape }
  | { readonly type: 'set' }
  | { readonly type: 'keyed'; readonly item: Shape; readonly keys: readonly string[]; readonly defaults: ReadonlyMap<string, unknown> };

const LEAF: Shape = { type: 'leaf' };
/** Any JSON: objects are owned member by member all the way down, everything else as a whole. */
const OPEN: Shape = {
  type: 'map',
  get value(): Shape {
    return OPEN;
  },
};

// What a message's shape is follows from its schema alone, so sharing it cannot be observed.
const shapes = new WeakMap<Message, Shape>();

function structShape(message: Message): Shape {
  const known = shapes.get(message);
  if (known) return known;
  const fields = new Map<string, ShapeField>();
  const shape: Shape = { type: 'struct', fields };
  shapes.set(message, shape);
  for (const field of jsonFields(message)) {
    let resolved: Shape | undefined;
    fields.set(field.name, {
      name: field.name,
      element: `f:${field.name}`,
      shape: () => (resolved ??= shapeOf(field.schema, field.markers)),
      default: defaultOf(field),
    });
  }
  return shape;
}

function keyedShape(schema: AnySchema, keys: readonly string[]): Shape {
  const item = shapeOf(schema, {});
  const defaults = new Map<string, unknown>();
  if (item.type === 'struct') for (const key of keys) defaults.set(key, item.fields.get(key)?.default);
  return { type: 'keyed', item, keys, defaults };
}

/** The shape of a value of type `schema` under a field with these markers. */
export function shapeOf(schema: AnySchema, markers: Markers): Shape {
  const type = resolve(schema);
  switch (type.type) {
    case 'scalar':
      return type.name === 'rawExtension' || type.name === 'fieldsV1' ? OPEN : LEAF;
    case 'list':
      if (markers.listType === 'set') return { type: 'set' };
      return markers.listType === 'map' && markers.keys ? keyedShape(type.item, markers.keys) : LEAF;
    case 'map':
      return markers.mapType === 'atomic' ? LEAF : { type: 'map', value: shapeOf(type.value, {}) };
    case 'message':
      return (markers.mapType ?? type.structType) === 'atomic' ? LEAF : structShape(type);
  }
}

/** The shape of an object. */
export function objectShape(schema: Message): Shape {
  return structShape(schema);
}
