/**
 * The text form of label selectors: `app in (a, b), tier != db, !gone, size > 3`.
 *
 * Source: apimachinery `labels` Lexer and Parser, messages included.
 */
import { BINARY_OPERATORS, type LabelOperator, labelKeyProblem, type LabelRequirement, labelRequirement } from './label-requirements.ts';

type TokenType = 'identifier' | 'end' | 'error' | ')' | ',' | '!' | '==' | '=' | 'in' | '(' | '!=' | 'notin' | '>' | '<';

interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SYMBOLS: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '(', '!=', '>', '<']);
const SPECIAL = '=!(),><';
const SPACE = ' \t\r\n';

function scanWord(text: string, from: number): number {
  let end = from;
  while (end < text.length && !SPECIAL.includes(text[end]!) && !SPACE.includes(text[end]!)) end += 1;
  return end;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const one = text[i]!;
    if (SPACE.includes(one)) {
      i += 1;
    } else if (SPECIAL.includes(one)) {
      const pair = text.slice(i, i + 2);
      const symbol = SYMBOLS.has(pair) && pair.length === 2 ? pair : one;
      tokens.push({ type: symbol as TokenType, text: symbol });
      i += symbol.length;
    } else {
      const end = scanWord(text, i);
      const word = text.slice(i, end);
      tokens.push({ type: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      i = end;
    }
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}

const OPERATOR_OF: Partial<Record<TokenType, LabelOperator>> = { in: 'in', '=': '=', '==': '==', '>': 'gt', '<': 'lt', notin: 'notin', '!=': '!=' };

/** Recursive descent over tokens; `in` and `notin` are words where values stand. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  #token(words: boolean): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
    return words && (token.type === 'in' || token.type === 'notin') ? { type: 'identifier', text: token.text } : token;
  }

  #peek(): Token {
    return this.#token(true);
  }

  #next(words = true): Token {
    const token = this.#token(words);
    this.#at += 1;
    return token;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.type === 'end') return requirements;
      if (first.type !== 'identifier' && first.type !== '!') throw new Error(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirementOrThrow());
      const separator = this.#next();
      if (separator.type === 'end') return requirements;
      if (separator.type !== ',') throw new Error(`found '${separator.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.type !== 'identifier' && after.type !== '!') throw new Error(`found '${after.text}', expected: identifier after ','`);
    }
  }

  #requirementOrThrow(): LabelRequirement {
    try {
      return this.#requirement();
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`, { cause: error });
    }
  }

  #requirement(): LabelRequirement {
    let token = this.#next();
    const negated = token.type === '!';
    if (negated) token = this.#next();
    if (token.type !== 'identifier') throw new Error(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const bad = labelKeyProblem(key, '');
    if (bad) throw new Error(bad);
    if (negated) return labelRequirement(key, '!', []);
    const following = this.#peek().type;
    if (following === 'end' || following === ',') return labelRequirement(key, 'exists', []);
    const operatorToken = this.#next(false);
    const operator = OPERATOR_OF[operatorToken.type];
    if (!operator) throw new Error(`found '${operatorToken.text}', expected: ${BINARY_OPERATORS.join(', ')}`);
    return labelRequirement(key, operator, operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]);
  }

  #exactValue(): string {
    const ahead = this.#peek().type;
    if (ahead === 'end' || ahead === ',') return '';
    const token = this.#next();
    if (token.type !== 'identifier') throw new Error(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): string[] {
    const open = this.#next();
    if (open.type !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const ahead = this.#peek();
    if (ahead.type === ')') {
      this.#next();
      return [];
    }
    if (ahead.type !== 'identifier' && ahead.type !== ',') throw new Error(`found '${ahead.text}', expected: ',', ')' or identifier`);
    const values = this.#valueList();
    this.#next();
    return values;
  }

  /** Up to the closing parenthesis, which stays. Missing values are empty ones. */
  #valueList(): string[] {
    const values = new Set<string>();
    for (;;) {
      const token = this.#next();
      if (token.type === 'identifier') {
        values.add(token.text);
        const after = this.#peek();
        if (after.type === ')') return [...values];
        if (after.type !== ',') throw new Error(`found '${after.text}', expected: ',' or ')'`);
      } else if (token.type === ',') {
        if (values.size === 0) values.add('');
        const after = this.#peek().type;
        if (after === ')') return [...values.add('')];
        if (after === ',') {
          this.#next();
          values.add('');
        }
      } else {
        throw new Error(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

/**
 * The requirements of a selector text, sorted by key.
 * @throws Error with upstream's words.
 */
export function parseRequirements(text: string): LabelRequirement[] {
  return new Parser(text).parse().sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
