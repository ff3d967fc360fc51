/**
 * Field selectors: `status.phase=Running,spec.nodeName!=a`, with `\,`, `\=` and `\\` as escapes in values.
 *
 * Source: apimachinery `fields` ParseSelector and the field label conversions of the registries.
 */
import type { Kind, KubeObject } from './kind.ts';
import { badRequest } from './status.ts';

/** One condition on a field's text. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescape(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i += 1) {
    const one = value[i]!;
    if (one === '\\') {
      const next = value[i + 1];
      if (next === undefined) throw new Error('invalid field selector: invalid escape sequence: \\');
      if (next !== '\\' && next !== ',' && next !== '=') throw new Error(`invalid field selector: invalid escape sequence: \\${next}`);
      out += next;
      i += 1;
    } else if (one === ',' || one === '=') throw new Error(`invalid field selector: unescaped character in value: ${one.charCodeAt(0)}`);
    else out += one;
  }
  return out;
}

function splitTerm(term: string): readonly [string, string, string] | undefined {
  for (let i = 0; i < term.length; i += 1) {
    for (const operator of ['!=', '==', '=']) {
      if (term.startsWith(operator, i)) return [term.slice(0, i), operator, term.slice(i + operator.length)];
    }
    if (term[i] === '\\') i += 1;
  }
  return undefined;
}

/**
 * The conditions of a field selector text; empty terms are ignored.
 * @throws Error with upstream's words.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const parts = splitTerm(term);
    if (!parts) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({ field: parts[0], operator: parts[1] === '!=' ? '!=' : '=', value: unescape(parts[2]) });
  }
  return requirements;
}

/** Selector syntax of a value. */
export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, '\\$&');
}

/** Selector syntax of conditions. */
export function fieldSelectorText(requirements: readonly FieldRequirement[]): string {
  return requirements.map((one) => `${one.field}${one.operator}${escapeFieldValue(one.value)}`).join(',');
}

/** A field selector compiled for a kind. */
export interface FieldMatcher<T extends KubeObject = KubeObject> {
  readonly requirements: readonly FieldRequirement[];
  readonly everything: boolean;
  /** The name that the selector pins (`metadata.name=x`), so that a list can be a get. */
  readonly name: string | undefined;
  matches(object: T): boolean;
}

const METADATA: Readonly<Record<string, (object: KubeObject) => string>> = {
  'metadata.name': (object) => object.metadata.name ?? '',
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

function fieldReader<T extends KubeObject>(kind: Pick<Kind<T>, 'selectableFields'>, field: string): (object: T) => string {
  if (Object.hasOwn(METADATA, field)) return METADATA[field]!;
  if (Object.hasOwn(kind.selectableFields, field)) return kind.selectableFields[field]!;
  if (Object.keys(kind.selectableFields).length > 0) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

/**
 * Compiles a `fieldSelector` parameter for a kind.
 * @throws StatusError BadRequest for syntax errors and fields the kind cannot select by.
 */
export function compileFieldSelector<T extends KubeObject>(kind: Pick<Kind<T>, 'selectableFields'>, text: string): FieldMatcher<T> {
  let requirements: FieldRequirement[];
  try {
    requirements = parseFieldSelector(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
  const tests = requirements.map((one) => ({ read: fieldReader(kind, one.field), equal: one.operator === '=', value: one.value }));
  return {
    requirements,
    everything: tests.length === 0,
    name: requirements.find((one) => one.field === 'metadata.name' && one.operator === '=')?.value,
    matches: (object) => {
      for (const test of tests) if ((test.read(object) === test.value) !== test.equal) return false;
      return true;
    },
  };
}
