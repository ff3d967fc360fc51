/**
 * The resources that this server serves, each with its cache.
 */
import type { View } from '../cacher/change.ts';
import { ViewEntry, type EntryCodec } from '../cacher/entry.ts';
import { REGISTRY_PREFIX } from '../cacher/mirror.ts';
import { ResourceCache } from '../cacher/resource-cache.ts';
import type { Entry } from '../call.ts';
import { fieldText } from './field-text.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import { objectText, readObject } from '#machinery/object-json.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { encodeProtobuf } from '#machinery/protobuf/protobuf.ts';
import type { GroupResource } from '#machinery/status.ts';

/** Where a resource's objects live, shared by its versions. */
export interface Storage {
  /** The kind that is stored. */
  readonly kind: Kind;
  readonly cache: ResourceCache;
  /** Begins the store keys: `/registry/GROUP/PLURAL/`. */
  readonly prefix: string;
}

/** One served version of a resource. */
export interface Resource {
  readonly kind: Kind;
  /** How errors name it. */
  readonly groupResource: GroupResource;
  readonly view: View;
  /** Absent for kinds that are answered and never stored. */
  readonly storage: Storage | undefined;
}

/** A resource whose objects are stored. */
export type StoredResource = Resource & { readonly storage: Storage };

/** Reads and writes objects of `kind`. */
export function codecOf(kind: Kind): EntryCodec {
  return {
    decode: (stored) => readObject(stored.toString()),
    encode: (object) => Buffer.from(objectText(object)),
    protobuf: (object) => encodeProtobuf(kind.schema, object),
  };
}

/** Objects of another version than the stored one, converted once per entry. */
function convertingView(codec: EntryCodec, fromStored: (object: KubeObject) => KubeObject): View {
  const views = new WeakMap<Entry, Entry>();
  return {
    of(entry) {
      let view = views.get(entry);
      if (!view) {
        view = new ViewEntry(codec, fromStored(entry.object), entry.revision);
        views.set(entry, view);
      }
      return view;
    },
    protobuf: codec.protobuf,
  };
}

/** `GROUP/PLURAL/`: how the store's keys name a resource; the core group is `core`. */
function storageName(group: string, plural: string): string {
  return `${group || 'core'}/${plural}/`;
}

/** The store key of an object. */
export function storeKey(storage: Storage, key: string): string {
  return storage.prefix + key;
}

/** An object's key within its resource. */
export function objectKey(kind: Pick<Kind, 'namespaced'>, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

/** All resources, found by group, version and plural, or by kind. */
export class ResourceTable {
  readonly kinds: readonly Kind[];
  /** Caches by `GROUP/PLURAL/`, for the mirror. */
  readonly caches = new Map<string, ResourceCache>();
  readonly #byPath = new Map<string, Map<string, Resource>>();
  readonly #byKind = new Map<Kind, Resource>();

  constructor(kinds: readonly Kind[], clock: Clock, log: Logger) {
    this.kinds = kinds;
    const storages = new Map<string, Storage>();
    for (const kind of kinds) {
      if (kind.stored || kind.virtual) continue;
      const name = storageName(kind.group, kind.plural);
      const cache = new ResourceCache({ codec: codecOf(kind), clock, fieldText: (object, label) => fieldText(kind, object, label), log });
      this.caches.set(name, cache);
      storages.set(name, { kind, cache, prefix: REGISTRY_PREFIX + name });
    }
    for (const kind of kinds) this.#add(kind, storages);
  }

  /** What a path names; `groupVersion` as in `/apis/apps/v1` or `/api/v1`: `apps/v1`, `/v1`. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group}/${version}`)?.get(plural);
  }

  /** Whether anything of the group is served. */
  hasGroup(group: string): boolean {
    return this.kinds.some((kind) => kind.group === group);
  }

  /** The resource of a kind. */
  of(kind: Kind): Resource | undefined {
    return this.#byKind.get(kind) ?? this.find(kind.group, kind.version, kind.plural);
  }

  #add(kind: Kind, storages: ReadonlyMap<string, Storage>): void {
    const codec = codecOf(kind);
    const storage = storages.get(storageName(kind.stored?.group ?? kind.group, kind.plural));
    if (!storage && !kind.virtual) throw new Error(`${kind.kind} is stored as a kind that is not served`);
    const view: View = kind.stored ? convertingView(codec, kind.stored.fromStored) : { of: (entry) => entry, protobuf: codec.protobuf };
    const resource: Resource = { kind, groupResource: { group: kind.group, resource: kind.plural }, view, storage };
    const groupVersion = `${kind.group}/${kind.version}`;
    const plurals = this.#byPath.get(groupVersion) ?? new Map<string, Resource>();
    plurals.set(kind.plural, resource);
    this.#byPath.set(groupVersion, plurals);
    this.#byKind.set(kind, resource);
  }
}
