/**
 * kubectl's JSONPath templates: text with `{expressions}`, `{range}`…`{end}`, filters, slices, unions, recursive descent.
 *
 * Source: the documented JSONPath support of kubectl.
 */
import { CliError } from '../io.ts';
import { asText } from '../objects.ts';
import { goJson, goSyntax } from './json.ts';

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | { readonly type: 'slice'; readonly from?: number; readonly to?: number; readonly step?: number }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'union'; readonly names: readonly string[] }
  | { readonly type: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand | undefined };

type Operand = { readonly type: 'path'; readonly path: Path } | { readonly type: 'value'; readonly value: unknown };

interface Path {
  readonly fromRoot: boolean;
  readonly steps: readonly Step[];
}

type Node = { readonly type: 'text'; readonly text: string } | { readonly type: 'path'; readonly path: Path } | { readonly type: 'range'; readonly path: Path; readonly body: readonly Node[] } | { readonly type: 'end' };

/** A compiled template. */
export type JsonPathTemplate = (object: unknown) => string;

/** A path that a value does not have; templates fail with it, sorting does not. */
class PathError extends Error {}

/** Compiles a template. @throws CliError when it does not parse. */
export function compileJsonPath(template: string): JsonPathTemplate {
  const parser = new TemplateParser(template);
  const nodes = parser.parse();
  return (object) => {
    try {
      return render(nodes, object, object);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      const details = `Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n`;
      throw new CliError(`error: error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${error.message}. ${details}`);
    }
  };
}

/** Compiles a single path, braces optional (`.spec.replicas`), and answers the values it finds. @throws CliError */
export function compilePath(text: string): (object: unknown) => unknown[] {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  const path = new PathParser(bare.startsWith('.') || bare.startsWith('$') || bare.startsWith('[') ? bare : `.${bare}`).parsePath();
  return (object) => {
    try {
      return evaluate(path, object, object);
    } catch (error) {
      if (error instanceof PathError) return [];
      throw error;
    }
  };
}

class TemplateParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node[] {
    const nodes = this.#nodes(false);
    if (this.#at < this.#text.length) throw new CliError('error: error parsing jsonpath: unexpected {end}');
    return nodes;
  }

  #nodes(inRange: boolean): Node[] {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      if (open < 0 || open > this.#at) {
        const end = open < 0 ? this.#text.length : open;
        nodes.push({ type: 'text', text: this.#text.slice(this.#at, end) });
        this.#at = end;
        continue;
      }
      const inner = this.#braces();
      if (inner === 'end') {
        if (inRange) return nodes;
        nodes.push({ type: 'end' });
        continue;
      }
      if (inner.startsWith('range ') || inner === 'range') nodes.push({ type: 'range', path: new PathParser(inner.slice(5).trim()).parsePath(), body: this.#nodes(true) });
      else nodes.push(...expressionNodes(inner));
    }
    // A range without its end goes to the end of the text.
    return nodes;
  }

  /** The text between the brace at the cursor and its partner; quotes hide braces. */
  #braces(): string {
    const start = this.#at + 1;
    let quote = '';
    for (let i = start; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (quote) {
        if (char === '\\') i++;
        else if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '}') {
        this.#at = i + 1;
        return this.#text.slice(start, i).trim();
      }
    }
    throw new CliError(`error: error parsing jsonpath ${this.#text}, unclosed action`);
  }
}

