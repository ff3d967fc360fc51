/**
 * The extension of strings, version 2. Positions count code points.
 *
 * Source: cel-go `ext.Strings`.
 */
import { sizeOf } from '../compare.ts';
import { CostLimitExceeded } from '../frame.ts';
import { fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { INT, listOf, DYN, STRING } from '../types.ts';
import { CelError, type CelList, type Value, ValueList, weightOf } from '../values.ts';
import { formatText } from './string-format.ts';

const bySize = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL);
const byResult = ([text]: readonly Value[], result: Value): number => Math.ceil((sizeOf(text!) + sizeOf(result)) * TRAVERSAL);
/** All that is put together, before it is. */
const byParts = (args: readonly Value[]): number => Math.ceil(args.reduce<number>((sum, one) => sum + weightOf(one), 0) * TRAVERSAL);
/** A longer text would have cost more than any evaluation may. */
const MAX_TEXT = 10_000_000;

function charAt(text: string, at: bigint): string {
  const all = Array.from(text);
  if (at < 0n || at > BigInt(all.length)) throw new CelError(`index out of range: ${at}`);
  return all[Number(at)] ?? '';
}

function find(text: string, part: string, from = 0n): bigint {
  const all = Array.from(text);
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from}`);
  const skipped = all.slice(0, Number(from)).join('').length;
  const at = text.indexOf(part, skipped);
  return at < 0 ? -1n : BigInt(sizeOf(text.slice(0, at)));
}

function findLast(text: string, part: string, from?: bigint): bigint {
  const all = Array.from(text);
  if (from !== undefined && (from < 0n || from > BigInt(all.length))) throw new CelError(`index out of range: ${from}`);
  if (part === '') return from ?? BigInt(all.length);
  const before = from === undefined ? Infinity : all.slice(0, Number(from)).join('').length;
  const at = text.lastIndexOf(part, before);
  return at < 0 ? -1n : BigInt(sizeOf(text.slice(0, at)));
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = Array.from(text);
  const end = to ?? BigInt(all.length);
  if (to !== undefined && from > to) throw new CelError(`invalid substring range. start: ${from}, end: ${to}`);
  if (from < 0n || from > BigInt(all.length)) throw new CelError(`index out of range: ${from}`);
  if (end < 0n || end > BigInt(all.length)) throw new CelError(`index out of range: ${end}`);
  return all.slice(Number(from), Number(end)).join('');
}

function replace(text: string, from: string, to: string, most = -1n): string {
  const places = from === '' ? text.length + 1 : text.split(from).length - 1;
  if (text.length + places * to.length > MAX_TEXT) throw new CostLimitExceeded();
  if (most < 0n) return from === '' ? replaceEmpty(text, to, Infinity) : text.replaceAll(from, () => to);
  if (from === '') return replaceEmpty(text, to, Number(most));
  let out = '';
  let rest = text;
  for (let left = most; left > 0n; left -= 1n) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    out += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return out + rest;
}

/** Between all characters, and at both ends. */
function replaceEmpty(text: string, to: string, most: number): string {
  const all = Array.from(text);
  return all.map((one, index) => (index < most ? to : '') + one).join('') + (all.length < most ? to : '');
}

function split(text: string, by: string, most = -1n): Value {
  if (most === 0n) return new ValueList([]);
  if (most === 1n) return new ValueList([text]);
  const parts = by === '' ? Array.from(text) : text.split(by);
  if (most < 0n || BigInt(parts.length) <= most) return new ValueList(parts);
  const kept = parts.slice(0, Number(most) - 1);
  return new ValueList([...kept, parts.slice(Number(most) - 1).join(by)]);
}

function join(list: CelList, by = ''): string {
  const parts: string[] = [];
  for (const one of list) {
    if (typeof one !== 'string') throw new CelError('no such overload');
    parts.push(one);
  }
  return parts.join(by);
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
/** White space as Unicode has it, which is nearly JavaScript's. */
const trim = (text: string): string => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '').replace(/^\uFEFF|\uFEFF$/gu, '');

const ESCAPES: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' };
// oxlint-disable-next-line no-control-regex -- what is escaped
const quote = (text: string): string => `"${text.replace(/[\u0007\b\f\n\r\t\v\\"]/g, (one) => ESCAPES[one]!)}"`;

/** `charAt`, `indexOf`, `split`, `format`, … */
export const strings: Library = [
  method('charAt', [[STRING, INT], STRING], charAt),
  method('indexOf', [[STRING, STRING], INT], (text: string, part: string) => find(text, part), bySize),
  method('indexOf', [[STRING, STRING, INT], INT], find, bySize),
  method('lastIndexOf', [[STRING, STRING], INT], (text: string, part: string) => findLast(text, part), bySize),
  method('lastIndexOf', [[STRING, STRING, INT], INT], findLast, bySize),
  method('substring', [[STRING, INT], STRING], (text: string, from: bigint) => substring(text, from), bySize),
  method('substring', [[STRING, INT, INT], STRING], substring, bySize),
  method('replace', [[STRING, STRING, STRING], STRING], (text: string, from: string, to: string) => replace(text, from, to), byResult),
  method('replace', [[STRING, STRING, STRING, INT], STRING], replace, byResult),
  method('split', [[STRING, STRING], listOf(STRING)], (text: string, by: string) => split(text, by), bySize),
  method('split', [[STRING, STRING, INT], listOf(STRING)], split, bySize),
  method('join', [[listOf(STRING)], STRING], (list: CelList) => join(list), byParts),
  method('join', [[listOf(STRING), STRING], STRING], join, ([list, by]) => byParts([list!]) + Math.ceil(sizeOf(list!) * sizeOf(by!) * TRAVERSAL)),
  method('lowerAscii', [[STRING], STRING], lower, bySize),
  method('upperAscii', [[STRING], STRING], upper, bySize),
  method('trim', [[STRING], STRING], trim, bySize),
  method('format', [[STRING, listOf(DYN)], STRING], formatText, byParts),
  fn('strings.quote', [[STRING], STRING], quote, bySize),
];
