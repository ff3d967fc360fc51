/**
 * What is wrong with text that is not JSON, in the words of Go's decoder.
 *
 * Source: Go `encoding/json` scanner.
 */

const WHITESPACE = new Set([' ', '\t', '\r', '\n']);
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };
const ESCAPES = '"\\/bfnrtu';

/** A syntax error at the character that shows it. */
class SyntaxProblem extends Error {}

function quote(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** A recursive descent over JSON that only looks for the first error. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value('looking for beginning of value');
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
  }

  #fail(context: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new SyntaxProblem('unexpected end of JSON input');
    throw new SyntaxProblem(`invalid character ${quote(String.fromCodePoint(code))} ${context}`);
  }

  #space(): void {
    while (WHITESPACE.has(this.#text[this.#at] ?? '')) this.#at++;
  }

  #value(context: string): void {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{') this.#object();
    else if (first === '[') this.#array();
    else if (first === '"') this.#string();
    else if (first !== undefined && Object.hasOwn(LITERALS, first)) this.#literal(LITERALS[first]!);
    else if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) this.#number();
    else this.#fail(context);
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return;
    }
    for (let context = 'looking for beginning of object key string'; ; ) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail(context);
      this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('after object key');
      this.#at++;
      this.#value('looking for beginning of value');
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') this.#fail('after object key:value pair');
      this.#at++;
      if (next === '}') return;
      context = 'looking for beginning of object key string';
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value('looking for beginning of value');
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') this.#fail('after array element');
      this.#at++;
      if (next === ']') return;
    }
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '"') break;
      if (character === '\\') {
        this.#at++;
        if (!ESCAPES.includes(this.#text[this.#at] ?? ' ')) this.#fail('in string escape code');
      } else if (character === undefined || character < ' ') this.#fail('in string literal');
    }
    this.#at++;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting ${quote(word[i]!)})`);
    }
  }

  #number(): void {
    const match = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at));
    if (!match) {
      this.#at++;
      this.#fail('in numeric literal');
    }
    this.#at += match[0].length;
  }
}

/** The first error in `text`; a general sentence when it is valid for this scanner. */
export function jsonSyntaxError(text: string): string {
  try {
    new Scanner(text).document();
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    return 'exceeded max depth';
  }
  return 'invalid JSON';
}
