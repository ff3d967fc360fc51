/**
 * Bodies of writes: from bytes in any supported format, or from an object of this process, to a canonical object that the request owns.
 */
import type { CallBody } from '../call.ts';
import { cannotBeHandled, decodeObject, strictDecodingError, type FieldValidation } from '#machinery/decode.ts';
import { parseJson } from '#machinery/json-text.ts';
import { groupVersionText, type GroupVersionKind, type Kind, type KubeObject } from '#machinery/kind.ts';
import { decodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import type { Draft, Message } from '#machinery/schema.ts';
import { badRequest, type StatusError, unsupportedMediaType } from '#machinery/status.ts';
import { decodeYaml, duplicateYamlKeys } from '#machinery/yaml.ts';

/** The type that a body must have. */
export interface BodyType extends GroupVersionKind, Partial<Pick<Kind, 'columns'>> {
  readonly schema: Message;
  /** Options may come in the version of any group. */
  readonly anyVersion?: true;
  /** API versions that are accepted as this one, because their fields are the same. */
  readonly olderVersions?: readonly string[];
}

/** What objects are sent as. */
const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** A body in memory: parsed, or decoded already. */
interface Parsed {
  readonly value: unknown;
  /** The JSON text, for finding duplicate fields. */
  readonly text?: string;
  /** The YAML text, likewise. */
  readonly yaml?: string;
}

const NO_BODY: CallBody = { type: 'bytes', bytes: Buffer.alloc(0), mediaType: '' };

/** A deep copy of a JSON value, so that the request may change it. */
function ownCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(ownCopy(item));
    return items as T;
  }
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = ownCopy(value[key]);
  return copy as T;
}

/** Parses JSON, YAML or nothing of a body. @throws StatusError BadRequest, UnsupportedMediaType */
function parse(body: CallBody, type: BodyType): Parsed {
  switch (body.type) {
    case 'none':
      return { value: undefined };
    case 'object':
      return { value: body.value };
    case 'bytes': {
      const mediaType = body.mediaType.split(';', 1)[0]!.trim().toLowerCase();
      if (mediaType === '' || mediaType === 'application/json') return parseJsonObject(body.bytes.toString(), type);
      if (mediaType === 'application/yaml') return parseYamlObject(body.bytes.toString(), type);
      if (mediaType === 'application/vnd.kubernetes.protobuf') return { value: decodeEnvelope(type.schema, body.bytes) };
      throw unsupportedMediaType(ACCEPTED);
    }
  }
}

function parseJsonObject(text: string, type: BodyType): Parsed {
  try {
    return { value: parseJson(text), text };
  } catch (error) {
    throw cannotBeHandled(undefined, type.schema, `couldn't get version/kind; json parse error: ${(error as Error).message} (${summary(text)})`);
  }
}

/** How much of a body is shown to those who sent it. */
const SUMMARY_BYTES = 30;

/** The beginning of a body that could not be read: objects as text, everything else as hexadecimal digits. Source: apiserver `handlers`, summarizeData. */
function summary(text: string): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text.slice(0, SUMMARY_BYTES + 1));
  const shown = bytes.subarray(0, SUMMARY_BYTES);
  return `${text.startsWith('{') ? shown.toString() : shown.toString('hex')}${bytes.length > SUMMARY_BYTES ? ' ...' : ''}`;
}

/** JSON that is not an object of a kind, such as a patch. @throws StatusError BadRequest */
export function parseJsonBody(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

/** The value of a text that is JSON; `undefined` for other texts. */
function jsonValue(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return parseJson(text);
  } catch {
    // A flow mapping, or a mistake that the YAML parser explains.
    return undefined;
  }
}

/** YAML, or JSON, which is YAML too, and is what programs send: its parser is forty times as fast. @throws StatusError BadRequest */
function parseYamlObject(text: string, type: BodyType): Parsed {
  const value = jsonValue(text);
  if (value !== undefined) return { value, yaml: text };
  try {
    return { value: decodeYaml(text), yaml: text };
  } catch (error) {
    throw cannotBeHandled(undefined, type.schema, `${(error as Error).message} (${summary(text)})`);
  }
}

