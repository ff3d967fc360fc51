/**
 * `"%s has %d".format([a, b])`.
 *
 * Source: cel-go `ext.Strings` (clauses, precisions and errors).
 */
import { compare } from '../compare.ts';
import { doubleText, durationText, plainDouble, timestampText } from '../standard/conversions.ts';
import { typeText } from '../types.ts';
import { CelDuration, CelError, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, typeOfValue, type Value } from '../values.ts';

/** Digits after the point that `%f` and `%e` show unless told otherwise. */
const DEFAULT_PRECISION = 6;
const MAX_PRECISION = 100;

/** The text with its clauses replaced. @throws CelError */
export function formatText(template: string, args: CelList): string {
  let used = 0;
  const text = template.replace(/%(?:%|(?:\.(\d*))?(.?))/gsu, (clause, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%';
    if (!verb) throw new CelError('unexpected end of string');
    if (used >= args.size) throw new CelError(`index ${used} out of range`);
    return clauseText(verb, args.get(used++), precision === undefined || precision === '' ? DEFAULT_PRECISION : Math.min(Number(precision), MAX_PRECISION));
  });
  return text;
}

function clauseText(verb: string, value: Value, precision: number): string {
  switch (verb) {
    case 's':
      return plainText(value);
    case 'd':
      return integer(value, verb).toString();
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : integer(value, verb).toString(2);
    case 'o':
      return integer(value, verb).toString(8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    case 'f':
      return double(value, verb).toFixed(precision);
    case 'e':
      return double(value, verb).toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
    default:
      throw new CelError(`unrecognized formatting clause ${JSON.stringify(verb)}`);
  }
}

const typeName = (value: Value): string => (value instanceof CelTypeValue ? 'type' : typeText(typeOfValue(value)).replace(/\(.*/, ''));
const refused = (what: string, value: Value): CelError => new CelError(`error during formatting: ${what}, was given ${typeName(value)}`);

function integer(value: Value, verb: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof CelUint) return value.value;
  const names: Readonly<Record<string, string>> = { d: 'decimal clause can only be used on integers', b: 'only integers and bools can be formatted as binary', o: 'octal clause can only be used on integers' };
  throw refused(names[verb]!, value);
}

function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint') return value.toString(16);
  if (value instanceof CelUint) return value.value.toString(16);
  throw refused('only integers, byte buffers, and strings can be formatted as hex', value);
}

function double(value: Value, verb: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  throw refused(verb === 'f' ? 'fixed-point clause can only be used on doubles' : 'scientific clause can only be used on doubles', value);
}

function plainText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? plainDouble(value) : doubleText(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelList) return `[${[...value].map(plainText).join(', ')}]`;
  if (value instanceof CelMap) return mapText(value);
  throw refused('string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', value);
}

function mapText(map: CelMap): string {
  const keys = [...map.keys()].toSorted((a, b) => compare(a, b) ?? 0);
  return `{${keys.map((key) => `${plainText(key)}: ${plainText(map.get(key)!)}`).join(', ')}}`;
}
