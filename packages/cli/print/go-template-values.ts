/**
 * Values in Go templates: how they print, which are true, and the functions on them.
 */
import { CliError } from '../io.ts';

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

/** A value as `fmt.Print` shows it; nothing prints as `<no value>`. */
export function goText(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<no value>';
  return nested(value);
}

function nested(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(nested).join(' ')}]`;
  if (isObject(value)) {
    return `map[${Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${nested(value[key])}`)
      .join(' ')}]`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a condition holds: not nothing, zero, false or empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

const fail = (problem: string): CliError => new CliError(`error: error executing template: ${problem}`);

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  throw fail('incompatible types for comparison');
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b && a !== undefined && b !== undefined) throw fail('incompatible types for comparison');
  return a === b;
}

function indexed(value: unknown, keys: readonly unknown[]): unknown {
  return keys.reduce((at: unknown, key) => {
    if (at === undefined || at === null) throw fail('index of untyped nil');
    if (Array.isArray(at)) {
      if (typeof key !== 'number') throw fail(`cannot index slice/array with type ${typeof key}`);
      if (key < 0 || key >= at.length) throw fail(`error calling index: index out of range: ${key}`);
      return at[key] as unknown;
    }
    if (isObject(at)) return Object.hasOwn(at, String(key)) ? at[String(key)] : undefined;
    throw fail(`can't index item of type ${typeof at}`);
  }, value);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw fail('error calling len: len of nil pointer');
}

function exists(value: unknown, keys: readonly unknown[]): boolean {
  try {
    return indexed(value, keys) !== undefined;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

/** The verbs of `printf` that make sense for JSON values. */
function printf(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replaceAll(/%([-+0 #]*)(\d*)(?:\.(\d+))?([vsdqftxT%])/g, (_, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const value = args[next++];
    const text =
      verb === 'q' ? JSON.stringify(nested(value)) : verb === 'f' ? Number(value).toFixed(precision === undefined ? 6 : Number(precision)) : verb === 'x' ? (typeof value === 'number' ? value.toString(16) : Buffer.from(nested(value)).toString('hex')) : nested(value);
    return flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
  });
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

const FUNCTIONS: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  and: (...args) => args.find((one) => !isTrue(one)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  not: (value) => !isTrue(value),
  eq: (value, ...others) => others.some((other) => equal(value, other)),
  ne: (a, b) => !equal(a, b),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  index: (value, ...keys) => indexed(value, keys),
  exists: (value, ...keys) => exists(value, keys),
  len: lengthOf,
  slice: (value, from, to) => (value as string | unknown[]).slice(from as number, to as number | undefined),
  print: (...args) => args.map(nested).join(' '),
  println: (...args) => `${args.map(nested).join(' ')}\n`,
  printf: (format, ...args) => printf(String(format), args),
  html: (...args) => args.map(nested).join(' ').replaceAll(/[&<>"']/g, (one) => HTML[one]!),
  urlquery: (...args) => encodeURIComponent(args.map(nested).join(' ')).replaceAll('%20', '+'),
  base64decode: (value) => Buffer.from(String(value), 'base64').toString('utf8'),
};

/** Calls a function. @throws CliError when there is none of that name. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  if (!Object.hasOwn(FUNCTIONS, name)) throw fail(`function "${name}" not defined`);
  return FUNCTIONS[name]!(...args);
}
