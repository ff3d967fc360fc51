/**
 * Objects as the command line handles them: any kind, as parsed JSON.
 */

/** An object of any kind. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generateName?: string;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
    readonly generation?: number;
  };
  readonly [field: string]: unknown;
}

/** A list of objects. */
export interface AnyList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly AnyObject[];
}

/** The value at a path of names, or undefined when a step is missing. */
export function valueAt(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Any JSON value as text: text itself, nothing for null and undefined, JSON for the rest. */
export function asText(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The text at a path, or `''`. */
export function textAt(object: unknown, ...path: readonly string[]): string {
  return asText(valueAt(object, ...path));
}

/** The list at a path, or an empty one. */
export function listAt<T = Record<string, unknown>>(object: unknown, ...path: readonly string[]): readonly T[] {
  const value = valueAt(object, ...path);
  return Array.isArray(value) ? (value as T[]) : [];
}
