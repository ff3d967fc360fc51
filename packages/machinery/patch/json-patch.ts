/**
 * JSON Patch, RFC 6902. Applied on a copy-on-write tree: containers are copied once and then changed in place.
 *
 * Source: RFC 6902; negative list indices, the copy limit and the messages follow the library the API server uses.
 */
import { badRequest, requestEntityTooLarge } from '../status.ts';
import { pointerKeys } from './json-pointer.ts';
import { isJsonList, isJsonObject, jsonEqual, type JsonObject, type JsonValue, type MutableObject, setMember } from './json-value.ts';
import { patchRejected } from './patch-errors.ts';

/** Upstream's bound on one patch. */
export const MAX_OPERATIONS = 10_000;
/** `copy` may add this many bytes of JSON in all, so that doubling copies cannot exhaust memory: the size of a request body. */
export const MAX_COPIED_BYTES = 3 * 1024 * 1024;

type OperationName = 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';

interface Operation {
  readonly op: OperationName;
  readonly path: string;
  readonly keys: readonly string[];
  readonly from: readonly string[];
  readonly value: JsonValue | undefined;
}

const NAMES: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

type Container = JsonValue[] | MutableObject;

function text(operation: JsonObject, key: string): string {
  const value = Object.hasOwn(operation, key) ? operation[key] : undefined;
  if (typeof value !== 'string') throw patchRejected(`missing or bad member ${JSON.stringify(key)}`);
  return value;
}

function keysOf(pointer: string): string[] {
  const keys = pointerKeys(pointer);
  if (!keys) throw patchRejected(`bad pointer ${JSON.stringify(pointer)}`);
  return keys;
}

