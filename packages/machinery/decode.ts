/**
 * Canonical objects from parsed JSON: unknown fields dropped, zero values as Go writes them, members in schema order, so that
 * `JSON.stringify(object)` is the canonical wire form.
 *
 * Source: sigs.k8s.io/json (case-sensitive, strict errors) and the apiserver's wording of decoding failures.
 */
import type { DecodeRun } from './decode-compile.ts';
import { Compiler } from './decode-compile.ts';
import { describeMismatch, unknownFields } from './decode-problems.ts';
import { MAX_DEPTH, TOO_DEEP, ValueError } from './decode-scalars.ts';
import { duplicateFields } from './duplicate-fields.ts';
import type { Message } from './schema.ts';
import { shortTypeName } from './schema-fields.ts';
import { badRequest, type StatusError } from './status.ts';

/** What unknown and duplicate fields are: an error, a warning, or nothing (and then not looked for). */
export type FieldValidation = 'strict' | 'warn' | 'ignore';

/** How to decode. */
export interface DecodeOptions {
  readonly mode: FieldValidation;
  /** The text that was parsed, where duplicate fields are to be reported; the parser keeps only the last of each. */
  readonly text?: string;
  /** A decoded object of the type of which `json` is a changed copy: the parts that both share are not looked at again. */
  readonly known?: unknown;
  /** The object shares nothing with `json` that could be changed. */
  readonly own?: boolean;
}

/** A decoded object and what strict decoding would complain about, in document order. */
export interface Decoded<T = unknown> {
  readonly object: T;
  /** `unknown field "spec.foo"`, `duplicate field "spec.x"`. */
  readonly problems: string[];
}

/** The text of an error or refusal for fields that strict decoding found. */
export function strictDecodingError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`;
}

/** 400 in the words of the API server: `Pod in version "v1" cannot be handled as a Pod: …`. */
export function cannotBeHandled(json: unknown, schema: Message, why: string): StatusError {
  const target = shortTypeName(schema);
  const meta = json as { readonly kind?: unknown; readonly apiVersion?: unknown } | null;
  const kind = typeof meta?.kind === 'string' ? meta.kind : '';
  if (kind === '') return badRequest(`the object provided is unrecognized (must be of type ${target}): ${why}`);
  const apiVersion = typeof meta?.apiVersion === 'string' ? meta.apiVersion : '';
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${target}: ${why}`);
}

/** Decodes objects of any declared type; compiles each type on first use. */
export class ObjectDecoder {
  readonly #compiler = new Compiler();

  /**
   * The canonical object, which may share unchanged parts with `json`.
   *
   * Unknown and duplicate fields never fail here: the caller turns `problems` into an error (`strictDecodingError`) or warnings.
   * @throws StatusError BadRequest when a value does not fit its type.
   */
  decode<T = unknown>(schema: Message, json: unknown, options: DecodeOptions): Decoded<T> {
    const run: DecodeRun = { watchUnknown: options.mode !== 'ignore', unknown: false, own: options.own ?? false, depthLeft: MAX_DEPTH };
    let object: unknown;
    try {
      object = this.#compiler.decoder(schema)(json ?? {}, run, options.known);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw cannotBeHandled(json, schema, error.message === TOO_DEEP ? TOO_DEEP : describeMismatch(schema, json, error.message));
    }
    const problems = run.unknown ? unknownFields(schema, json) : [];
    if (run.watchUnknown && options.text !== undefined) problems.push(...duplicateFields(options.text));
    return { object: object as T, problems };
  }
}

// The one cache at module level: what a schema compiles to depends on the schema alone, so sharing it cannot be observed.
const shared = new ObjectDecoder();

/** `ObjectDecoder.decode` on a decoder that all callers share. */
export function decodeObject<T = unknown>(schema: Message, json: unknown, options: DecodeOptions): Decoded<T> {
  return shared.decode<T>(schema, json, options);
}
