/**
 * The words of a Go template: text between actions, and what stands in them.
 */
export interface Token {
  readonly type: 'text' | 'open' | 'close' | 'string' | 'number' | 'field' | 'variable' | 'word' | 'sign';
  /** The text; a field without its dot. */
  readonly text: string;
  /** Of strings and numbers. */
  readonly value?: unknown;
  /** Whether it follows the token before without a space: `.a.b` against `.a .b`. */
  readonly joined: boolean;
}

const PATTERNS: readonly (readonly [Token['type'], RegExp])[] = [
  ['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ['variable', /\$[\p{L}\p{N}_]*/uy],
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)'/y],
  ['number', /[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['sign', /:=|[.|(),=]/y],
];

/** Splits a template. `bad` makes the error for a problem. */
export function tokenize(text: string, bad: (problem: string) => Error): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < text.length) {
    const open = text.indexOf('{{', at);
    let part = text.slice(at, open < 0 ? text.length : open);
    if (trimNext) part = part.trimStart();
    const trimsBefore = open >= 0 && /^-\s/.test(text.slice(open + 2));
    if (trimsBefore) part = part.trimEnd();
    if (part) tokens.push({ type: 'text', text: part, joined: false });
    if (open < 0) break;
    const inside = open + 2 + (trimsBefore ? 1 : 0);
    const comment = /\s*\/\*[\s\S]*?\*\/\s*(-?)\}\}/y;
    comment.lastIndex = inside;
    const found = comment.exec(text);
    if (found) {
      trimNext = found[1] === '-';
      at = comment.lastIndex;
      continue;
    }
    tokens.push({ type: 'open', text: '{{', joined: false });
    ({ at, trims: trimNext } = action(text, inside, tokens, bad));
  }
  return tokens;
}

function action(text: string, start: number, tokens: Token[], bad: (problem: string) => Error): { at: number; trims: boolean } {
  let at = start;
  for (;;) {
    const space = /\s*/y;
    space.lastIndex = at;
    space.exec(text);
    const joined = space.lastIndex === at;
    const end = /(?:\s-)?\}\}/y;
    end.lastIndex = joined ? at : space.lastIndex - 1;
    const close = end.exec(text) ?? (text.startsWith('}}', space.lastIndex) ? ['}}'] : null);
    if (close) {
      tokens.push({ type: 'close', text: '}}', joined });
      return { at: space.lastIndex + (close[0].trim().length), trims: close[0].includes('-') };
    }
    at = space.lastIndex;
    if (at >= text.length) throw bad('unclosed action');
    const token = match(text, at, joined);
    if (!token) throw bad(`unexpected ${JSON.stringify(text[at])} in command`);
    tokens.push(token.token);
    at = token.end;
  }
}

function match(text: string, at: number, joined: boolean): { token: Token; end: number } | undefined {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) continue;
    const [whole] = found;
    const end = at + whole.length;
    if (type === 'field') return { token: { type, text: whole.slice(1), joined }, end };
    if (type === 'number') return { token: { type, text: whole, value: Number(whole), joined }, end };
    if (type === 'string') return { token: { type, text: whole, value: whole.startsWith('`') ? whole.slice(1, -1) : unquote(whole), joined }, end };
    return { token: { type, text: whole, joined }, end };
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(text: string): string | number {
  const inner = text.slice(1, -1).replaceAll(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, code: string) => (code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code)));
  return text.startsWith("'") ? inner.codePointAt(0)! : inner;
}