/** An expression in braces: quoted text, or one or more paths after each other. */
function expressionNodes(inner: string): Node[] {
  const quoted = /^(["'])(.*)\1$/s.exec(inner);
  if (quoted) return [{ type: 'text', text: unescape(quoted[2]!) }];
  return [{ type: 'path', path: new PathParser(inner).parsePath() }];
}

function unescape(text: string): string {
  const known: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };
  return text.replaceAll(/\\(.)/g, (whole, char: string) => known[char] ?? whole);
}

class PathParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parsePath(): Path {
    const path = this.#path();
    if (this.#at < this.#text.length) throw this.#bad();
    return path;
  }

  #path(): Path {
    let fromRoot = false;
    if (this.#text[this.#at] === '$' || this.#text[this.#at] === '@') fromRoot = this.#text[this.#at++] === '$';
    const steps: Step[] = [];
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === '.') {
        this.#at++;
        if (this.#text[this.#at] === '.') {
          this.#at++;
          steps.push({ type: 'recursive' });
          if (this.#text[this.#at] !== '[') steps.push(this.#field());
        } else if (this.#at < this.#text.length && this.#text[this.#at] !== '[') steps.push(this.#field());
      } else if (char === '[') steps.push(this.#bracket());
      else break;
    }
    return { fromRoot, steps };
  }

  #field(): Step {
    let name = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === '\\' && this.#at + 1 < this.#text.length) {
        name += this.#text[this.#at + 1]!;
        this.#at += 2;
      } else if (/[.[\]()\s=!<>,"'}]/.test(char)) break;
      else {
        name += char;
        this.#at++;
      }
    }
    if (name === '') throw this.#bad();
    return name === '*' ? { type: 'wildcard' } : { type: 'field', name };
  }

  #bracket(): Step {
    this.#at++;
    if (this.#text.startsWith('?(', this.#at)) return this.#filter();
    const close = this.#closing();
    const inner = this.#text.slice(this.#at, close).trim();
    this.#at = close + 1;
    if (inner === '*') return { type: 'wildcard' };
    if (/^-?\d+$/.test(inner)) return { type: 'index', index: Number(inner) };
    const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(inner);
    if (slice) {
      const [from, to, step] = [slice[1], slice[2], slice[3]].map((part) => (part ? Number(part) : undefined));
      return { type: 'slice', ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(step === undefined ? {} : { step }) };
    }
    const wrong = inner.split(',').find((part) => !/^\s*'.*'\s*$/s.test(part));
    if (wrong !== undefined) throw new CliError(`error: error parsing jsonpath {${this.#text}}, invalid array index ${wrong.trim()}`);
    const names = inner.split(',').map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2').replaceAll(/\\(.)/g, '$1'));
    return names.length === 1 ? { type: 'field', name: names[0]! } : { type: 'union', names };
  }

  #closing(): number {
    let quote = '';
    for (let i = this.#at; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (quote) quote = char === quote ? '' : quote;
      else if (char === '"' || char === "'") quote = char;
      else if (char === ']') return i;
    }
    throw new CliError(`error: error parsing jsonpath {${this.#text}}, unterminated array`);
  }

  #filter(): Step {
    this.#at += 2;
    const left = this.#operand();
    const operator = /^\s*(==|!=|<=|>=|<|>)?\s*/.exec(this.#text.slice(this.#at))!;
    this.#at += operator[0].length;
    const right = operator[1] ? this.#operand() : undefined;
    if (!/^\s*\)\s*\]/.test(this.#text.slice(this.#at))) throw new CliError(`error: error parsing jsonpath {${this.#text}}, unterminated filter`);
    this.#at = this.#text.indexOf(']', this.#at) + 1;
    return { type: 'filter', left, operator: operator[1] ?? '', right };
  }

  #operand(): Operand {
    const rest = this.#text.slice(this.#at);
    const blank = /^\s*/.exec(rest)![0].length;
    this.#at += blank;
    const quoted = /^(["'])((?:[^\\]|\\.)*?)\1/.exec(rest.slice(blank));
    if (quoted) {
      this.#at += quoted[0].length;
      return { type: 'value', value: unescape(quoted[2]!) };
    }
    const literal = /^(-?\d+(?:\.\d+)?|true|false)(?=[\s)]|$)/.exec(rest.slice(blank));
    if (literal) {
      this.#at += literal[0].length;
      return { type: 'value', value: JSON.parse(literal[1]!) as unknown };
    }
    return { type: 'path', path: this.#path() };
  }

  #bad(): CliError {
    return new CliError(`error: error parsing jsonpath {${this.#text}}, unrecognized character in action: ${this.#text[this.#at] ?? 'end'}`);
  }
}

function render(nodes: readonly Node[], current: unknown, root: unknown): string {
  let out = '';
  for (const node of nodes) {
    if (node.type === 'text') out += node.text;
    else if (node.type === 'end') throw new PathError('not in range, nothing to end');
    else if (node.type === 'path') out += evaluate(node.path, current, root).map(valueText).join(' ');
    else for (const item of evaluate(node.path, current, root)) out += render(node.body, item, root);
  }
  return out;
}

/** A found value as templates print it: text bare, everything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : goJson(value);
}

function evaluate(path: Path, current: unknown, root: unknown): unknown[] {
  let values: unknown[] = [path.fromRoot ? root : current];
  for (const step of path.steps) values = values.flatMap((value) => take(step, value, root));
  return values;
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

function take(step: Step, value: unknown, root: unknown): unknown[] {
  switch (step.type) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'union':
      return isObject(value) ? step.names.flatMap((name) => (Object.hasOwn(value, name) ? [value[name]] : [])) : Array.isArray(value) ? step.names.flatMap((index) => value.at(Number(index)) ?? []) : [];
    case 'wildcard':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'recursive':
      return [value, ...(Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).flatMap((below) => take(step, below, root))];
    case 'index':
      if (!Array.isArray(value)) return [];
      if (value.at(step.index) === undefined) throw new PathError(`array index out of bounds: index ${step.index}, length ${value.length}`);
      return [value.at(step.index)];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % (step.step ?? 1) === 0) : [];
    case 'filter':
      return (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).filter((item) => holds(step, item, root));
    default:
      return step satisfies never;
  }
}

function holds({ left, operator, right }: Extract<Step, { type: 'filter' }>, item: unknown, root: unknown): boolean {
  const [a] = operandValues(left, item, root);
  if (right === undefined) return a !== undefined;
  const [b] = operandValues(right, item, root);
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case '==':
      return a === b || asText(a) === asText(b);
    case '!=':
      return asText(a) !== asText(b);
    default: {
      const difference = typeof a === 'number' && typeof b === 'number' ? a - b : asText(a) < asText(b) ? -1 : asText(a) === asText(b) ? 0 : 1;
      return operator === '<' ? difference < 0 : operator === '<=' ? difference <= 0 : operator === '>' ? difference > 0 : difference >= 0;
    }
  }
}

function operandValues(operand: Operand, item: unknown, root: unknown): unknown[] {
  return operand.type === 'value' ? [operand.value] : evaluate(operand.path, item, root);
}
