/**
 * Random values of declared types, for property tests: plain JSON as a client might send it, canonical or not.
 */
import fc from 'fast-check';
import { formatDuration } from '../duration.ts';
import { isTypeMeta, jsonFields } from '../schema-fields.ts';
import type { AnySchema, Message, ScalarName } from '../schema.ts';
import { resolve } from '../schema.ts';
import { formatMicroTime, formatTime } from '../time.ts';

const text = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('', 'a', '__proto__', 'constructor', 'ü€😀', 'x'.repeat(200)));
const ms = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_000 });
const rawObject = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constant(null)), {
  maxKeys: 3,
  noNullPrototype: true,
});

const SCALARS: Readonly<Record<ScalarName, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  int32: fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31))),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1)),
  double: fc.double({ noDefaultInfinity: true, noNaN: true }).map((one) => (one === 0 ? 0 : one)),
  bytes: fc.uint8Array({ maxLength: 12 }).map((one) => Buffer.from(one).toString('base64')),
  time: ms.map(formatTime),
  microTime: fc
    .tuple(ms, fc.integer({ min: 0, max: 999 }))
    .map(([at, micros]) => formatMicroTime(at).replace(/...Z$/, `${String(micros).padStart(3, '0')}Z`)),
  duration: fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(formatDuration),
  quantity: fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.constantFrom('', 'm', 'k', 'Ki', 'Mi', 'G', 'e3', '.5'))
    .map((parts) => parts.join('')),
  intOrString: fc.oneof(fc.integer(), fc.constantFrom('25%', 'http', 'a')),
  fieldsV1: rawObject,
  rawExtension: rawObject,
  json: fc.oneof(rawObject, fc.integer(), fc.string(), fc.boolean()),
  jsonSchemaPropsOrBool: fc.boolean(),
  jsonSchemaPropsOrArray: fc.constantFrom({}, [{}]),
  jsonSchemaPropsOrStringArray: fc.array(text, { minLength: 1, maxLength: 2 }),
};

/** How deep random structs nest before members are left out. */
const DEFAULT_DEPTH = 7;

/** Random values of a type. `density` is the share of optional members that are present. */
export function arbitraryValue(schema: AnySchema, density = 0.3, depth = DEFAULT_DEPTH): fc.Arbitrary<unknown> {
  const type = resolve(schema);
  switch (type.type) {
    case 'scalar':
      return SCALARS[type.name];
    case 'list':
      return depth <= 0 ? fc.constant([]) : fc.array(arbitraryValue(type.item, density, depth - 1), { maxLength: 2 });
    case 'map':
      return depth <= 0
        ? fc.constant({})
        : fc.dictionary(text, arbitraryValue(type.value, density, depth - 1), { maxKeys: 3, noNullPrototype: true });
    case 'message':
      return arbitraryMessage(type, density, depth);
  }
}

/** Random values of a struct as JSON objects. */
export function arbitraryMessage(schema: Message, density = 0.3, depth = DEFAULT_DEPTH): fc.Arbitrary<Record<string, unknown>> {
  if (depth <= 0) return fc.constant({});
  // Protobuf keeps `kind` and `apiVersion` of the outermost object only.
  const fields = depth === DEFAULT_DEPTH ? jsonFields(schema) : jsonFields(schema).filter((field) => !isTypeMeta(field));
  if (fields.length === 0) return fc.constant({});
  return fc
    .array(fc.tuple(fc.nat({ max: fields.length - 1 }), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: Math.ceil(fields.length * density) + 1,
    })
    .chain((picks) => {
      const chosen = [...new Set(picks.map(([index]) => index))].map((index) => fields[index]!);
      return fc.record(Object.fromEntries(chosen.map((field) => [field.name, arbitraryValue(field.schema, density, depth - 1)])), {
        noNullPrototype: true,
      });
    });
}
