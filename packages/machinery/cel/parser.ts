/**
 * Reads an expression: precedence climbing over the tokens, macros expanded on the way.
 *
 * Source: the grammar of CEL; messages as cel-go's parser gives them.
 */
import type { Call, Entry, Expr } from './ast.ts';
import { type Issue, ParseFailure } from './issues.ts';
import { literalNumber, literalText, points, type Token, tokenize } from './lexer.ts';
import { expandMacro, type MacroSet } from './macros.ts';

/** Deeper nesting is refused. Source: cel-go's default. */
const MAX_DEPTH = 250;
/** Longer sources are refused, in code points. Source: cel-go's default. */
const MAX_POINTS = 100_000;

const OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const KEYWORDS: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);

/** How tight `&&` binds; `||` binds less. */
const LOGIC = 2;

/** Binary operators: how tight they bind, and the function each is. */
const BINARY: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['||', [1, '_||_']],
  ['&&', [2, '_&&_']],
  ['<', [3, '_<_']],
  ['<=', [3, '_<=_']],
  ['>', [3, '_>_']],
  ['>=', [3, '_>=_']],
  ['==', [3, '_==_']],
  ['!=', [3, '_!=_']],
  ['in', [3, '@in']],
  ['+', [4, '_+_']],
  ['-', [4, '_-_']],
  ['*', [5, '_*_']],
  ['/', [5, '_/_']],
  ['%', [5, '_%_']],
]);

