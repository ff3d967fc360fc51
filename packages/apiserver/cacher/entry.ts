/**
 * An object at a revision with its encodings.
 *
 * What the store holds is the JSON that clients get, except for the resource version, which is not known before the commit: there stands a mark.
 *
 *     stored   {"kind":"ConfigMap","apiVersion":"v1","metadata":{…,"resourceVersion":"@",…}}
 *     served   {"kind":"ConfigMap","apiVersion":"v1","metadata":{…,"resourceVersion":"7211",…}}
 */
import type { Entry } from '../call.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { partialObjectMetadata } from '#machinery/meta-table.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { encodeProtobuf } from '#machinery/protobuf/protobuf.ts';

/** Translates one kind between memory and bytes. */
export interface EntryCodec {
  /** Reads what `encode` wrote. */
  decode(stored: Buffer): KubeObject;
  /** JSON, `kind`, `apiVersion` and `metadata` first. */
  encode(object: KubeObject): Buffer;
  /** The protobuf message without envelope. */
  protobuf(object: KubeObject): Buffer;
}

/** The resource version of an object that has not been committed yet. */
export const UNCOMMITTED = '@';

/** Begins the value of `metadata.resourceVersion`: within JSON text these bytes cannot be part of a string, and the members before it are plain names. */
const VERSION_MEMBER = Buffer.from('"resourceVersion":"');

const QUOTE = 0x22;

/** Where the resource version starts in encoded JSON. */
function versionStart(json: Buffer): number {
  const member = json.indexOf(VERSION_MEMBER);
  if (member < 0) throw new Error('an encoded object has no resourceVersion');
  return member + VERSION_MEMBER.length;
}

/** Where a resource version ends. */
function versionEnd(json: Buffer, start: number): number {
  let end = start;
  while (json[end] !== QUOTE) end++;
  return end;
}

/** The same JSON with another resource version. */
export function withVersion(json: Buffer, version: string, start = versionStart(json)): Buffer {
  const end = versionEnd(json, start);
  // Memory of its own: these bytes live as long as the object, and as a part of Node's pool they would keep everything alive that was next to them.
  const result = Buffer.allocUnsafeSlow(json.length - (end - start) + version.length);
  json.copy(result, 0, 0, start);
  result.write(version, start, 'latin1');
  json.copy(result, start + version.length, end);
  return result;
}

/** Whether two encodings whose resource versions start at `start` differ at most in these. */
function sameContent(a: Buffer, b: Buffer, start: number): boolean {
  const left = versionEnd(a, start);
  const right = versionEnd(b, start);
  return a.length - left === b.length - right && a.compare(b, right, b.length, left, a.length) === 0 && a.compare(b, 0, start, 0, start) === 0;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Gives an object that nobody else has seen yet its resource version. */
function setVersion(object: KubeObject, version: string): void {
  (object.metadata as Writable<ObjectMeta>).resourceVersion = version;
}

/** An object of the kind that is stored. Decoded and encoded at most once each, and only when asked. */
export class StoredEntry implements Entry {
  readonly #codec: EntryCodec;
  #object: KubeObject | undefined;
  #bytes: Buffer;
  #served = false;
  #protobuf: Buffer | undefined;
  #protobufLength: number | undefined;
  #metadataLength: number | undefined;
  #revision = 0;
  /** Where the resource version starts in the bytes, once it was looked for. */
  #versionStart = -1;

  private constructor(codec: EntryCodec, bytes: Buffer, object: KubeObject | undefined) {
    this.#codec = codec;
    this.#bytes = bytes;
    this.#object = object;
  }

  /** What the store holds at `revision`. */
  static read(codec: EntryCodec, stored: Uint8Array, revision: number): StoredEntry {
    const entry = new StoredEntry(
      codec,
      Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength),
      undefined,
    );
    entry.#revision = revision;
    return entry;
  }

  /** An object about to be committed. `object` and its metadata belong to the entry from now on. */
  static draft(codec: EntryCodec, object: KubeObject): StoredEntry {
    setVersion(object, UNCOMMITTED);
    return new StoredEntry(codec, codec.encode(object), object);
  }

  get revision(): number {
    return this.#revision;
  }

  get object(): KubeObject {
    return (this.#object ??= this.#decode());
  }

  /** The bytes for the store. */
  get stored(): Buffer {
    return this.#bytes;
  }

  /** Tells a draft the revision of its commit; the first call counts. */
  settle(revision: number): void {
    if (this.#revision !== 0) return;
    this.#revision = revision;
    if (this.#object) setVersion(this.#object, String(revision));
  }

  /** Whether `other` would store the same object. */
  sameContent(other: StoredEntry): boolean {
    const start = this.#start();
    return start === other.#start() && sameContent(this.#bytes, other.#bytes, start);
  }

  json(): Buffer {
    if (!this.#served) {
      this.#bytes = withVersion(this.#bytes, String(this.#revision), this.#start());
      this.#served = true;
    }
    return this.#bytes;
  }

  protobuf(): Buffer {
    return (this.#protobuf ??= this.#codec.protobuf(this.object));
  }

  /** Whether `object` costs nothing. */
  get decoded(): boolean {
    return this.#object !== undefined;
  }

  objectOnce(): KubeObject {
    return this.#object ?? this.#decode();
  }

  protobufOnce(): Buffer {
    return this.#protobuf ?? this.#codec.protobuf(this.objectOnce());
  }

  protobufLength(): number {
    return (this.#protobufLength ??= this.protobufOnce().length);
  }

  metadataLength(): number {
    return (this.#metadataLength ??= encodeProtobuf(partialObjectMetadata, this.objectOnce()).length);
  }

  #decode(): KubeObject {
    const object = this.#codec.decode(this.#bytes);
    setVersion(object, String(this.#revision));
    return object;
  }

  #start(): number {
    if (this.#versionStart < 0) this.#versionStart = versionStart(this.#bytes);
    return this.#versionStart;
  }
}

/** The last state of a deleted object, or the state before it stopped matching, under the revision of that change. */
export class FinalEntry implements Entry {
  readonly revision: number;
  readonly #last: Entry;
  readonly #encodeProtobuf: (object: KubeObject) => Buffer;
  #object: KubeObject | undefined;
  #json: Buffer | undefined;

  constructor(last: Entry, revision: number, encodeProtobuf: (object: KubeObject) => Buffer) {
    this.#last = last;
    this.revision = revision;
    this.#encodeProtobuf = encodeProtobuf;
  }

  get object(): KubeObject {
    if (this.#object) return this.#object;
    const last = this.#last.object;
    return (this.#object = { ...last, metadata: { ...last.metadata, resourceVersion: String(this.revision) } });
  }

  json(): Buffer {
    return (this.#json ??= withVersion(this.#last.json(), String(this.revision)));
  }

  protobuf(): Buffer {
    return this.#encodeProtobuf(this.object);
  }
}

/** A stored object as another version of its API shows it. */
export class ViewEntry implements Entry {
  readonly object: KubeObject;
  readonly revision: number;
  readonly #codec: EntryCodec;
  #json: Buffer | undefined;
  #protobuf: Buffer | undefined;

  constructor(codec: EntryCodec, object: KubeObject, revision: number) {
    this.#codec = codec;
    this.object = object;
    this.revision = revision;
  }

  json(): Buffer {
    return (this.#json ??= this.#codec.encode(this.object));
  }

  protobuf(): Buffer {
    return (this.#protobuf ??= this.#codec.protobuf(this.object));
  }
}
