/**
 * Path elements of fields and list items, and paths as messages show them.
 *
 * Source: structured-merge-diff `fieldpath` PathElement.
 */
import { isJsonObject, type JsonValue } from '../patch/json-value.ts';
import type { Shape } from './shape.ts';

/** JSON with members sorted. */
function sortedJson(value: JsonValue): string {
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(value[key]!)}`);
  return `{${members.join(',')}}`;
}

/** `f:name`. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The element of a list item: its value in a set, its keys in a keyed list; undefined when it has no keys. */
export function itemElement(shape: Extract<Shape, { type: 'set' | 'keyed' }>, item: JsonValue): string | undefined {
  if (shape.type === 'set') return `v:${sortedJson(item)}`;
  if (!isJsonObject(item)) return undefined;
  const keys: { [key: string]: JsonValue } = {};
  for (const key of shape.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : (shape.defaults.get(key) as JsonValue | undefined);
    if (value !== undefined && value !== null) keys[key] = value;
  }
  return Object.keys(keys).length === 0 ? undefined : `k:${sortedJson(keys)}`;
}

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys = JSON.parse(rest) as Readonly<Record<string, unknown>>;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

/** `.spec.template.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}
