/**
 * Output formats of `-o`: which there are, and how objects are written in each.
 */
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { CliError } from '../io.ts';
import type { AnyObject } from '../objects.ts';
import { type Resource, objectText } from '../resources.ts';
import { alignColumns } from './columns.ts';
import { compileJsonPath, compilePath, valueText } from './jsonpath.ts';

/** What `-o` asks for. `table` and `wide` are made by the server. */
export type OutputFormat =
  | { readonly type: 'table' | 'wide' | 'json' | 'yaml' | 'name' }
  | { readonly type: 'jsonpath'; readonly print: (object: unknown) => string }
  | { readonly type: 'columns'; readonly headers: boolean; readonly columns: readonly { readonly header: string; readonly values: (object: unknown) => unknown[] }[] };

const FORMATS = 'custom-columns, custom-columns-file, json, jsonpath, jsonpath-as-json, jsonpath-file, name, wide, yaml';

/** Parses the value of `-o`. @throws CliError naming the allowed formats. */
export async function parseOutput(text: string | undefined, showHeaders = true): Promise<OutputFormat> {
  if (text === undefined || text === '') return { type: 'table' };
  if (text === 'json' || text === 'yaml' || text === 'name' || text === 'wide') return { type: text };
  const equals = text.indexOf('=');
  const [name, value] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
  switch (name) {
    case 'jsonpath':
      return { type: 'jsonpath', print: compileJsonPath(value) };
    case 'jsonpath-as-json': {
      const values = compilePath(value);
      return { type: 'jsonpath', print: (object) => `${JSON.stringify(values(object), undefined, 4)}\n` };
    }
    case 'jsonpath-file':
      return { type: 'jsonpath', print: compileJsonPath(await readFile(value, 'utf8')) };
    case 'custom-columns':
      return { type: 'columns', headers: showHeaders, columns: value.split(',').map(parseColumn) };
    case 'custom-columns-file': {
      const [headers = '', paths = ''] = (await readFile(value, 'utf8')).split('\n');
      const names = headers.trim().split(/\s+/);
      return { type: 'columns', headers: showHeaders, columns: paths.trim().split(/\s+/).map((path, index) => parseColumn(`${names[index]}:${path}`)) };
    }
    default:
      throw new CliError(`error: unable to match a printer suitable for the output format "${text}", allowed formats are: ${FORMATS}`);
  }
}

function parseColumn(text: string): { header: string; values: (object: unknown) => unknown[] } {
  const colon = text.indexOf(':');
  if (colon <= 0) throw new CliError(`error: unexpected custom-columns spec: ${text}, expected <header>:<json-path-expr>`);
  return { header: text.slice(0, colon), values: compilePath(text.slice(colon + 1)) };
}

/** YAML as kubectl writes it: keys sorted, lists not indented. */
export function toYaml(value: unknown): string {
  return stringify(value, { sortMapEntries: true, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, version: '1.1', singleQuote: false });
}

/** JSON as kubectl writes it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 4)}\n`;
}

/** Objects in a format other than a table; several become a List. */
export function renderObjects(format: OutputFormat, objects: readonly AnyObject[], asList: boolean, resourceOf: (object: AnyObject) => Resource): string {
  const whole = asList ? { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } } : objects[0];
  switch (format.type) {
    case 'json':
      return toJson(whole);
    case 'yaml':
      return toYaml(whole);
    case 'name':
      return objects.map((object) => `${objectText(resourceOf(object), object.metadata.name)}\n`).join('');
    case 'jsonpath':
      return format.print(whole);
    case 'columns': {
      const rows = objects.map((object) => format.columns.map((column) => column.values(object).map(cellText).join(',') || '<none>'));
      return alignColumns(format.headers ? [format.columns.map((column) => column.header), ...rows] : rows);
    }
    default:
      throw new CliError(`error: ${format.type} is printed from a table`);
  }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '<none>';
  if (Array.isArray(value)) return `[${value.map(cellText).join(' ')}]`;
  return typeof value === 'object' ? `map[${Object.entries(value).map(([key, one]) => `${key}:${cellText(one)}`).join(' ')}]` : valueText(value);
}