/** The object that a server-side apply sends, as it is: what is not there is not applied. @throws StatusError BadRequest */
export function parseApplied(body: CallBody, type: BodyType): object {
  const yaml: CallBody = body.type === 'bytes' ? { ...body, mediaType: 'application/yaml' } : body;
  const { value } = parse(yaml, type);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('error decoding YAML: expected an object');
  checkType(value, type);
  return body.type === 'object' ? ownCopy(value) : value;
}

/** Refuses an object of another kind than the path names. Source: apiserver `handlers/create.go`, `transformDecodeError`. */
function checkType(value: unknown, type: BodyType): void {
  const { kind, apiVersion } = (value ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  const expected = groupVersionText(type);
  if (
    (kind === undefined || kind === '' || kind === type.kind) &&
    (apiVersion === undefined || apiVersion === '' || apiVersion === expected || type.anyVersion || type.olderVersions?.includes(apiVersion as string))
  )
    return;
  if (typeof kind === 'string' && typeof apiVersion === 'string' && kind !== '' && kind !== type.kind) {
    const slash = apiVersion.lastIndexOf('/');
    throw badRequest(
      `${kind} in version ${JSON.stringify(apiVersion.slice(slash + 1))} cannot be handled as a ${type.kind}: converting (${apiVersion.slice(slash + 1)}.${kind}) to (${type.group.split('.')[0] || 'core'}.${type.kind}): unknown conversion`,
    );
  }
  if (typeof apiVersion === 'string')
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`);
}

/** How strictly unknown and duplicate fields are taken, and where warnings go. */
export interface BodyRules {
  readonly validation: FieldValidation;
  warn(text: string): void;
}

/** Turns what strict decoding found into an error, made by `refuse`, or warnings. */
export function reportProblems(problems: readonly string[], rules: BodyRules, refuse: (why: string) => StatusError = badRequest): void {
  if (problems.length === 0) return;
  if (rules.validation === 'strict') throw refuse(strictDecodingError(problems));
  for (const problem of problems) rules.warn(problem);
}

/**
 * The body as a canonical object of `type` with `kind` and `apiVersion` set; the caller owns it. With `known`, the stored object, the caller owns only the object
 * itself: parts below it may be those of `known` or of the component in this process that sent it.
 * @throws StatusError BadRequest, UnsupportedMediaType
 */
export function decodeBody(body: CallBody, type: BodyType, rules: BodyRules, known?: KubeObject): Draft<KubeObject> {
  const parsed = parse(body.type === 'none' ? NO_BODY : body, type);
  const value = parsed.value ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    const why = `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw cannotBeHandled(undefined, type.schema, `${why} (${summary(parsed.text ?? parsed.yaml ?? '')})`);
  }
  const refuse = (why: string): StatusError => cannotBeHandled({ kind: type.kind, apiVersion: groupVersionText(type), ...value }, type.schema, why);
  const draft = decodeValue(value, type, rules, { text: parsed.text, known, own: body.type === 'object' && !known, refuse });
  if (parsed.yaml !== undefined && rules.validation !== 'ignore') reportProblems(duplicateYamlKeys(parsed.yaml), rules, refuse);
  return draft;
}

interface DecodeOptions {
  readonly text?: string | undefined;
  readonly known?: KubeObject | undefined;
  readonly own?: boolean;
  /** What fields that nobody knows are refused with. */
  readonly refuse?: (why: string) => StatusError;
}

/** As `decodeBody`, for a value that is parsed already (from `text`, where it was JSON) and belongs to the caller. */
export function decodeValue(
  value: object,
  type: BodyType,
  rules: BodyRules,
  { text, known, own = false, refuse }: DecodeOptions = {},
): Draft<KubeObject> {
  checkType(value, type);
  const options = { mode: rules.validation, known, own };
  const { kind = '' } = value as { readonly kind?: unknown };
  // Mistakes in an object that does not say what it is are told as of what it is taken for.
  const named = kind === '' && text !== undefined ? { ...value, kind: type.kind, apiVersion: groupVersionText(type) } : value;
  const { object, problems } = decodeObject<Draft<KubeObject>>(type.schema, named, text === undefined ? options : { ...options, text });
  reportProblems(problems, rules, refuse);
  object.kind = type.kind;
  object.apiVersion = groupVersionText(type);
  return object;
}

function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
