/**
 * The tokens of an expression.
 *
 * Source: the grammar of CEL ("Syntax", "Lexis"); messages as ANTLR's lexer of cel-go gives them.
 */
import { type Issue, MAX_ISSUES, ParseFailure } from './issues.ts';
import { CelUint } from './values.ts';

/** What a token is. Operators and keywords are their own kind. */
export type TokenKind = 'ident' | 'escaped' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'punctuation' | 'end';

/** A token. `at` is an offset in code points. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const OPERATORS = ['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', '!', '?', ':', '.', ',', '(', ')', '[', ']', '{', '}'];
const SPACE = /^[\t\n\f\r ]+/;
const COMMENT = /^\/\/[^\n]*/;
const IDENT = /^[_a-zA-Z][_a-zA-Z0-9]*/;
const NUMBER = /^(?:0x[0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+[uU]?)/;
const STRING = /^([rRbB]{0,2})("""|'''|"|')/;
const ESCAPED = /^`[a-zA-Z0-9_.\-/ ]+`/;

/** Splits the source. What is no token is reported and skipped, as ANTLR does. */
export function tokenize(source: string, issues: Issue[]): Token[] {
  const tokens: Token[] = [];
  let rest = source;
  let at = 0;
  const take = (text: string): void => {
    rest = rest.slice(text.length);
    at += points(text);
  };
  while (rest !== '') {
    const blank = SPACE.exec(rest) ?? COMMENT.exec(rest);
    if (blank) {
      take(blank[0]);
      continue;
    }
    const found = nextToken(rest, at);
    if (found) {
      tokens.push(found);
      take(found.text);
    } else {
      const bad = badText(rest);
      if (issues.length < MAX_ISSUES) issues.push({ at, message: `Syntax error: token recognition error at: '${bad.replaceAll('\n', '\\n')}'` });
      take(bad);
    }
  }
  tokens.push({ kind: 'end', text: '<EOF>', at });
  return tokens;
}

/** Code points of a text. */
export function points(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}

function nextToken(rest: string, at: number): Token | undefined {
  const string = STRING.exec(rest);
  if (string) {
    const end = stringEnd(rest, string[0].length, string[2]!, /r/i.test(string[1]!));
    const valid = string[1]!.length < 2 || string[1]!.toLowerCase() === 'rb' || string[1]!.toLowerCase() === 'br';
    if (end > 0 && valid) return { kind: /b/i.test(string[1]!) ? 'bytes' : 'string', text: rest.slice(0, end), at };
    if (/^["']/.test(rest)) return undefined;
  }
  const number = NUMBER.exec(rest);
  if (number) return { kind: numberKind(number[0]), text: number[0], at };
  const ident = IDENT.exec(rest);
  if (ident) return { kind: 'ident', text: ident[0], at };
  const escaped = ESCAPED.exec(rest);
  if (escaped) return { kind: 'escaped', text: escaped[0], at };
  const operator = OPERATORS.find((one) => rest.startsWith(one));
  return operator === undefined ? undefined : { kind: 'punctuation', text: operator, at };
}

function numberKind(text: string): TokenKind {
  if (/[uU]$/.test(text)) return 'uint';
  return !text.startsWith('0x') && /[.eE]/.test(text) ? 'double' : 'int';
}

/** Where the literal ends; 0: nowhere. */
function stringEnd(text: string, from: number, quote: string, raw: boolean): number {
  for (let i = from; i < text.length; i += 1) {
    if (text.startsWith(quote, i)) return i + quote.length;
    if (text[i] === '\\' && !raw) i += 1;
    if (quote.length === 1 && (text[i] === '\n' || text[i] === '\r')) return 0;
  }
  return 0;
}

function badText(rest: string): string {
  if (/^["']/.test(rest)) return /^[^\n\r]*/.exec(rest)![0];
  return String.fromCodePoint(rest.codePointAt(0)!);
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '?': '?', '"': '"', "'": "'", '`': '`' };

/** The value of a string or bytes literal. @throws ParseFailure */
export function literalText({ kind, text, at }: Token): string | Uint8Array {
  const [head, prefix, quote] = STRING.exec(text)! as unknown as [string, string, string];
  const body = text.slice(head.length, text.length - quote.length).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  if (/r/i.test(prefix)) return kind === 'bytes' ? new TextEncoder().encode(body) : body;
  const bytes: number[] = [];
  let out = '';
  const put = (part: string): void => {
    if (kind === 'bytes') bytes.push(...new TextEncoder().encode(part));
    else out += part;
  };
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const part = String.fromCodePoint(body.codePointAt(i)!);
      put(part);
      i += part.length;
      continue;
    }
    const { length, value, byte } = escape(body.slice(i + 1), kind === 'bytes', at);
    if (byte) bytes.push(value);
    else put(String.fromCodePoint(value));
    i += 1 + length;
  }
  return kind === 'bytes' ? new Uint8Array(bytes) : out;
}

function escape(rest: string, bytes: boolean, at: number): { readonly length: number; readonly value: number; readonly byte?: boolean } {
  const simple = SIMPLE_ESCAPES[rest[0] ?? ''];
  if (simple !== undefined) return { length: 1, value: simple.charCodeAt(0) };
  const numeric = /^(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
  const octal = /^[0-3][0-7]{2}/.exec(rest);
  if (octal) return { length: 3, value: Number.parseInt(octal[0], 8), byte: bytes };
  if (!numeric || (bytes && numeric[1] === undefined)) throw new ParseFailure(at, 'unable to unescape string');
  const value = Number.parseInt((numeric[1] ?? numeric[2] ?? numeric[3])!, 16);
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) throw new ParseFailure(at, 'unable to unescape string');
  return { length: numeric[0].length, value, byte: bytes };
}

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

/** The value of a number literal. @throws ParseFailure */
export function literalNumber({ kind, text, at }: Token, negative: boolean): bigint | number | CelUint {
  if (kind === 'double') {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new ParseFailure(at, 'invalid double literal');
    return negative ? -value : value;
  }
  const amount = BigInt(kind === 'uint' ? text.slice(0, -1) : text);
  if (kind === 'uint') {
    if (amount > MAX_UINT) throw new ParseFailure(at, 'invalid uint literal');
    return new CelUint(amount);
  }
  const value = negative ? -amount : amount;
  if (value > MAX_INT || value < -MAX_INT - 1n) throw new ParseFailure(at, 'invalid int literal');
  return value;
}
