import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, configMap, type ConfigMapJson } from '../testing/config-maps.ts';
import { openTestRegistry } from '../testing/open-registry.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { CompactedError, StoreUnavailableError, type Store, type WatchBatch } from '#store/store.ts';

/** A view of `store` whose watches can be made to miss something, and which can be out of reach. */
function faulty(store: Store): { readonly store: Store; miss(): void; outOfReach: boolean } {
  let missed = Promise.withResolvers<never>();
  missed.promise.catch(() => undefined);
  const faults = {
    outOfReach: false,
    miss(): void {
      const { reject } = missed;
      missed = Promise.withResolvers<never>();
      missed.promise.catch(() => undefined);
      reject(new CompactedError(1));
    },
  };
  const reach = <T>(call: () => Promise<T>): Promise<T> => (faults.outOfReach ? Promise.reject(new StoreUnavailableError('out of reach')) : call());
  async function* watch(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const iterator = store.watch(prefix, after, signal)[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), missed.promise]);
      if (next.done) return;
      yield next.value;
    }
  }
  return Object.assign(faults, {
    store: {
      honoursTtl: false,
      commit: (writes) => reach(() => store.commit(writes)),
      currentRevision: () => reach(() => store.currentRevision()),
      snapshot: (revision) => reach(() => store.snapshot(revision)),
      watch,
      compact: (revision) => store.compact(revision),
      compactRevision: () => store.compactRevision(),
      sizeBytes: () => store.sizeBytes(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    } satisfies Store,
  });
}

test('caches that missed something and cannot be loaded at once are loaded when the store is back', async () => {
  await using store = await openMemoryStore();
  const view = faulty(store);
  await using server = await openTestRegistry({ store: view.store, storeIsShared: true });
  await using other = await openTestRegistry({ store, storeIsShared: true });
  await server.caller.do('POST', CONFIG_MAPS, { body: configMap('before') });
  view.outOfReach = true;
  view.miss();
  const made = await other.caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: configMap('meanwhile') });
  await assert.rejects(server.caller.do('GET', `${CONFIG_MAPS}/before`), { code: 503 });
  view.outOfReach = false;
  const read = await server.caller.do<ConfigMapJson>('GET', `${CONFIG_MAPS}/meanwhile`);
  assert.equal(read.metadata.resourceVersion, made.metadata.resourceVersion);
});
