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

const WIDTH = 78;

/** Describes a resource or one of its fields. */
export async function explain(session: Session, map: ResourceMap, path: string, recursive: boolean): Promise<void> {
  const { resource, fields } = split(map, path);
  const document = await session.json<{ components: { schemas: Schemas } }>({ path: `/openapi/v3/${resource.group ? `apis/${groupVersionText(resource)}` : `api/${resource.version}`}` });
  const { schemas } = document.components;
  const root = Object.values(schemas).find((schema) => schema['x-kubernetes-group-version-kind']?.some((one) => one.group === resource.group && one.version === resource.version && one.kind === resource.kind));
  if (!root) throw new CliError(`error: couldn't find resource for "${groupVersionText(resource)}, Kind=${resource.kind}"`);
  let schema = root;
  let field: Schema | undefined;
  for (const name of fields) {
    field = target(schemas, schema).properties?.[name];
    if (!field) throw new CliError(`error: field "${name}" does not exist`);
    schema = field;
  }
  const shown = target(schemas, schema);
  const out = [...(resource.group ? [`GROUP:      ${resource.group}`] : []), `KIND:       ${resource.kind}`, `VERSION:    ${resource.version}`, ''];
  if (field) out.push(`FIELD: ${fields.at(-1)} <${typeText(schemas, field)}>`, '');
  out.push('DESCRIPTION:', ...paragraph(field?.description ?? shown.description ?? '<empty>', 4), '');
  if (shown.properties) {
    out.push('FIELDS:');
    out.push(...(recursive ? tree(schemas, shown, 2, new Set([shown])) : described(schemas, shown)));
  }
  session.io.stdout.write(`${out.join('\n')}\n`);
}

function split(map: ResourceMap, path: string): { resource: Resource; fields: string[] } {
  const parts = path.split('.');
  // The resource may itself contain dots (`deployments.apps`): the longest that resolves wins.
  for (let length = parts.length; length > 0; length--) {
    try {
      return { resource: map.resolve(parts.slice(0, length).join('.')), fields: parts.slice(length) };
    } catch (error) {
      if (!(error instanceof CliError) || length === 1) throw error;
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
    return pointed?.properties || !pointed?.type ? name.slice(name.lastIndexOf('.') + 1) : pointed.type;
  }
  if (schema.type === 'array') return `[]${typeText(schemas, schema.items ?? {})}`;
  if (schema.additionalProperties) return `map[string]${typeText(schemas, schema.additionalProperties)}`;
  return schema.type ?? 'Object';
}

function described(schemas: Schemas, schema: Schema): string[] {
  const lines: string[] = [];
  for (const [name, property] of Object.entries(schema.properties!).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`  ${name}\t<${typeText(schemas, property)}>${schema.required?.includes(name) ? ' -required-' : ''}`);
    if (property.enum) lines.push(`  enum: ${property.enum.slice(0, 4).join(', ')}${property.enum.length > 4 ? ', ....' : ''}`);
    lines.push(...paragraph(property.description ?? '<no description>', 4), '');
  }
  return lines;
}

function tree(schemas: Schemas, schema: Schema, indent: number, above: ReadonlySet<Schema>): string[] {
  return Object.entries(schema.properties ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, property]) => {
      const below = target(schemas, property);
      const line = `${' '.repeat(indent)}${name}\t<${typeText(schemas, property)}>${schema.required?.includes(name) ? ' -required-' : ''}`;
      return [line, ...(below.properties && !above.has(below) ? tree(schemas, below, indent + 2, new Set([...above, below])) : [])];
    });
}

/** Breaks text into indented lines. */
function paragraph(text: string, indent: number): string[] {
  const lines: string[] = [];
  for (const block of text.split('\n')) {
    let line = '';
    for (const word of block.split(/\s+/).filter(Boolean)) {
      if (line && line.length + word.length + 1 > WIDTH - indent) {
        lines.push(line);
        line = '';
      }
      line = line ? `${line} ${word}` : word;
    }
    if (line) lines.push(line);
  }
  return lines.map((line) => ' '.repeat(indent) + line);
}
