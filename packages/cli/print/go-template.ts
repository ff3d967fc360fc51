/**
 * Templates of Go's text/template, as far as `-o go-template` uses them: fields, variables, pipelines, `if`, `with`, `range` and the usual functions.
 *
 * Source: the documentation of Go's package text/template, and kubectl's additions `base64decode` and `exists`.
 */
import { CliError } from '../io.ts';
import { tokenize, type Token } from './go-template-tokens.ts';
import { callFunction, goText, isTrue } from './go-template-values.ts';

type Expression =
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'field'; readonly of: Expression | undefined; readonly names: readonly string[] }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** Values pass from stage to stage as the last argument. */
interface Pipeline {
  readonly declares: readonly string[];
  readonly assigns: boolean;
  readonly stages: readonly Expression[];
}

type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly pipeline: Pipeline }
  | { readonly type: 'if' | 'with' | 'range'; readonly pipeline: Pipeline; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  | { readonly type: 'break' | 'continue' };

/** A compiled template. */
export type GoTemplate = (data: unknown) => string;

/** Compiles a template. @throws CliError when it does not parse. */
export function compileGoTemplate(text: string): GoTemplate {
  const parser = new Parser(text);
  const nodes = parser.template();
  return (data) => {
    const run = new Run(data);
    run.nodes(nodes, data);
    return run.out;
  };
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text, (problem) => this.#bad(problem));
  }

  template(): Node[] {
    const { nodes, end } = this.#nodes();
    if (end !== undefined) throw this.#bad(`unexpected {{${end}}}`);
    return nodes;
  }

  /** Nodes up to `end` or `else` of the enclosing action, or the end of the text. */
  #nodes(): { nodes: Node[]; end: 'end' | 'else' | undefined } {
    const nodes: Node[] = [];
    for (let token = this.#next(); token; token = this.#next()) {
      if (token.type === 'text') nodes.push({ type: 'text', text: token.text });
      else if (token.type !== 'open') throw this.#bad(`unexpected ${token.text}`);
      else {
        const word = this.#peek()?.text;
        if (word === 'end' || word === 'else') {
          this.#at++;
          return { nodes, end: word };
        }
        nodes.push(this.#action(word));
      }
    }
    return { nodes, end: undefined };
  }

  #action(word: string | undefined): Node {
    if (word === 'break' || word === 'continue') {
      this.#at++;
      this.#close();
      return { type: word };
    }
    if (word !== 'if' && word !== 'with' && word !== 'range') {
      const pipeline = this.#pipeline();
      this.#close();
      return { type: 'print', pipeline };
    }
    this.#at++;
    return this.#control(word);
  }

  #control(type: 'if' | 'with' | 'range'): Node {
    const pipeline = this.#pipeline();
    this.#close();
    const { nodes: body, end } = this.#nodes();
    let otherwise: readonly Node[] = [];
    if (end === 'else') {
      const chained = this.#peek()?.text;
      if (chained === 'if' || chained === 'with') {
        this.#at++;
        // The `end` of the inner action is also ours.
        return { type, pipeline, body, otherwise: [this.#control(chained)] };
      }
      this.#close();
      const rest = this.#nodes();
      if (rest.end !== 'end') throw this.#bad(rest.end ? 'expected end; found {{else}}' : 'unexpected EOF');
      otherwise = rest.nodes;
    } else if (end === undefined) throw this.#bad('unexpected EOF');
    this.#close();
    return { type, pipeline, body, otherwise };
  }

  #pipeline(): Pipeline {
    const start = this.#at;
    const declares: string[] = [];
    while (this.#peek()?.type === 'variable') {
      declares.push(this.#next()!.text);
      if (this.#peek()?.text === ',') this.#at++;
      else break;
    }
    const operator = declares.length > 0 ? this.#peek()?.text : undefined;
    if (operator === ':=' || operator === '=') this.#at++;
    else {
      declares.length = 0;
      this.#at = start;
    }
    const stages = [this.#command()];
    while (this.#peek()?.text === '|') {
      this.#at++;
      stages.push(this.#command());
    }
    return { declares, assigns: operator === '=', stages };
  }

  #command(): Expression {
    const first = this.#operand();
    const args: Expression[] = [];
    while (this.#startsOperand()) args.push(this.#operand());
    if (first.type === 'call' && first.args.length === 0) return { ...first, args };
    if (args.length > 0) throw this.#bad(`can't give argument to non-function`);
    return first;
  }

  #startsOperand(): boolean {
    const token = this.#peek();
    return token !== undefined && (['string', 'number', 'field', 'variable', 'word'].includes(token.type) || token.text === '(' || token.text === '.');
  }

  #operand(): Expression {
    const token = this.#next();
    let value: Expression;
    if (token?.text === '(') {
      const { stages } = this.#pipeline();
      if (this.#next()?.text !== ')') throw this.#bad('unclosed left paren');
      value = stages.reduce<Expression>((before, stage, index) => (index === 0 ? stage : piped(stage, before)), stages[0]!);
    } else if (!token || token.type === 'close') throw this.#bad('missing value for command');
    else if (token.type === 'string' || token.type === 'number') return { type: 'literal', value: token.value };
    else if (token.type === 'variable') value = { type: 'variable', name: token.text };
    else if (token.type === 'field') value = { type: 'field', of: undefined, names: [token.text] };
    else if (token.text === '.') value = { type: 'field', of: undefined, names: [] };
    else if (token.type !== 'word') throw this.#bad(`unexpected "${token.text}" in operand`);
    else if (token.text === 'true' || token.text === 'false') return { type: 'literal', value: token.text === 'true' };
    else if (token.text === 'nil') return { type: 'literal', value: null };
    else value = { type: 'call', name: token.text, args: [] };
    const names: string[] = [];
    while (this.#peek()?.type === 'field' && this.#peek()!.joined) names.push(this.#next()!.text);
    return names.length > 0 ? { type: 'field', of: value, names } : value;
  }

  #close(): void {
    const token = this.#next();
    if (token?.type !== 'close') throw this.#bad(token ? `unexpected "${token.text}" in operand` : 'unclosed action');
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #bad(problem: string): CliError {
    const line = this.#text.split('\n').length;
    return new CliError(`error: error parsing template ${this.#text}, template: output:${line}: ${problem}`);
  }
}

function piped(stage: Expression, before: Expression): Expression {
  if (stage.type !== 'call') throw new CliError('error: error parsing template: non executable command in pipeline stage 2');
  return { ...stage, args: [...stage.args, before] };
}

/** Thrown to leave a loop. */
class Leave {
  readonly how: 'break' | 'continue';

  constructor(how: 'break' | 'continue') {
    this.how = how;
  }
}

class Run {
  out = '';
  #variables: Map<string, { value: unknown }>;

  constructor(data: unknown) {
    this.#variables = new Map([['$', { value: data }]]);
  }

  nodes(nodes: readonly Node[], dot: unknown): void {
    for (const node of nodes) this.#node(node, dot);
  }

  #node(node: Node, dot: unknown): void {
    switch (node.type) {
      case 'text':
        this.out += node.text;
        break;
      case 'print': {
        const value = this.#evaluate(node.pipeline, dot);
        if (node.pipeline.declares.length === 0) this.out += goText(value);
        break;
      }
      case 'break':
      case 'continue':
        throw new Leave(node.type);
      case 'range':
        this.#scoped(() => this.#range(node, dot));
        break;
      default:
        this.#scoped(() => {
          const value = this.#evaluate(node.pipeline, dot);
          if (isTrue(value)) this.nodes(node.body, node.type === 'with' ? value : dot);
          else this.nodes(node.otherwise, dot);
        });
    }
  }

  #scoped(run: () => void): void {
    const before = this.#variables;
    this.#variables = new Map(before);
    run();
    this.#variables = before;
  }

  #range(node: Extract<Node, { body: unknown }>, dot: unknown): void {
    const value = this.#evaluate({ ...node.pipeline, declares: [] }, dot);
    const entries = rangeEntries(value);
    if (entries.length === 0) this.nodes(node.otherwise, dot);
    const [first, second] = node.pipeline.declares;
    for (const [key, item] of entries) {
      try {
        this.#scoped(() => {
          if (second) this.#variables.set(first!, { value: key }).set(second, { value: item });
          else if (first) this.#variables.set(first, { value: item });
          this.nodes(node.body, item);
        });
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        if (error.how === 'break') return;
      }
    }
  }

  #evaluate({ declares, assigns, stages }: Pipeline, dot: unknown): unknown {
    let value = this.#value(stages[0]!, dot);
    for (const stage of stages.slice(1)) {
      if (stage.type !== 'call') throw new CliError('error: error executing template: non executable command in pipeline');
      value = callFunction(stage.name, [...stage.args.map((arg) => this.#value(arg, dot)), value]);
    }
    const [name] = declares;
    if (name) {
      const known = this.#variables.get(name);
      if (assigns && known) known.value = value;
      else this.#variables.set(name, { value });
    }
    return value;
  }

  #value(expression: Expression, dot: unknown): unknown {
    switch (expression.type) {
      case 'literal':
        return expression.value;
      case 'variable': {
        const found = this.#variables.get(expression.name);
        if (!found) throw new CliError(`error: error executing template: undefined variable "${expression.name}"`);
        return found.value;
      }
      case 'field':
        return expression.names.reduce((value, name) => fieldOf(value, name), expression.of ? this.#value(expression.of, dot) : dot);
      default:
        return callFunction(
          expression.name,
          expression.args.map((arg) => this.#value(arg, dot)),
        );
    }
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new CliError(`error: error executing template: can't evaluate field ${name} in type ${Array.isArray(value) ? '[]interface {}' : typeof value}`);
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function rangeEntries(value: unknown): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
  if (typeof value === 'object') return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  throw new CliError(`error: error executing template: range can't iterate over ${goText(value)}`);
}
