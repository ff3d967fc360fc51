/**
 * Parsing JSON text, with Go's words when it is none.
 *
 * Source: Go `encoding/json` scanner.
 */

const CONTROL: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };

/** Quotes one character as Go's `%q` of a rune in error messages. */
function quoteChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  const code = char.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) return `'${CONTROL[char] ?? `\\x${code.toString(16).padStart(2, '0')}`}'`;
  const quoted = JSON.stringify(char);
  return `'${quoted.slice(1, -1)}'`;
}

/** Walks text by Go's grammar and stops at the first fault. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The fault, or undefined when the text is JSON. */
  fault(): string | undefined {
    try {
      this.#values();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #fail(context: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new Error('unexpected end of JSON input');
    throw new Error(`invalid character ${quoteChar(String.fromCodePoint(code))} ${context}`);
  }

  #space(): string | undefined {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
    return this.#text[this.#at];
  }

  /** The whole document, with a stack of its own so that depth costs nothing. */
  #values(): void {
    const closers: string[] = [];
    for (;;) {
      this.#value(closers);
      for (;;) {
        const next = this.#space();
        const closer = closers.at(-1);
        if (closer === undefined) {
          if (next !== undefined) this.#fail('after top-level value');
          return;
        }
        if (next === closer) {
          closers.pop();
          this.#at += 1;
          continue;
        }
        if (next !== ',') this.#fail(closer === '}' ? 'after object key:value pair' : 'after array element');
        this.#at += 1;
        if (closer === '}') this.#key();
        break;
      }
    }
  }

  #value(closers: string[]): void {
    for (;;) {
      const first = this.#space();
      if (first === '{') {
        this.#at += 1;
        closers.push('}');
        if (this.#space() === '}') return;
        this.#key();
      } else if (first === '[') {
        this.#at += 1;
        closers.push(']');
        if (this.#space() === ']') return;
      } else {
        this.#scalar(first);
        return;
      }
    }
  }

  #key(): void {
    if (this.#space() !== '"') this.#fail('looking for beginning of object key string');
    this.#string();
    if (this.#space() !== ':') this.#fail('after object key');
    this.#at += 1;
  }

  #scalar(first: string | undefined): void {
    if (first === '"') this.#string();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else if (first !== undefined && (first === '-' || (first >= '0' && first <= '9'))) this.#number();
    else this.#fail('looking for beginning of value');
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i += 1) {
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting ${quoteChar(word[i]!)})`);
      this.#at += 1;
    }
  }

  #digits(context: string): void {
    if (!/\d/.test(this.#text[this.#at] ?? '')) this.#fail(context);
    while (/\d/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at += 1;
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at += 1;
      this.#digits('in exponent of numeric literal');
    }
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < ' ') this.#fail('in string literal');
      this.#at += 1;
      if (char === '"') return;
      if (char === '\\') this.#escape();
    }
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === undefined || !'bfnrt\\/"u'.includes(char)) this.#fail('in string escape code');
    this.#at += 1;
    for (let i = 0; char === 'u' && i < 4; i += 1) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
      this.#at += 1;
    }
  }
}

/**
 * Parses JSON text.
 * @throws Error with Go's words: `invalid character 'x' looking for beginning of value`.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(new Scanner(text).fault() ?? (error as Error).message, { cause: error });
  }
}
