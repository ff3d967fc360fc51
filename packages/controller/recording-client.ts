/**
 * A client that notes every write it makes, for `OwnWrites`.
 */
import type { Client, ResourceClient, ScopedClient } from '#client/client.ts';
import { objectKey } from '#client/object-key.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** Hears of writes. */
export interface WriteRecord {
  wrote(kind: Kind, object: KubeObject): void;
  deleted(kind: Kind, objectKey: string, uid: string | undefined): void;
}

function recordingResource<T extends KubeObject>(api: ResourceClient<T>, kind: Kind<T>, namespace: string | undefined, record: WriteRecord): ResourceClient<T> {
  const note = (object: T): T => {
    record.wrote(kind as Kind, object);
    return object;
  };
  return {
    get: (name, signal) => api.get(name, signal),
    list: (options, signal) => api.list(options, signal),
    watch: (options, signal) => api.watch(options, signal),
    create: async (object, options, signal) => note(await api.create(object, options, signal)),
    update: async (object, options, signal) => note(await api.update(object, options, signal)),
    updateStatus: async (object, options, signal) => note(await api.updateStatus(object, options, signal)),
    patch: async (name, patch, options, signal) => note(await api.patch(name, patch, options, signal)),
    async delete(name, options, signal) {
      await api.delete(name, options, signal);
      record.deleted(kind as Kind, objectKey({ metadata: { name, ...(namespace ? { namespace } : {}) } }), options.preconditions?.uid);
    },
    deleteCollection: (options, signal) => api.deleteCollection(options, signal),
    sub: (method, name, subresource, body, signal) => api.sub(method, name, subresource, body, signal),
  };
}

/** `client`, with its writes noted in `record`. */
export function recordingClient(client: Client, record: WriteRecord): Client {
  return {
    transport: client.transport,
    of<T extends KubeObject>(kind: Kind<T>): ScopedClient<T> {
      const api = client.of(kind);
      return {
        ...recordingResource(api, kind, undefined, record),
        namespace: (namespace) => recordingResource(api.namespace(namespace), kind, namespace, record),
      };
    },
  };
}
