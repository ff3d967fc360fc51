/** Types of expressions for what is declared in the vocabulary of `schema.ts`. */
import { jsonFieldMap } from '../schema-fields.ts';
import { type AnySchema, type Message, resolve, type ScalarName } from '../schema.ts';
import { readDuration, readTimestamp } from './standard/conversions.ts';
import { BOOL, BYTES, type CelType, DOUBLE, DYN, INT, listOf, mapOf, type ObjectType, STRING } from './types.ts';

const TIME: CelType = { kind: 'timestamp', adapt: readTimestamp };

/** Those left out are dynamic: what they hold is not known, or of two types. */
const SCALARS: Partial<Record<ScalarName, CelType>> = {
  string: STRING,
  bool: BOOL,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  bytes: BYTES,
  time: TIME,
  microTime: TIME,
  duration: { kind: 'duration', adapt: readDuration },
};

/** The type of values of a schema. */
function typeOf(schema: AnySchema): CelType {
  const resolved = resolve(schema);
  switch (resolved.type) {
    case 'scalar':
      return SCALARS[resolved.name] ?? DYN;
    case 'list':
      return listOf(typeOf(resolved.item));
    case 'map':
      return mapOf(STRING, typeOf(resolved.value));
    case 'message':
      return messageType(resolved);
  }
}

/** The type of objects of a message. */
export function messageType(message: Message): ObjectType {
  const fields = jsonFieldMap(message);
  return {
    kind: 'object',
    name: message.name,
    field(name) {
      const found = fields.get(name);
      return found && { type: typeOf(found.schema) };
    },
  };
}