/** The tree, or what is wrong. */
export function parse(source: string, macros: MacroSet): { readonly expr: Expr } | { readonly issues: readonly Issue[] } {
  const length = points(source);
  if (length > MAX_POINTS) return { issues: [{ at: 0, message: `expression code point size exceeds limit: size: ${length}, limit ${MAX_POINTS}` }] };
  const issues: Issue[] = [];
  try {
    const parser = new Parser(tokenize(source, issues), macros, issues);
    const expr = parser.whole();
    return issues.length > 0 ? { issues } : { expr };
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    return { issues: [...issues, error.issue] };
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #macros: MacroSet;
  readonly #issues: Issue[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], macros: MacroSet, issues: Issue[]) {
    this.#tokens = tokens;
    this.#macros = macros;
    this.#issues = issues;
  }

  whole(): Expr {
    const expr = this.#expression();
    const { kind, text, at } = this.#peek();
    if (kind === 'end') return expr;
    const last = this.#tokens[this.#next + 1]?.kind === 'end';
    throw new ParseFailure(at, `Syntax error: ${last ? 'extraneous' : 'mismatched'} input '${text}' expecting <EOF>`);
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #is(text: string): boolean {
    const { kind, text: found } = this.#peek();
    return found === text && (kind === 'punctuation' || kind === 'ident');
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#tokens[this.#next++] : undefined;
  }

  #expect(text: string): Token {
    const token = this.#accept(text);
    if (token) return token;
    const { text: found, at } = this.#peek();
    throw new ParseFailure(at, found === '<EOF>' ? `Syntax error: missing '${text}' at '<EOF>'` : `Syntax error: mismatched input '${found}' expecting '${text}'`);
  }

  #limit(depth: number, { at }: Token): void {
    if (depth > MAX_DEPTH) throw new ParseFailure(at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
  }

  #deeper<T>(read: () => T): T {
    this.#limit(++this.#depth, this.#peek());
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #expression(): Expr {
    return this.#deeper(() => {
      const condition = this.#binary(1);
      const question = this.#accept('?');
      if (!question) return condition;
      const yes = this.#binary(1);
      this.#expect(':');
      const no = this.#expression();
      return { node: 'call', name: '_?_:_', args: [condition, yes, no], at: question.at };
    });
  }

  #binary(tightness: number): Expr {
    let left = this.#unary();
    for (let chained = 0; ; chained += 1) {
      const token = this.#peek();
      const operator = token.kind === 'punctuation' || token.text === 'in' ? BINARY.get(token.text) : undefined;
      if (!operator || operator[0] < tightness) return left;
      if (operator[0] <= LOGIC) {
        left = this.#logic(left, token.text, operator);
        continue;
      }
      this.#limit(this.#depth + chained, token);
      this.#next += 1;
      const right = this.#deeper(() => this.#binary(operator[0] + 1));
      left = { node: 'call', name: operator[1], args: [left, right], at: token.at };
    }
  }

  /** `a && b && …` as a balanced tree: chains of these may be long. */
  #logic(first: Expr, text: string, [tightness, name]: readonly [number, string]): Expr {
    const terms = [first];
    const places: number[] = [];
    while (this.#is(text)) {
      places.push(this.#peek().at);
      this.#next += 1;
      terms.push(this.#deeper(() => this.#binary(tightness + 1)));
    }
    const balanced = (from: number, to: number): Expr => {
      if (from === to) return terms[from]!;
      const middle = (from + to) >> 1;
      return { node: 'call', name, args: [balanced(from, middle), balanced(middle + 1, to)], at: places[middle]! };
    };
    return balanced(0, terms.length - 1);
  }

  #unary(): Expr {
    const token = this.#peek();
    const sign = this.#accept('!') ?? this.#accept('-');
    if (!sign) return this.#member();
    let count = 1;
    while (this.#accept(sign.text)) count += 1;
    const next = this.#peek();
    if (sign.text === '-' && count === 1 && (next.kind === 'int' || next.kind === 'double')) return this.#member(true, token.at);
    const operand = this.#member();
    return count % 2 === 0 ? operand : { node: 'call', name: sign.text === '!' ? '!_' : '-_', args: [operand], at: token.at };
  }

  #member(negative = false, at = 0): Expr {
    let expr = this.#primary(negative, at);
    for (let chained = 0; ; chained += 1) {
      this.#limit(this.#depth + chained, this.#peek());
      const dot = this.#accept('.');
      if (dot) expr = this.#selection(expr, dot);
      else {
        const bracket = this.#accept('[');
        if (!bracket) return expr;
        const optional = this.#accept('?') !== undefined;
        const index = this.#expression();
        this.#expect(']');
        expr = { node: 'call', name: optional ? '_[?_]' : '_[_]', args: [expr, index], at: bracket.at };
      }
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#accept('?') !== undefined;
    const token = this.#tokens[this.#next]!;
    if ((token.kind !== 'ident' && token.kind !== 'escaped') || (KEYWORDS.has(token.text) && token.text === 'in'))
      throw new ParseFailure(token.at, `Syntax error: no viable alternative at input '.${token.kind === 'end' ? '' : token.text}'`);
    this.#next += 1;
    const field = token.kind === 'escaped' ? token.text.slice(1, -1) : token.text;
    const open = optional || token.kind === 'escaped' ? undefined : this.#accept('(');
    if (open) return this.#call({ node: 'call', name: field, target: operand, args: this.#arguments(')'), at: open.at });
    if (!optional) return { node: 'select', operand, field, test: false, at: dot.at };
    return { node: 'call', name: '_?._', args: [operand, { node: 'constant', value: field, at: token.at }], at: dot.at };
  }

  #call(call: Call): Expr {
    return expandMacro(call, this.#macros, this.#issues);
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(close)) return args;
    do args.push(this.#expression());
    while (this.#accept(','));
    this.#expect(close);
    return args;
  }

  #primary(negative: boolean, at: number): Expr {
    const token = this.#tokens[this.#next]!;
    const { kind, text } = token;
    if (kind === 'int' || kind === 'uint' || kind === 'double') {
      this.#next += 1;
      return { node: 'constant', value: literalNumber(token, negative), at: negative ? at : token.at };
    }
    if (kind === 'string' || kind === 'bytes') {
      this.#next += 1;
      return { node: 'constant', value: literalText(token), at: token.at };
    }
    if (kind === 'ident' && text !== 'in') return this.#name(false);
    if (this.#accept('.')) return this.#name(true, token.at);
    if (this.#accept('(')) {
      const expr = this.#expression();
      this.#expect(')');
      return expr;
    }
    if (this.#accept('[')) return this.#list(token.at);
    if (this.#accept('{')) return { node: 'map', entries: this.#entries(false), at: token.at };
    throw new ParseFailure(token.at, this.#unexpected(token));
  }

  /** ANTLR calls a token superfluous when what follows it would do. */
  #unexpected({ kind, text }: Token): string {
    const following = this.#tokens[this.#next + 1];
    const viable = kind !== 'end' && following !== undefined && (/^(?:ident|int|uint|double|string|bytes)$/.test(following.kind) || /^[[{(.\-!]$/.test(following.text));
    return `Syntax error: ${viable ? 'extraneous' : 'mismatched'} input '${text}' expecting ${OPERAND}`;
  }

  #name(absolute: boolean, from?: number): Expr {
    const token = this.#tokens[this.#next]!;
    if (token.kind !== 'ident' || token.text === 'in') throw new ParseFailure(token.at, `Syntax error: no viable alternative at input '.${token.text}'`);
    this.#next += 1;
    const at = from ?? token.at;
    if (!absolute && token.text === 'true') return { node: 'constant', value: true, at };
    if (!absolute && token.text === 'false') return { node: 'constant', value: false, at };
    if (!absolute && token.text === 'null') return { node: 'constant', value: null, at };
    if (RESERVED.has(token.text)) throw new ParseFailure(token.at, `reserved identifier: ${token.text}`);
    const name = absolute ? `.${token.text}` : token.text;
    const open = this.#accept('(');
    if (open) return this.#call({ node: 'call', name, args: this.#arguments(')'), at: open.at });
    return this.#object(name) ?? { node: 'ident', name, at };
  }

  /** `a.b.Name{…}` if that is what follows. */
  #object(first: string): Expr | undefined {
    let ahead = this.#next;
    let name = first;
    const text = (index: number): string | undefined => this.#tokens[index]?.text;
    while (text(ahead) === '.' && this.#tokens[ahead + 1]?.kind === 'ident') {
      name += `.${text(ahead + 1)}`;
      ahead += 2;
    }
    if (text(ahead) !== '{' || this.#tokens[ahead]!.kind !== 'punctuation') return undefined;
    const open = this.#tokens[ahead]!;
    this.#next = ahead + 1;
    return { node: 'object', name, entries: this.#entries(true), at: open.at };
  }

  #list(at: number): Expr {
    const elements: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#accept(']')) {
      if (this.#accept('?')) optional.add(elements.length);
      elements.push(this.#expression());
      if (!this.#accept(',')) {
        this.#expect(']');
        break;
      }
    }
    return { node: 'list', elements, optional, at };
  }

  #entries(fields: boolean): Entry[] {
    const entries: Entry[] = [];
    while (!this.#accept('}')) {
      const optional = this.#accept('?') !== undefined;
      const key = fields ? this.#fieldName() : this.#expression();
      const colon = this.#expect(':');
      entries.push({ key, value: this.#expression(), optional, at: colon.at });
      if (!this.#accept(',')) {
        this.#expect('}');
        break;
      }
    }
    return entries;
  }

  #fieldName(): Expr {
    const token = this.#tokens[this.#next]!;
    if (token.kind !== 'ident' && token.kind !== 'escaped') throw new ParseFailure(token.at, `Syntax error: mismatched input '${token.text}' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`);
    this.#next += 1;
    return { node: 'constant', value: token.kind === 'escaped' ? token.text.slice(1, -1) : token.text, at: token.at };
  }
}
