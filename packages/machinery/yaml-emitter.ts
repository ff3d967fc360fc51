/**
 * Writes JSON values as the YAML that Kubernetes tools print: members sorted, lists at their key's indentation, long lines folded, and the
 * same choice between plain, quoted and literal text.
 *
 * Source: the emitter of goyaml.v2 (libyaml) as sigs.k8s.io/yaml drives it.
 */

const INDENT = 2;
/** Text is folded at the first space beyond this column. */
const WIDTH = 80;
/** A longer key gets an indicator of its own, and its value a line of its own. */
const MAX_SIMPLE_KEY_BYTES = 128;

/** Words that YAML 1.1 reads as something other than text. */
const RESERVED =
  /^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF|\.nan|\.NaN|\.NAN|[+-]?\.(?:inf|Inf|INF))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIMESTAMP = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|\s+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?$/;

/** A first character with a meaning of its own; `?`, `:` and `-` have one before a blank. */
const INDICATED = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:\s|$)|---|\.\.\.)|:(?:\s|$)|\s#/;
/** Control characters, other line breaks, and whatever takes more than sixteen bits. */
const UNPRINTABLE = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

type Style = 'plain' | 'single' | 'double' | 'literal';

/** Whether text without quotes is read back as text. */
function readsAsText(text: string): boolean {
  const digits = text.replaceAll('_', '');
  return (
    !RESERVED.test(text) &&
    !(FLOAT.test(digits) && Number.isFinite(Number(digits))) &&
    !INTEGER.test(text) &&
    !BASE_60.test(text) &&
    !TIMESTAMP.test(text)
  );
}

function styleOf(text: string, isKey: boolean): Style {
  const special = UNPRINTABLE.test(text) || / \n/.test(text);
  if (text.includes('\n')) return special || isKey || text.endsWith(' ') ? 'double' : 'literal';
  // A member of the name of a merge would be read as one.
  if (!readsAsText(text) || special || (isKey && text === '<<')) return 'double';
  return INDICATED.test(text) || text.startsWith(' ') || text.endsWith(' ') ? 'single' : 'plain';
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  if (!UNPRINTABLE.test(char)) return char;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

const LETTER = /\p{L}/u;
const DIGIT = /\p{Nd}/u;

/** The number that begins at `from`, and where it ends. */
function numberAt(chars: readonly string[], from: number, start: number): { readonly value: number; readonly end: number } {
  let value = start;
  let end = from;
  for (; end < chars.length && DIGIT.test(chars[end]!); end++) value = value * 10 + Number(chars[end]);
  return { value, end };
}

/** The order of members: letters after everything else, numbers by their value. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((char, index) => index < right.length && char !== right[index]);
  if (at < 0) return left.length - right.length;
  const [x, y] = [left[at]!, right[at]!];
  const letters = [LETTER.test(x), LETTER.test(y)];
  if (letters[0] && letters[1]) return x < y ? -1 : 1;
  if (letters[0] || letters[1]) return letters[1] ? -1 : 1;
  const before = left.slice(0, at).join('').match(/\d*$/)![0];
  const start = (x === '0' || y === '0') && /[^0]/.test(before) ? 1 : 0;
  const [m, n] = [numberAt(left, at, start), numberAt(right, at, start)];
  return m.value - n.value || m.end - n.end || (x < y ? -1 : 1);
}

/** Collects the text and knows its column. */
class Emitter {
  #out = '';
  #column = 0;

  get text(): string {
    return this.#out;
  }

  write(text: string): void {
    this.#out += text;
    const newline = text.lastIndexOf('\n');
    this.#column = newline < 0 ? this.#column + Array.from(text).length : Array.from(text.slice(newline + 1)).length;
  }

  /** A value after `key:` or `-`; `indent` is that of the collection it stands in. */
  value(value: unknown, indent: number, inList: boolean): void {
    if (Array.isArray(value)) {
      if (value.length === 0) this.write(' []\n');
      else this.#list(value, inList ? indent + INDENT : Math.max(indent, 0), inList);
    } else if (typeof value === 'object' && value !== null) {
      if (Object.keys(value).length === 0) this.write(' {}\n');
      else this.map(value as Readonly<Record<string, unknown>>, indent + INDENT, inList);
    } else {
      this.write(' ');
      // Text that is the whole document is indented too: its lines could begin like something else.
      this.scalar(value, Math.max(indent + INDENT, INDENT), false);
      if (!this.#out.endsWith('\n') || this.#column > 0) this.write('\n');
    }
  }

  /** Members in order. `inline`: the first stands on the line that is begun. */
  map(value: Readonly<Record<string, unknown>>, indent: number, inline: boolean): void {
    this.write(inline ? ' ' : '\n');
    for (const [index, key] of Object.keys(value).sort(compareKeys).entries()) {
      if (index > 0 || !inline) this.write(' '.repeat(indent));
      const isLong = Buffer.byteLength(key) > MAX_SIMPLE_KEY_BYTES;
      if (isLong) this.write('? ');
      this.scalar(key, indent, true);
      this.write(isLong ? `\n${' '.repeat(indent)}:` : ':');
      this.value(value[key], indent, isLong);
    }
  }

  #list(items: readonly unknown[], indent: number, inline: boolean): void {
    this.write(inline ? ' ' : '\n');
    for (const [index, item] of items.entries()) {
      if (index > 0 || !inline) this.write(' '.repeat(indent));
      this.write('-');
      this.value(item, indent, true);
    }
  }

  scalar(value: unknown, indent: number, isKey: boolean): void {
    if (typeof value === 'number') this.write(numberText(value));
    else if (typeof value !== 'string') this.write(JSON.stringify(value ?? null));
    else {
      const style = styleOf(value, isKey);
      if (style === 'literal') this.#literal(value, indent);
      else this.#quoted(value, style, indent, !isKey);
    }
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? String(INDENT) : '';
    const chomp = !text.endsWith('\n') ? '-' : /^\n?$|\n\n$/.test(text) ? '+' : '';
    this.write(`|${hint}${chomp}\n`);
    const lines = text.replace(/\n$/, '').split('\n');
    for (const line of lines) this.write(line === '' ? '\n' : `${' '.repeat(indent)}${line}\n`);
  }

  #quoted(text: string, style: Exclude<Style, 'literal'>, indent: number, mayFold: boolean): void {
    const quote = style === 'plain' ? '' : style === 'single' ? "'" : '"';
    this.write(quote);
    const chars = Array.from(text);
    let afterSpace = false;
    for (const [index, char] of chars.entries()) {
      const isInside = style === 'plain' || (index > 0 && index < chars.length - 1);
      const folds = mayFold && char === ' ' && !afterSpace && this.#column > WIDTH && isInside;
      afterSpace = char === ' ';
      if (folds && (style === 'double' || chars[index + 1] !== ' ')) {
        this.write(`\n${' '.repeat(indent)}${style === 'double' && chars[index + 1] === ' ' ? '\\' : ''}`);
      } else this.write(style === 'double' ? escaped(char) : style === 'single' && char === "'" ? "''" : char);
    }
    this.write(quote);
  }
}

/** As Go's shortest form: exponents have at least two digits. */
function numberText(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The text of a JSON value. */
export function emitYaml(value: unknown): string {
  const emitter = new Emitter();
  emitter.value(value, -INDENT, false);
  return emitter.text.replace(/^[ \n]/, '');
}
