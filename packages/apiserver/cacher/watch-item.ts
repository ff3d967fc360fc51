/**
 * Watch events with their encodings.
 */
import type { Entry, WatchItem } from '../call.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Status } from '#machinery/status.ts';
import { encodeJson } from '#machinery/encode.ts';
import { type TypeMeta, watchFrame, wrapEnvelope } from '#machinery/protobuf/envelope.ts';

const AFTER = Buffer.from('}\n');

const BEFORE = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
} as const;

/** One JSON line around an encoded object. */
function jsonLine(type: WatchItem['type'], object: Buffer): Buffer {
  return Buffer.concat([BEFORE[type], object, AFTER]);
}

class EntryItem implements WatchItem {
  readonly type: WatchItem['type'];
  readonly #entry: Entry;
  #json: Buffer | undefined;
  #protobuf: Buffer | undefined;

  constructor(type: WatchItem['type'], entry: Entry) {
    this.type = type;
    this.#entry = entry;
  }

  get object(): KubeObject {
    return this.#entry.object;
  }

  json(): Buffer {
    return (this.#json ??= jsonLine(this.type, this.#entry.json()));
  }

  protobuf(): Buffer {
    return (this.#protobuf ??= watchFrame(this.type, wrapEnvelope(this.#entry.object, this.#entry.protobuf())));
  }
}

/** An event about an object that the cache holds. */
export function watchItem(type: 'ADDED' | 'MODIFIED' | 'DELETED', entry: Entry): WatchItem {
  return new EntryItem(type, entry);
}

/** An event about one of very many objects that a watch begins with: its encodings are not kept. */
class InitialItem extends EntryItem {
  readonly #entry: Entry;
  readonly #type: TypeMeta;

  constructor(entry: Entry, type: TypeMeta) {
    super('ADDED', entry);
    this.#entry = entry;
    this.#type = type;
  }

  parts(syntax: 'json' | 'protobuf'): readonly Buffer[] {
    if (syntax === 'json') return [BEFORE.ADDED, this.#entry.json(), AFTER];
    const message = this.#entry.protobufOnce?.() ?? this.#entry.protobuf();
    return [watchFrame('ADDED', wrapEnvelope(this.#type, message))];
  }
}

/** The event with which a watch begins to tell of an object; `type`: what objects of the watch are. */
export function initialItem(entry: Entry, type: TypeMeta): WatchItem {
  return new InitialItem(entry, type);
}

/** What an event shows when it is not a cached object. */
export interface LooseObject {
  readonly kind: string;
  readonly apiVersion: string;
}

/** An event about an object made for it: a bookmark, a status, a table. `protobuf` encodes the object's message. */
export function looseItem<T extends LooseObject>(type: WatchItem['type'], object: T, protobuf: (object: T) => Buffer): WatchItem {
  let json: Buffer | undefined;
  let frame: Buffer | undefined;
  return {
    type,
    object,
    json: () => (json ??= jsonLine(type, encodeJson(object))),
    protobuf: () => (frame ??= watchFrame(type, wrapEnvelope(object, protobuf(object)))),
  };
}

/** The event that ends a watch with a failure. */
export function errorItem(status: Status, protobuf: (status: Status) => Buffer): WatchItem {
  return looseItem('ERROR', status, protobuf);
}
