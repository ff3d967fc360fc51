/**
 * YAML as Kubernetes reads and writes it: a way to write JSON, with YAML 1.1 booleans and octal numbers.
 *
 * Source: sigs.k8s.io/yaml (YAML to JSON, keys sorted on output).
 */
import { LineCounter, parseAllDocuments, type ParseOptions, type DocumentOptions, type SchemaOptions, type Tags } from 'yaml';
import { emitYaml } from './yaml-emitter.ts';

/** Larger texts are refused: the size of a request body. */
export const MAX_YAML_BYTES = 3 * 1024 * 1024;
/** Aliases beyond this are refused, so that small texts cannot expand without bound. */
const MAX_ALIASES = 100;
/** What small texts may expand to, counted in values. */
const MAX_VALUES = 1_000_000;

const TIMESTAMP = 'tag:yaml.org,2002:timestamp';
const FLOAT = 'tag:yaml.org,2002:float';
/** A lone `.` (of managed fields) or `e3` is text. */
const HAS_DIGITS = '(?=[-+]?\\.?[0-9])';
const BOOLEAN = 'tag:yaml.org,2002:bool';
/** Collections of YAML 1.1 that JSON does not have. */
const FOREIGN: ReadonlySet<string> = new Set(['tag:yaml.org,2002:omap', 'tag:yaml.org,2002:pairs', 'tag:yaml.org,2002:set']);

/** Tags for reading: times and base 60 numbers stay text. */
function readingTags(tags: Tags): Tags {
  const out: Tags = [];
  for (const tag of tags) {
    if (typeof tag === 'string') out.push(tag);
    else if (FOREIGN.has(tag.tag) || tag.tag === TIMESTAMP || ('format' in tag && tag.format === 'TIME')) continue;
    else if (tag.tag === BOOLEAN && 'test' in tag && tag.test)
      out.push({
        ...tag,
        test: tag.test.test('true') ? /^(?:[Yy]|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ : /^(?:[Nn]|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
      });
    else if (tag.tag === FLOAT && 'test' in tag && tag.test?.source.includes('[0-9]'))
      out.push({ ...tag, test: new RegExp(`${HAS_DIGITS}${tag.test.source}`) });
    else out.push(tag);
  }
  return out;
}

const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  stringKeys: false,
  customTags: readingTags,
};

/** Text that is not YAML. */
function yamlError(line: number | undefined, why: string): Error {
  return new Error(`error converting YAML to JSON: yaml: ${line === undefined ? '' : `line ${line}: `}${why}`);
}

function scalarToJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw yamlError(undefined, 'unsupported value: NaN or Infinity');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}

/** Makes a JSON value of what the library gives; maps come as Map so that keys of any type and order survive. */
function toJson(value: unknown, budget: { left: number }): unknown {
  budget.left -= 1;
  if (budget.left < 0) throw yamlError(undefined, 'document contains excessive aliasing');
  if (Array.isArray(value)) return value.map((one) => toJson(one, budget));
  if (!(value instanceof Map)) return scalarToJson(value ?? null);
  const out: Record<string, unknown> = {};
  for (const [key, one] of value as Map<unknown, unknown>) {
    if (typeof key === 'object' && key !== null) throw yamlError(undefined, 'unsupported map key');
    const name = String(key);
    const json = toJson(one, budget);
    if (name === '__proto__') Object.defineProperty(out, name, { value: json, enumerable: true, configurable: true, writable: true });
    else out[name] = json;
  }
  return out;
}

type Documents = ReturnType<typeof parseAllDocuments>;

function parse(text: string, lines: LineCounter, uniqueKeys: boolean): Exclude<Documents, { empty: true }> {
  const documents = parseAllDocuments(text, { ...OPTIONS, uniqueKeys, lineCounter: lines, prettyErrors: false });
  return documents as Exclude<Documents, { empty: true }>;
}

function documentsToJson(text: string, firstOnly: boolean): unknown[] {
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) throw yamlError(undefined, `document exceeds ${MAX_YAML_BYTES} bytes`);
  const lines = new LineCounter();
  try {
    const values: unknown[] = [];
    for (const document of parse(text, lines, false)) {
      const fault = document.errors[0];
      if (fault) throw yamlError(lines.linePos(fault.pos[0]).line, fault.message);
      values.push(toJson(document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }), { left: MAX_VALUES }));
      if (firstOnly) break;
    }
    return values;
  } catch (error) {
    if (error instanceof RangeError) throw yamlError(undefined, 'exceeded max depth');
    if (error instanceof ReferenceError) throw yamlError(undefined, error.message);
    throw error;
  }
}

/**
 * The JSON value of the first document.
 * @throws Error `error converting YAML to JSON: yaml: line 2: …`.
 */
export function decodeYaml(text: string): unknown {
  return documentsToJson(text, true)[0] ?? null;
}

/**
 * The JSON values of all documents of a stream; empty documents are left out.
 * @throws Error `error converting YAML to JSON: yaml: line 2: …`.
 */
export function decodeYamlStream(text: string): unknown[] {
  return documentsToJson(text, false).filter((one) => one !== null);
}

/** `line 3: key "x" already set in map` for each member given twice. */
export function duplicateYamlKeys(text: string): string[] {
  const lines = new LineCounter();
  const document = parse(text, lines, true)[0];
  const faults = document?.errors.filter((one) => one.code === 'DUPLICATE_KEY') ?? [];
  return faults.map(
    (one) =>
      `line ${lines.linePos(one.pos[0]).line}: key ${JSON.stringify(
        text
          .slice(...one.pos)
          .replace(/:.*$/s, '')
          .trim(),
      )} already set in map`,
  );
}

/** YAML of a JSON value, as kubectl shows it. */
export function encodeYaml(value: unknown): string {
  return emitYaml(JSON.parse(JSON.stringify(value)));
}
