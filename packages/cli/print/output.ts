/**
 * Output formats of `-o`: which there are, and how objects are written in each.
 */
import { readFile } from 'node:fs/promises';
import { encodeYaml } from '#machinery/yaml.ts';
import { CliError } from '../io.ts';
import type { AnyObject } from '../objects.ts';
import { type Resource, objectText } from '../resources.ts';
import { alignColumns } from './columns.ts';
import { compileGoTemplate } from './go-template.ts';
import { compileJsonPath, compilePath, valueText } from './jsonpath.ts';
import { goJson, sortKeys } from './json.ts';

/** What `-o` asks for. `table` and `wide` are made by the server. */
export type OutputFormat =
  | { readonly type: 'table' | 'wide' | 'json' | 'yaml' | 'name' }
  | { readonly type: 'template'; readonly print: (object: unknown) => string }
  | { readonly type: 'columns'; readonly headers: boolean; readonly columns: readonly { readonly header: string; readonly values: (object: unknown) => unknown[] }[] };

/** All formats; commands that change things have no tables. */
const FORMATS: readonly string[] = ['custom-columns', 'custom-columns-file', 'go-template', 'go-template-file', 'json', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file', 'kyaml', 'name', 'template', 'templatefile', 'wide', 'yaml'];
const WRITE_FORMATS: readonly string[] = FORMATS.filter((one) => one !== 'wide' && !one.startsWith('custom'));

/** How a command prints. */
export interface OutputOptions {
  readonly showHeaders?: boolean;
  /** The value of `--template`. */
  readonly template?: string;
  /** Whether the command shows what it wrote, rather than what there is. */
  readonly isWrite?: boolean;
}

/** Parses the value of `-o`. @throws CliError naming the allowed formats. */
export async function parseOutput(text: string | undefined, { showHeaders = true, template, isWrite = false }: OutputOptions = {}): Promise<OutputFormat> {
  if (text === undefined || text === '') return template === undefined ? { type: 'table' } : { type: 'template', print: compileGoTemplate(template) };
  if (text === 'json' || text === 'yaml' || text === 'name' || (text === 'wide' && !isWrite)) return { type: text };
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const value = equals < 0 ? template : text.slice(equals + 1);
  if ((isWrite ? WRITE_FORMATS : FORMATS).includes(name) && name !== 'kyaml') return templateFormat(name, value, showHeaders);
  throw new CliError(`error: unable to match a printer suitable for the output format "${text}", allowed formats are: ${(isWrite ? WRITE_FORMATS : FORMATS).join(',')}`);
}

async function templateFormat(name: string, value: string | undefined, showHeaders: boolean): Promise<OutputFormat> {
  if (name.startsWith('custom-columns')) {
    if (!value) throw new CliError(`error: custom-columns format specified but no custom columns given`);
    return { type: 'columns', headers: showHeaders, columns: name === 'custom-columns' ? value.split(',').map(parseColumn) : await columnsFromFile(value) };
  }
  if (value === undefined) throw new CliError(`error: template format specified but no template given`);
  const text = name.endsWith('file') ? await readFile(value, 'utf8') : value;
  if (name === 'jsonpath-as-json') {
    const values = compilePath(text);
    return { type: 'template', print: (object) => `${goJson(values(object), 4)}\n` };
  }
  return { type: 'template', print: name.startsWith('jsonpath') ? compileJsonPath(text) : compileGoTemplate(text) };
}

/** A file whose first line has the headings and whose second the paths. */
async function columnsFromFile(path: string): Promise<ReturnType<typeof parseColumn>[]> {
  const [headers = '', paths = ''] = (await readFile(path, 'utf8')).split('\n');
  const names = headers.trim().split(/\s+/);
  return paths
    .trim()
    .split(/\s+/)
    .map((one, index) => parseColumn(`${names[index]}:${one}`));
}

function parseColumn(text: string): { header: string; values: (object: unknown) => unknown[] } {
  const colon = text.indexOf(':');
  if (colon <= 0) throw new CliError(`error: unexpected custom-columns spec: ${text}, expected <header>:<json-path-expr>`);
  return { header: text.slice(0, colon), values: compilePath(text.slice(colon + 1)) };
}

/** YAML as kubectl writes it: keys in order, lists not indented. */
export function toYaml(value: unknown): string {
  return encodeYaml(sortKeys(value));
}

/** JSON as kubectl writes it. */
function toJson(value: unknown): string {
  return `${goJson(value, 4)}\n`;
}

/** How objects are shown. */
export interface Rendering {
  /** Several become a List. */
  readonly asList: boolean;
  /** Whether fields stand in the order of their declaration, as objects that kubectl itself makes do in JSON. */
  readonly typed?: boolean;
  readonly resourceOf: (object: AnyObject) => Resource;
}

/** Objects in a format other than a table. */
export function renderObjects(format: OutputFormat, objects: readonly AnyObject[], { asList, typed = false, resourceOf }: Rendering): string {
  const whole = asList ? { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } } : objects[0];
  switch (format.type) {
    case 'json':
      return typed ? `${JSON.stringify(whole, undefined, 4)}\n` : toJson(whole);
    case 'yaml':
      return toYaml(whole);
    case 'name':
      return objects.map((object) => `${objectText(resourceOf(object), object.metadata.name)}\n`).join('');
    case 'template':
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
