/**
 * Changes of quotas by admission. Requests that wait for the same quota are counted by one commit: without that, each of many requests at once would have to win against all others.
 *
 * Source: apiserver `admission/plugin/resourcequota/controller.go` (checkQuotas) works the same way.
 */
import type { ChangeQuota } from '../admission/resource-quota.ts';
import { directUpdate, type DirectServices } from './direct-update.ts';
import { objectKey, type StoredResource } from './resources.ts';
import type { ResourceQuota } from '#kinds/core/resource-quota/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** Requests counted by one commit: a bound for the time that one of them takes. */
const MAX_BATCH = 256;

interface Waiting {
  readonly change: (stored: ResourceQuota) => ResourceQuota | undefined;
  readonly done: (error?: unknown) => void;
  /** Why the change was refused, in the last attempt. */
  refused: { readonly error: unknown } | undefined;
}

/** The changes of one quota. */
class Queue {
  readonly #services: DirectServices;
  readonly #resource: StoredResource;
  readonly #name: { readonly namespace: string; readonly name: string };
  #waiting: Waiting[] = [];

  constructor(services: DirectServices, resource: StoredResource, name: { readonly namespace: string; readonly name: string }) {
    this.#services = services;
    this.#resource = resource;
    this.#name = name;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Works until nothing waits, and says so in the same moment: whoever came later would wait for ever. */
  async drain(ended: () => void): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      this.#waiting = this.#waiting.slice(MAX_BATCH);
      await this.#commit(batch);
    }
    ended();
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const change = (stored: KubeObject): Draft<KubeObject> | undefined => {
      let quota = stored as ResourceQuota;
      for (const one of batch) quota = attempt(one, quota);
      return quota === stored ? undefined : (quota as unknown as Draft<KubeObject>);
    };
    try {
      await directUpdate(this.#services, { resource: this.#resource, ...this.#name, dryRun: false, change });
      for (const { done, refused } of batch) done(refused?.error);
    } catch (error) {
      for (const { done, refused } of batch) done(refused?.error ?? error);
    }
  }
}

/** The quota after one change; as it was when the change is refused. */
function attempt(one: Waiting, quota: ResourceQuota): ResourceQuota {
  try {
    const next = one.change(quota);
    one.refused = undefined;
    return next ?? quota;
  } catch (error) {
    one.refused = { error };
    return quota;
  }
}

/** Changes quotas past admission. */
export function quotaChanges(services: DirectServices, resource: StoredResource): ChangeQuota {
  const queues = new Map<string, Queue>();
  return (namespace, name, change) =>
    new Promise<void>((resolve, reject) => {
      const key = objectKey(resource.kind, namespace, name);
      const waiting: Waiting = { change, done: (error) => (error === undefined ? resolve() : reject(error as Error)), refused: undefined };
      const running = queues.get(key);
      if (running) {
        running.push(waiting);
        return;
      }
      const queue = new Queue(services, resource, { namespace, name });
      queues.set(key, queue);
      queue.push(waiting);
      void queue.drain(() => void queues.delete(key));
    });
}
