/**
 * Extracts the documentation of types and fields from the development dependency `@kubernetes/client-node` into a JSON file for
 * `explain` and the OpenAPI documents. The texts are a build product and never part of the repository.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinKinds } from '#kinds/registry.ts';
import * as meta from '#machinery/meta.ts';
import { jsonFields } from '#machinery/schema-fields.ts';
import { type AnySchema, type Message, resolve } from '#machinery/schema.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MODELS = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');

/** Texts of one class: its own under the empty name, its members' under names without punctuation, in lower case. */
type ClassTexts = Map<string, string>;

const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();

function commentText(comment: string): string {
  return comment
    .split('\n')
    .map((line) =>
      line
        .replace(/^\s*\/?\*+\/?\s?/, '')
        .replace(/\*\/$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
    .join(' ')
    .replaceAll('*_/', '*/')
    .replaceAll(/\\(['"])/g, '$1')
    .trim();
}

const COMMENTED = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*(?:export declare class (\w+)|(?:readonly )?'([^']+)'\??:)/g;

function readClasses(): Map<string, ClassTexts> {
  const classes = new Map<string, ClassTexts>();
  for (const file of readdirSync(MODELS)) {
    if (!file.endsWith('.d.ts')) continue;
    const source = readFileSync(join(MODELS, file), 'utf8');
    const texts: ClassTexts = new Map();
    for (const [, comment, , member] of source.matchAll(COMMENTED)) {
      const text = commentText(comment!);
      if (text !== '') texts.set(member === undefined ? '' : plain(member), text);
    }
    classes.set(file.slice(0, -'.d.ts'.length), texts);
  }
  return classes;
}

function collect(schema: AnySchema, found: Map<string, Message>): void {
  const type = resolve(schema);
  if (type.type === 'list') collect(type.item, found);
  else if (type.type === 'map') collect(type.value, found);
  else if (type.type === 'message' && !found.has(type.name)) {
    found.set(type.name, type);
    for (const field of jsonFields(type)) collect(field.schema, found);
  }
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `core/v1.Event` may be `CoreV1Event` (where names clash) or `V1Event`. */
function classNames(typeName: string): string[] {
  const [, group = '', version = '', name = ''] = /^(\w+)\/(\w+)\.(\w+)$/.exec(typeName) ?? [];
  return [`${upper(group)}${upper(version)}${name}`, `${upper(version)}${name}`];
}

/** Writes `{ TYPE: { '': text, FIELD: text } }` to `target`; answers how many types have no text. */
export function writeDescriptions(target: string): number {
  const classes = readClasses();
  const messages = new Map<string, Message>();
  for (const kind of builtinKinds) collect(kind.schema, messages);
  for (const schema of [meta.listMeta, meta.status, meta.deleteOptions]) collect(schema, messages);
  const out: Record<string, Record<string, string>> = {};
  let missing = 0;
  for (const [typeName, schema] of [...messages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const texts = classNames(typeName)
      .map((name) => classes.get(name))
      .find((one) => one !== undefined);
    if (!texts) {
      missing += 1;
      continue;
    }
    const entry: Record<string, string> = {};
    const own = texts.get('');
    if (own) entry[''] = own;
    for (const field of jsonFields(schema)) {
      const text = texts.get(plain(field.name));
      if (text) entry[field.name] = text;
    }
    out[typeName] = entry;
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, JSON.stringify(out));
  return missing;
}
