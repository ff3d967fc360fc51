/** Writes through a server whose caches are behind, because another server has written too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store, WatchBatch } from '#store/store.ts';
import { CONFIG_MAPS, configMap, type ConfigMapJson } from '../testing/config-maps.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

/** A view of `store` that hears of nothing from `blind()` on until it asks how far the store is, or is told by a refused commit. */
function shortSighted(store: Store) {
  const asked = { revisions: 0, commits: 0 };
  let open = Promise.resolve();
  let see = (): void => {};
  async function* watch(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    for await (const batch of store.watch(prefix, after, signal)) {
      await open;
      yield batch;
    }
  }
  const view: Store = {
    honoursTtl: false,
    async commit(writes) {
      asked.commits++;
      const result = await store.commit(writes);
      // What this server wrote it waits for.
      see();
      return result;
    },
    currentRevision() {
      asked.revisions++;
      see();
      return store.currentRevision();
    },
    snapshot: (revision) => store.snapshot(revision),
    watch,
    compact: (revision) => store.compact(revision),
    compactRevision: () => store.compactRevision(),
    sizeBytes: () => store.sizeBytes(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  const blind = (): void => {
    const gate = Promise.withResolvers<void>();
    open = gate.promise;
    see = gate.resolve;
    Object.assign(asked, { revisions: 0, commits: 0 });
  };
  return { view, asked, blind };
}

const PODS = '/api/v1/namespaces/default/pods';
const PATH = `${CONFIG_MAPS}/a`;
const merge = (data: object) => ({ body: { data }, mediaType: 'application/merge-patch+json' });

async function withServers(run: (near: Awaited<ReturnType<typeof openTestRegistry>>['caller'], far: Awaited<ReturnType<typeof openTestRegistry>>['caller'], sight: Pick<ReturnType<typeof shortSighted>, 'asked' | 'blind'>) => Promise<void>): Promise<void> {
  await using store = await openMemoryStore();
  const { view, asked, blind } = shortSighted(store);
  await using near = await openTestRegistry({ store: view, storeIsShared: true });
  await using far = await openTestRegistry({ store, storeIsShared: true });
  await near.caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  await far.caller.do('GET', PATH);
  await run(near.caller, far.caller, { asked, blind });
}

test('updates, patches and deletions of what is known cost one commit and no question', () =>
  withServers(async (near, _far, { asked, blind }) => {
    blind();
    await near.do('PATCH', PATH, merge({ k: 'new' }));
    assert.deepEqual(asked, { revisions: 0, commits: 1 });
    const read = await near.do<ConfigMapJson>('GET', PATH);
    blind();
    await near.do('PUT', PATH, { body: { ...read, data: { k: 'newer' } } });
    assert.deepEqual(asked, { revisions: 0, commits: 1 });
    blind();
    await near.do('DELETE', PATH);
    assert.deepEqual(asked, { revisions: 0, commits: 1 });
  }));

test('what another server has just written is neither lost nor overlooked', async () => {
  type Case = (near: Parameters<Parameters<typeof withServers>[0]>[0], far: Parameters<Parameters<typeof withServers>[0]>[1], blind: () => void) => Promise<void>;
  const cases: Readonly<Record<string, Case>> = {
    async 'a patch keeps the other change'(near, far, blind) {
      blind();
      await far.do('PATCH', PATH, merge({ far: '1' }));
      const { data } = await near.do<ConfigMapJson>('PATCH', PATH, merge({ near: '1' }));
      assert.deepEqual([data?.['far'], data?.['near']], ['1', '1']);
    },
    async 'a patch of nothing, by what was known, is one'(near, far, blind) {
      await near.do('PATCH', PATH, merge({ k: 'old' }));
      blind();
      await far.do('PATCH', PATH, merge({ k: 'new' }));
      assert.equal((await near.do<ConfigMapJson>('PATCH', PATH, merge({ k: 'old' }))).data?.['k'], 'old');
      assert.equal((await far.do<ConfigMapJson>('GET', PATH)).data?.['k'], 'old');
    },
    async 'the version that the other server told is the newest'(near, far, blind) {
      blind();
      const read = await far.do<ConfigMapJson>('PATCH', PATH, merge({ far: '1' }));
      await near.do('PUT', PATH, { body: { ...read, data: { near: '1' } } });
    },
    async 'an older version is refused'(near, far, blind) {
      const read = await near.do<ConfigMapJson>('GET', PATH);
      blind();
      await far.do('PATCH', PATH, merge({ far: '1' }));
      await assert.rejects(near.do('PUT', PATH, { body: { ...read, data: { near: '1' } } }), { code: 409 });
    },
    async 'what was made there is there'(near, far, blind) {
      blind();
      await far.do('POST', CONFIG_MAPS, { body: configMap('b') });
      await near.do('PATCH', `${CONFIG_MAPS}/b`, merge({ near: '1' }));
      blind();
      await far.do('POST', CONFIG_MAPS, { body: configMap('c') });
      await near.do('DELETE', `${CONFIG_MAPS}/c`);
      await assert.rejects(far.do('GET', `${CONFIG_MAPS}/c`), { code: 404 });
    },
    async 'what was deleted there is gone'(near, far, blind) {
      blind();
      await far.do('DELETE', PATH);
      await assert.rejects(near.do('PATCH', PATH, merge({ near: '1' })), { code: 404 });
    },
    async 'a deletion sees the finalizer'(near, far, blind) {
      blind();
      await far.do('PATCH', PATH, { body: { metadata: { finalizers: ['example.com/keep'] } }, mediaType: 'application/merge-patch+json' });
      await near.do('DELETE', PATH);
      assert.ok((await far.do<ConfigMapJson & { metadata: { deletionTimestamp?: string } }>('GET', PATH)).metadata.deletionTimestamp);
    },
    async 'a condition of a deletion is judged by the newest'(near, far, blind) {
      blind();
      const { metadata } = await far.do<ConfigMapJson>('PATCH', PATH, merge({ far: '1' }));
      await near.do('DELETE', PATH, { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { resourceVersion: metadata.resourceVersion } } });
    },
    async 'a pod is bound once, and one that was made there can be'(near, far, blind) {
      const bind = (node: string) => ({ body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: node } } });
      blind();
      await far.do('POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } } });
      await near.do('POST', `${PODS}/p/binding`, bind('one'));
      await assert.rejects(near.do('POST', `${PODS}/p/binding`, bind('two')), { code: 409 });
      blind();
      await assert.rejects(far.do('POST', `${PODS}/p/binding`, bind('three')), { code: 409 });
    },
    async 'a dry run is made on the newest'(near, far, blind) {
      blind();
      await far.do('PATCH', PATH, merge({ far: '1' }));
      assert.equal((await near.do<ConfigMapJson>('PATCH', `${PATH}?dryRun=All`, merge({ near: '1' }))).data?.['far'], '1');
    },
  };
  for (const [name, run] of Object.entries(cases)) {
    await withServers(async (near, far, { blind }) => {
      try {
        await run(near, far, blind);
      } catch (error) {
        throw new Error(name, { cause: error });
      }
    });
  }
});
