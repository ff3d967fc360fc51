/**
 * Changes that a subresource's handler makes to a stored object after its own checks: no strategy, no admission.
 */
import type { StoredEntry } from '../cacher/entry.ts';
import type { Committer } from './committer.ts';
import type { Freshness } from './freshness.ts';
import { objectKey, type StoredResource } from './resources.ts';
import { Sight } from './sight.ts';
import { seal } from './write-scope.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { conflict, notFound, OBJECT_MODIFIED } from '#machinery/status.ts';

/** How often a change is made anew because others were faster. */
const MAX_ATTEMPTS = 16;

/** Which object is changed, and how. */
export interface DirectChange {
  readonly resource: StoredResource;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  /**
   * The object as it should be: a path copy of `stored`, or `undefined` to leave it as it is.
   * @throws StatusError to refuse
   */
  change(stored: KubeObject): Draft<KubeObject> | undefined;
}

/** The parts of the server that take part. */
export interface DirectServices {
  readonly committer: Committer;
  readonly freshness: Freshness;
}

/**
 * Changes an object; resolves with what is stored then.
 * @throws StatusError NotFound, Conflict and what `change` throws
 */
export async function directUpdate(services: DirectServices, { resource, namespace, name, dryRun, change }: DirectChange): Promise<StoredEntry> {
  const { storage } = resource;
  const key = objectKey(resource.kind, namespace, name);
  const sight = new Sight(services.freshness);
  if (dryRun) await sight.clear();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = storage.cache.get(key);
    if (!current) {
      if (await sight.clear()) continue;
      throw notFound(resource.groupResource, name);
    }
    try {
      const draft = change(current.object);
      const entry = draft && seal(resource, draft, current.object);
      if (!entry || dryRun || entry.sameContent(current)) {
        if (await sight.clear()) continue;
        return current;
      }
      const outcome = await services.committer.commit({ storage, key, entry, expect: current.revision });
      if (outcome.committed) return entry;
    } catch (error) {
      if (!(await sight.turns(error))) throw error;
      continue;
    }
    // A commit that found another state has waited for the caches to have it.
    sight.cleared();
  }
  throw conflict(resource.groupResource, name, OBJECT_MODIFIED);
}