function readOperation(value: JsonValue): Operation {
  if (!isJsonObject(value))
    throw badRequest(`json: cannot unmarshal ${isJsonList(value) ? 'array' : typeof value} into Go value of type jsonpatch.Operation`);
  const op = Object.hasOwn(value, 'op') ? value['op'] : undefined;
  if (typeof op !== 'string' || !NAMES.has(op)) throw patchRejected(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  const path = text(value, 'path');
  const operand = Object.hasOwn(value, 'value') ? value['value'] : undefined;
  const from = op === 'move' || op === 'copy' ? keysOf(text(value, 'from')) : [];
  return { op: op as OperationName, path, keys: keysOf(path), from, value: operand };
}

const INDEX = /^-?(0|[1-9]\d*)$/;

/** One application of a patch to a document. */
class Editor {
  #root: JsonValue;
  /** Containers made by this run, which may be changed. */
  readonly #own = new Set<JsonValue>();
  #copiedBytes = 0;

  constructor(root: JsonValue) {
    this.#root = root;
  }

  get result(): JsonValue {
    return this.#root;
  }

  apply(operation: Operation): void {
    const { op, keys } = operation;
    switch (op) {
      case 'add':
        return this.#add(keys, operation.value ?? null);
      case 'remove':
        this.#remove(keys);
        return undefined;
      case 'replace':
        return this.#replace(keys, operation.value ?? null);
      case 'move': {
        if (isProperPrefix(operation.from, keys)) throw patchRejected('cannot move a value into itself');
        return this.#add(keys, this.#remove(operation.from));
      }
      case 'copy':
        return this.#add(keys, this.#copy(this.#read(operation.from)));
      case 'test':
        return this.#test(operation);
    }
  }

  #test(operation: Operation): void {
    const wanted = operation.value ?? null;
    const found = this.#find(operation.keys);
    if (found === undefined ? wanted !== null : !jsonEqual(found, wanted)) throw patchRejected(`testing value ${operation.path} failed: test failed`);
  }

  #find(keys: readonly string[]): JsonValue | undefined {
    let at: JsonValue | undefined = this.#root;
    for (const key of keys) {
      if (isJsonList(at)) at = at[itemIndex(key, at.length)];
      else if (isJsonObject(at) && Object.hasOwn(at, key)) at = at[key];
      else return undefined;
    }
    return at;
  }

  #read(keys: readonly string[]): JsonValue {
    const found = this.#find(keys);
    if (found === undefined) throw patchRejected(`missing value at ${JSON.stringify(keys)}`);
    return found;
  }

  #copy(value: JsonValue): JsonValue {
    const json = JSON.stringify(value);
    this.#copiedBytes += json.length;
    if (this.#copiedBytes > MAX_COPIED_BYTES) {
      throw patchRejected(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
      );
    }
    return JSON.parse(json) as JsonValue;
  }

  #owned(value: JsonValue): Container {
    if (this.#own.has(value)) return value as Container;
    const copy = isJsonList(value) ? value.slice() : { ...(value as JsonObject) };
    this.#own.add(copy);
    return copy;
  }

  /** The container of the last key, made changeable along the way. */
  #parent(keys: readonly string[]): Container {
    let parent: Container = this.#container(this.#root);
    this.#root = parent;
    for (let i = 0; i < keys.length - 1; i += 1) {
      const key = keys[i]!;
      if (Array.isArray(parent)) {
        const index = itemIndex(key, parent.length);
        const next: Container = this.#container(parent[index]);
        parent[index] = next;
        parent = next;
      } else {
        const next: Container = this.#container(Object.hasOwn(parent, key) ? parent[key] : undefined);
        setMember(parent, key, next);
        parent = next;
      }
    }
    return parent;
  }

  #container(value: JsonValue | undefined): Container {
    if (!isJsonObject(value) && !isJsonList(value)) throw patchRejected('missing container');
    return this.#owned(value);
  }

  #add(keys: readonly string[], value: JsonValue): void {
    if (keys.length === 0) {
      this.#root = value;
      return;
    }
    const parent = this.#parent(keys);
    const key = keys.at(-1)!;
    if (!Array.isArray(parent)) setMember(parent, key, value);
    else if (key === '-') parent.push(value);
    else parent.splice(insertIndex(key, parent.length), 0, value);
  }

  #replace(keys: readonly string[], value: JsonValue): void {
    if (keys.length === 0) {
      this.#root = value;
      return;
    }
    const parent = this.#parent(keys);
    const key = keys.at(-1)!;
    if (Array.isArray(parent)) parent[itemIndex(key, parent.length)] = value;
    else if (Object.hasOwn(parent, key)) setMember(parent, key, value);
    else throw patchRejected(`replace operation does not apply: doc is missing key: ${key}`);
  }

  #remove(keys: readonly string[]): JsonValue {
    if (keys.length === 0) throw patchRejected('cannot remove the document');
    const parent = this.#parent(keys);
    const key = keys.at(-1)!;
    if (Array.isArray(parent)) return parent.splice(itemIndex(key, parent.length), 1)[0]!;
    const value = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (value === undefined) throw patchRejected(`Unable to remove nonexistent key: ${key}`);
    delete parent[key];
    return value;
  }
}

function itemIndex(key: string, length: number): number {
  const index = INDEX.test(key) ? Number(key) : Number.NaN;
  const from = index < 0 ? index + length : index;
  if (!(from >= 0 && from < length)) throw patchRejected(`Unable to access invalid index: ${key}`);
  return from;
}

function insertIndex(key: string, length: number): number {
  const index = INDEX.test(key) ? Number(key) : Number.NaN;
  const from = index < 0 ? index + length + 1 : index;
  if (!(from >= 0 && from <= length)) throw patchRejected(`Unable to access invalid index: ${key}`);
  return from;
}

function isProperPrefix(prefix: readonly string[], keys: readonly string[]): boolean {
  return prefix.length < keys.length && prefix.every((key, i) => key === keys[i]);
}

/**
 * The document with a JSON patch applied; the inputs stay as they are.
 * @throws StatusError BadRequest (not a patch), RequestEntityTooLarge (too many operations), Invalid (does not apply).
 */
export function applyJsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonList(patch)) {
    const type = patch === null ? 'null' : typeof patch === 'boolean' ? 'bool' : typeof patch;
    throw badRequest(`json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  }
  const editor = new Editor(document);
  for (const operation of patch) editor.apply(readOperation(operation));
  return editor.result;
}
