/**
 * `kubectl explain`, from the server's OpenAPI v3 documents.
 */
import { groupVersionText } from '#machinery/kind.ts';
import { CliError } from '../io.ts';
import type { Resource, ResourceMap } from '../resources.ts';
import type { Session } from '../session.ts';

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
}

type Schemas = Readonly<Record<string, Schema>>;

/** Characters a line of text has at most, its indent of four not counted. */
const WIDTH = 76;
/** Values of an enumeration that a field's line shows. */
const SHOWN_VALUES = 4;

/** What to show. */
export interface ExplainFlags {
  readonly recursive?: boolean;
  readonly apiVersion?: string;
}

/** Describes a resource or one of its fields. */
export async function explain(session: Session, map: ResourceMap, path: string | undefined, { recursive = false, apiVersion }: ExplainFlags): Promise<void> {
  const { resource, fields } = split(map, path, apiVersion);
  const document = await session.json<{ components: { schemas: Schemas } }>({ path: `/openapi/v3/${resource.group ? `apis/${groupVersionText(resource)}` : `api/${resource.version}`}` });
  const { schemas } = document.components;
  const root = Object.values(schemas).find((schema) => schema['x-kubernetes-group-version-kind']?.some((one) => one.group === resource.group && one.version === resource.version && one.kind === resource.kind));
  if (!root) throw new CliError(`error: couldn't find resource for "${groupVersionText(resource)}, Kind=${resource.kind}"`);
  const { stdout } = session.io;
  stdout.write(`${resource.group ? `GROUP:      ${resource.group}\n` : ''}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`);
  let schema = root;
  let field: Schema | undefined;
  for (const name of fields) {
    field = target(schemas, schema).properties?.[name];
    if (!field) throw new CliError(`error: field "${name}" does not exist`);
    schema = field;
  }
  const shown = target(schemas, schema);
  const out: string[] = [];
  if (field) out.push(`FIELD: ${fields.at(-1)} <${typeText(schemas, field)}>`, ...(field.enum ? ['ENUM:', ...field.enum.map((value) => `    ${value}`)] : ['']), '');
  // A field's own words, then those of what it holds.
  const texts = [...new Set([field?.description, shown.description])].filter((text) => text !== undefined);
  out.push('DESCRIPTION:', ...(texts.length > 0 ? texts : ['<empty>']).flatMap((text) => paragraph(text)), '    ');
  if (shown.properties) out.push('FIELDS:', ...(recursive ? tree(schemas, shown, 2, new Set([shown])) : described(schemas, shown)));
  stdout.write(`${out.join('\n')}\n\n`);
}

function split(map: ResourceMap, path: string | undefined, apiVersion: string | undefined): { resource: Resource; fields: string[] } {
  if (!path) throw new CliError('error: You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.');
  const parts = path.split('.');
  // The resource may itself contain dots (`deployments.apps`): the longest that resolves wins.
  for (let length = parts.length; length > 0; length--) {
    try {
      const resource = map.resolve(parts.slice(0, length).join('.'));
      return { resource: apiVersion === undefined ? resource : map.ofKind(apiVersion, resource.kind), fields: parts.slice(length) };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (length === 1) throw new CliError(error.message.replace(/^error: /, ''));
    }
  }
  throw new CliError('error: You must specify the type of resource to explain.');
}

/** Follows references, lists and maps to the schema with properties. */
function target(schemas: Schemas, schema: Schema): Schema {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference) return target(schemas, schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {});
  if (schema.items) return target(schemas, schema.items);
  if (schema.additionalProperties && typeof schema.additionalProperties === 'object') return target(schemas, schema.additionalProperties);
  return schema;
}

function typeText(schemas: Schemas, schema: Schema): string {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference) {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    const pointed = schemas[name];
    // Texts with a format, such as times, are what they are written as.
    return pointed?.type === 'string' && pointed.format ? pointed.type : name.slice(name.lastIndexOf('.') + 1);
  }
  if (schema.type === 'array') return `[]${typeText(schemas, schema.items ?? {})}`;
  if (schema.additionalProperties) return `map[string]${typeText(schemas, schema.additionalProperties)}`;
  return schema.type ?? 'Object';
}

function heading(schemas: Schemas, schema: Schema, name: string, indent: string): string[] {
  const property = schema.properties![name]!;
  const line = `${indent}${name}\t<${typeText(schemas, property)}>${schema.required?.includes(name) ? ' -required-' : ''}`;
  const values = property.enum;
  return [line, ...(values ? [`${indent}enum: ${values.slice(0, SHOWN_VALUES).map((value) => value || '""').join(', ')}${values.length > SHOWN_VALUES ? ', ....' : ''}`] : [])];
}

function described(schemas: Schemas, schema: Schema): string[] {
  return Object.keys(schema.properties!)
    .toSorted()
    .flatMap((name) => [...heading(schemas, schema, name, '  '), ...paragraph(schema.properties![name]!.description ?? '<no description>'), '']);
}

function tree(schemas: Schemas, schema: Schema, indent: number, above: ReadonlySet<Schema>): string[] {
  return Object.entries(schema.properties ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, property]) => {
      const below = target(schemas, property);
      return [...heading(schemas, schema, name, ' '.repeat(indent)), ...(below.properties && !above.has(below) ? tree(schemas, below, indent + 2, new Set([...above, below])) : [])];
    });
}

/** Breaks text into indented lines; spaces within a line stay as they are. */
function paragraph(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll('\n', ' ').split(' ')) {
    if (line.trim() && line.length + word.length + 1 > WIDTH) {
      lines.push(line.trimEnd());
      line = word;
    } else line = line || lines.length > 0 || word === '' ? `${line}${line ? ' ' : ''}${word}` : word;
  }
  if (line.trim()) lines.push(line.trimEnd());
  return lines.map((one) => `    ${one}`);
}
