/**
 * Canonical JSON bytes of objects. Decoded objects are canonical already, so native serialisation is all it takes, but for the characters that
 * the original escapes so that its answers can stand in HTML and JavaScript.
 */

const ESCAPED = /[<>&\u2028\u2029]/g;

/** Characters as Go's `encoding/json` writes them: `<`, `>`, `&` and the separators of lines and paragraphs as `\\u003c` and the like. */
export function escapeText(json: string): string {
  // Most texts have none, and looking for one character at a time is the fastest way to know.
  if (!json.includes('<') && !json.includes('>') && !json.includes('&') && !json.includes('\u2028') && !json.includes('\u2029')) return json;
  return json.replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The canonical JSON of an object whose members stand in schema order, `kind` and `apiVersion` first. */
export function encodeJson(object: unknown): Buffer {
  return Buffer.from(escapeText(JSON.stringify(object)));
}

interface WithMetadata {
  readonly metadata: object;
}

/** The object with another resourceVersion: a path copy that keeps the order of members. */
export function withResourceVersion<T extends WithMetadata>(object: T, resourceVersion: string): T {
  const metadata: { readonly resourceVersion?: string } = object.metadata;
  if (metadata.resourceVersion !== undefined) return { ...object, metadata: { ...metadata, resourceVersion } };
  const next: Record<string, unknown> = {};
  let placed = false;
  for (const [key, value] of Object.entries(metadata)) {
    if (!placed && !BEFORE_RESOURCE_VERSION.has(key)) {
      next['resourceVersion'] = resourceVersion;
      placed = true;
    }
    next[key] = value;
  }
  if (!placed) next['resourceVersion'] = resourceVersion;
  return { ...object, metadata: next };
}

const BEFORE_RESOURCE_VERSION: ReadonlySet<string> = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid']);

/** JSON of an object in two parts between which its resourceVersion stands: stored once, served at any revision without parsing. */
export interface SplicedJson {
  readonly before: string;
  readonly after: string;
}

const SPLICE_MARK = '"\\u0000rv"';

/** Serialises an object so that its resourceVersion can be filled in later with `joinSpliced`. */
export function spliceJson(object: WithMetadata): SplicedJson {
  const text = escapeText(JSON.stringify(withResourceVersion(object, '\u0000rv')));
  const at = text.indexOf(SPLICE_MARK);
  return { before: text.slice(0, at + 1), after: text.slice(at + SPLICE_MARK.length - 1) };
}

/** The JSON text with the resourceVersion in place. */
export function joinSpliced(parts: SplicedJson, resourceVersion: string): string {
  return parts.before + resourceVersion + parts.after;
}
