/**
 * Reads inside the server, by reference.
 */
import type { Mirror } from '../cacher/mirror.ts';
import { scanTree } from '../cacher/resource-cache.ts';
import type { Caches } from '../call.ts';
import { objectKey, type Resource, type ResourceTable } from './resources.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';

function storageOf(table: ResourceTable, kind: Kind): { readonly resource: Resource; readonly storage: NonNullable<Resource['storage']> } {
  const resource = table.of(kind);
  if (!resource?.storage) throw new Error(`${kind.plural} are not stored here`);
  return { resource, storage: resource.storage };
}

/** The caches of a registry. Opened registries have loaded them. */
export function cachesOf(table: ResourceTable, mirror: Mirror): Caches {
  return {
    get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string) {
      const { resource, storage } = storageOf(table, kind);
      const entry = storage.cache.get(objectKey(kind, namespace, name));
      return entry && (resource.view.of(entry).object as T);
    },
    list<T extends KubeObject>(kind: Kind<T>, namespace = '') {
      const { resource, storage } = storageOf(table, kind);
      const objects: T[] = [];
      if (storage.cache.size === 0) return objects;
      scanTree(storage.cache.tree, namespace && kind.namespaced ? `${namespace}/` : '', undefined, (entry) => {
        objects.push(resource.view.of(entry).object as T);
        return true;
      });
      return objects;
    },
    subscribe<T extends KubeObject>(kind: Kind<T>, changed: (next: T | undefined, previous: T | undefined) => void) {
      const { resource, storage } = storageOf(table, kind);
      return storage.cache.subscribe((next, previous) => {
        changed(next && (resource.view.of(next).object as T), previous && (resource.view.of(previous).object as T));
      });
    },
    whenReady: async () => {
      await mirror.reached(0);
    },
  };
}
