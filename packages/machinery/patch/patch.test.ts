import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isReason } from '../status.ts';
import { applyJsonPatch, MAX_OPERATIONS } from './json-patch.ts';
import { type JsonObject, jsonEqual, type JsonValue } from './json-value.ts';
import { applyMergePatch } from './merge-patch.ts';

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

const operations: readonly (readonly [JsonValue, JsonValue, JsonValue | undefined])[] = [
  [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  [{ a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
  [{ a: [1] }, [{ op: 'add', path: '/a/2', value: 2 }], undefined],
  [{ a: [1] }, [{ op: 'add', path: '/a/01', value: 2 }], undefined],
  [{ a: 1 }, [{ op: 'add', path: '/b/c', value: 2 }], undefined],
  [{ a: 1 }, [{ op: 'remove', path: '/a' }], {}],
  [{ a: 1 }, [{ op: 'remove', path: '/b' }], undefined],
  [{ a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
  [{ a: 1 }, [{ op: 'replace', path: '/b', value: 1 }], undefined],
  [{ a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
  [{ a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b' }], undefined],
  [
    { a: { b: 1 } },
    [
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'replace', path: '/c/b', value: 2 },
    ],
    { a: { b: 1 }, c: { b: 2 } },
  ],
  [{ a: 1 }, [{ op: 'test', path: '/a', value: 1 }], { a: 1 }],
  [{ a: { x: 1, y: 2 } }, [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }], { a: { x: 1, y: 2 } }],
  [{ a: 1 }, [{ op: 'test', path: '/a', value: '1' }], undefined],
  [{ a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  [{ 'a/b': { '~c': 1 } }, [{ op: 'replace', path: '/a~1b/~0c', value: 2 }], { 'a/b': { '~c': 2 } }],
  [{ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  [{ a: 1 }, [{ op: 'nope', path: '/a' }], undefined],
  [{ a: 1 }, [{ op: 'add', path: 'a', value: 1 }], undefined],
  [{ a: 1 }, [{ op: 'add', path: '/a' }], { a: null }],
  [{ a: 1 }, [{ op: 'add', path: '/constructor/x', value: 1 }], undefined],
];
operations.forEach(([document, patch, wanted], i) => {
  test(`JSON patch ${i}: ${JSON.stringify(patch)}`, () => {
    if (wanted === undefined)
      assert.throws(
        () => applyJsonPatch(freeze(document), freeze(patch)),
        (error) => isReason(error, 'Invalid') && error.code === 422,
      );
    else assert.deepEqual(applyJsonPatch(freeze(document), freeze(patch)), wanted);
  });
});

test('JSON patch limits and malformed patches', () => {
  const add = { op: 'add', path: '/a', value: 1 };
  assert.throws(
    () =>
      applyJsonPatch(
        {},
        Array.from({ length: MAX_OPERATIONS + 1 }, () => add),
      ),
    { message: 'Request entity is too large: The allowed maximum operations in a JSON patch is 10000, got 10001' },
  );
  assert.throws(
    () => applyJsonPatch({}, { op: 'add' }),
    (error) => isReason(error, 'BadRequest') && error.message === 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  );
  assert.throws(
    () => applyJsonPatch({}, ['x']),
    (error) => isReason(error, 'BadRequest'),
  );
  const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
  assert.throws(
    () => applyJsonPatch({ a: ['x'.repeat(1000)] }, doubling),
    (error) => isReason(error, 'Invalid'),
  );
  const own = applyJsonPatch({}, JSON.parse('[{"op":"add","path":"/__proto__","value":{"x":1}}]') as JsonValue);
  assert.equal(JSON.stringify(own), '{"__proto__":{"x":1}}');
});

const key = fc.constantFrom('a', 'b', 'c', '0', '1');
const value = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 0, max: 3 }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const path = fc.array(fc.oneof(key, fc.constant('-')), { maxLength: 3 }).map((keys) => keys.map((one) => `/${one}`).join(''));
const operation = fc.record({ op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'), path, from: path, value });

/** A slow, plain reading of RFC 6902; undefined when the patch does not apply. */
function model(document: JsonValue, patch: readonly { op: string; path: string; from: string; value: JsonValue }[]): JsonValue | undefined {
  const box: { root: unknown } = { root: structuredClone(document) };
  const walk = (keys: string[]): unknown =>
    keys.reduce<unknown>(
      (at, one) =>
        Array.isArray(at) ? (/^\d+$/.test(one) ? at[Number(one)] : undefined) : (at as Record<string, unknown> | null | undefined)?.[one],
      box.root,
    );
  const split = (pointer: string): string[] => pointer.split('/').slice(1);
  const put = (keys: string[], one: unknown, insert: boolean): boolean => {
    const last = keys.at(-1);
    if (last === undefined) {
      box.root = one;
      return true;
    }
    const parent = walk(keys.slice(0, -1));
    if (Array.isArray(parent)) {
      const index = last === '-' ? (insert ? parent.length : -1) : Number(last);
      if (!(index >= 0 && index <= parent.length - (insert ? 0 : 1))) return false;
      parent.splice(index, insert ? 0 : 1, one);
      return true;
    }
    if (typeof parent !== 'object' || parent === null) return false;
    if (!insert && !(last in parent)) return false;
    (parent as Record<string, unknown>)[last] = one;
    return true;
  };
  const take = (keys: string[]): unknown => {
    const last = keys.at(-1);
    const found = walk(keys);
    if (last === undefined || found === undefined) return undefined;
    const parent = walk(keys.slice(0, -1));
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as Record<string, unknown>)[last];
    return found;
  };
  for (const one of patch) {
    const keys = split(one.path);
    const from = split(one.from);
    const found = one.op === 'move' || one.op === 'copy' ? walk(from) : undefined;
    if (one.op === 'add') {
      if (!put(keys, structuredClone(one.value), true)) return undefined;
    } else if (one.op === 'replace') {
      if (!put(keys, structuredClone(one.value), false)) return undefined;
    } else if (one.op === 'remove') {
      if (take(keys) === undefined) return undefined;
    } else if (one.op === 'copy') {
      if (found === undefined || !put(keys, structuredClone(found), true)) return undefined;
    } else if (one.op === 'move') {
      if (found === undefined || from.length === 0 || (from.length < keys.length && from.every((k, i) => k === keys[i]))) return undefined;
      if (!put(keys, take(from), true)) return undefined;
    } else if (
      keys.some((k, i) => {
        const at = walk(keys.slice(0, i));
        return Array.isArray(at) && !(/^\d+$/.test(k) && Number(k) < at.length);
      })
    ) {
      return undefined;
    } else if (!jsonEqual((walk(keys) ?? null) as JsonValue, one.value)) return undefined;
  }
  return box.root as JsonValue;
}

test('JSON patch agrees with a plain model and leaves its inputs alone', () => {
  fc.assert(
    fc.property(value, fc.array(operation, { maxLength: 6 }), (document, patch) => {
      let actual: JsonValue | undefined;
      try {
        actual = applyJsonPatch(freeze(document), freeze(patch) as unknown as JsonValue);
      } catch (error) {
        assert.ok(isReason(error, 'Invalid'), String(error));
      }
      assert.deepEqual(actual, model(document, patch));
    }),
    { numRuns: 2000 },
  );
});

const merges: readonly (readonly [JsonObject, JsonValue, JsonObject])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{}, { a: [null, { b: null, c: [{ d: null }] }] }, { a: [null, { c: [{}] }] }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
];
for (const [document, patch, wanted] of merges) {
  test(`merge patch ${JSON.stringify(patch)}`, () => assert.deepEqual(applyMergePatch(freeze(document), freeze(patch)), wanted));
}

test('a merge patch takes members away and sets them, nothing else', () => {
  assert.throws(
    () => applyMergePatch({}, [1]),
    (error) => isReason(error, 'BadRequest'),
  );
  assert.equal(JSON.stringify(applyMergePatch({}, JSON.parse('{"__proto__":{"a":1}}') as JsonValue)), '{"__proto__":{"a":1}}');
  const object = fc.dictionary(key, value, { noNullPrototype: true });
  fc.assert(
    fc.property(object, object, (document, patch) => {
      const once = applyMergePatch(freeze(document), freeze(patch));
      assert.deepEqual(applyMergePatch(once, patch), once);
      for (const one of Object.keys(document)) if (!Object.hasOwn(patch, one)) assert.equal(once[one], document[one]);
      for (const one of Object.keys(patch)) assert.equal(Object.hasOwn(once, one), patch[one] !== null);
    }),
  );
});
