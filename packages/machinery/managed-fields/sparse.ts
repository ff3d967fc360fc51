/**
 * What a client applies: only the fields it gives, with canonical values, and checked against the type.
 *
 * Source: structured-merge-diff `typed` validation messages.
 */
import { decodeObject } from '../decode.ts';
import { groupVersionText, type GroupVersionKind } from '../kind.ts';
import { copyObject, isJsonList, isJsonObject, type JsonObject, type JsonValue, type MutableObject, setMember } from '../patch/json-value.ts';
import type { AnySchema, Message } from '../schema.ts';
import { resolve } from '../schema.ts';
import { jsonFieldMap } from '../schema-fields.ts';
import { StatusError } from '../status.ts';
import { fieldElement, itemElement, pathText } from './elements.ts';
import { objectShape, type Shape } from './shape.ts';

/** Takes from the canonical value what the given one has. Zeros that the canonical form drops stay: they are given. */
function pick(schema: AnySchema, given: JsonValue, canonical: JsonValue | undefined): JsonValue {
  if (canonical === undefined || given === null) return given;
  const type = resolve(schema);
  if (type.type === 'message' && isJsonObject(given) && isJsonObject(canonical)) {
    const fields = jsonFieldMap(type);
    const out: MutableObject = {};
    for (const [name, field] of fields) {
      if (Object.hasOwn(given, name))
        setMember(out, name, pick(field.schema, given[name]!, Object.hasOwn(canonical, name) ? canonical[name] : undefined));
    }
    return out;
  }
  if (type.type === 'map' && isJsonObject(given) && isJsonObject(canonical)) {
    const out = copyObject(given);
    for (const key of Object.keys(given))
      setMember(out, key, pick(type.value, given[key]!, Object.hasOwn(canonical, key) ? canonical[key] : undefined));
    return out;
  }
  if (type.type === 'list' && isJsonList(given) && isJsonList(canonical)) return given.map((item, i) => pick(type.item, item, canonical[i]));
  return canonical;
}

/** Collects what is wrong with an applied object. */
class Check {
  readonly problems: string[] = [];
  readonly #path: string[] = [];

  visit(shape: Shape, value: JsonValue): void {
    if ((shape.type === 'struct' || shape.type === 'map') && isJsonObject(value)) {
      for (const key of Object.keys(value)) {
        this.#path.push(fieldElement(key));
        const child = shape.type === 'map' ? shape.value : shape.fields.get(key)?.shape();
        if (child) this.visit(child, value[key]!);
        else this.#problem('field not declared in schema');
        this.#path.pop();
      }
    } else if ((shape.type === 'set' || shape.type === 'keyed') && isJsonList(value)) this.#items(shape, value);
  }

  #items(shape: Extract<Shape, { type: 'set' | 'keyed' }>, list: readonly JsonValue[]): void {
    const seen = new Set<string>();
    list.forEach((item, i) => {
      const element = itemElement(shape, item);
      if (element === undefined) {
        const keys = shape.type === 'keyed' ? shape.keys.map((key) => JSON.stringify(key)).join(' ') : '';
        this.#problem(
          `element ${i}: associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
        );
        return;
      }
      if (seen.has(element)) this.#problem(`duplicate entries for key ${pathText([element])}`);
      seen.add(element);
      if (shape.type !== 'keyed') return;
      this.#path.push(element);
      this.visit(shape.item, item);
      this.#path.pop();
    });
  }

  #problem(why: string): void {
    this.problems.push(`${pathText(this.#path)}: ${why}`);
  }
}

/**
 * The applied object in canonical values, without anything that was not given.
 * @throws StatusError with upstream's words when fields are undeclared, keys missing or items given twice, or values do not fit.
 */
export function appliedObject(schema: Message, of: GroupVersionKind, given: JsonObject): JsonObject {
  const { object } = decodeObject<JsonObject>(schema, given, { mode: 'ignore' });
  const check = new Check();
  check.visit(objectShape(schema), given);
  if (check.problems.length > 0) {
    const metadata = isJsonObject(given['metadata']) ? given['metadata'] : {};
    const place = [metadata['namespace'], metadata['name']].map((one) => (typeof one === 'string' ? one : ''));
    const problems = check.problems.length === 1 ? check.problems[0]! : `errors:\n${check.problems.map((one) => `  ${one}`).join('\n')}`;
    throw new StatusError({
      code: 500,
      reason: '',
      message: `failed to create typed patch object (${place.join('/')}; ${groupVersionText(of)}, Kind=${of.kind}): ${problems}`,
    });
  }
  return pick(schema, given, object) as JsonObject;
}
