import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Caller } from '../testing/calls.ts';
import { CONFIG_MAPS, configMap, type ConfigMapJson, type ListJson } from '../testing/config-maps.ts';
import { openTestRegistry } from '../testing/open-registry.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';

const MERGE = 'application/merge-patch+json';

test('a durable store: writers in parallel, a watcher that sees them in order, and a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  try {
    const seen: number[] = [];
    let last: ListJson;
    {
      await using store = await openEmbeddedStore({ directory });
      await using server = await openTestRegistry({ store });
      const { caller } = server;
      const abort = new AbortController();
      const watching = (async () => {
        for await (const { object } of caller.watch(
          `${CONFIG_MAPS}?watch=1&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
          { signal: abort.signal },
        )) {
          seen.push(Number(object.metadata.resourceVersion));
        }
      })();
      await caller.do('POST', CONFIG_MAPS, { body: configMap('shared', { n: '0' }) });
      const writer = async (w: number): Promise<void> => {
        for (let i = 0; i < 25; i++) {
          await caller.do('POST', CONFIG_MAPS, { body: configMap(`w${w}-${i}`) });
          const read = await caller.do<ConfigMapJson>('GET', `${CONFIG_MAPS}/w${w}-${i}`);
          assert.equal(read.metadata.name, `w${w}-${i}`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, w) => writer(w)));
      last = await caller.do<ListJson>('GET', CONFIG_MAPS);
      assert.equal(last.items.length, 201);
      abort.abort();
      await watching;
    }
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(seen).size, seen.length);
    await using store = await openEmbeddedStore({ directory });
    await using again = await openTestRegistry({ store });
    const caller = new Caller(again.registry);
    assert.deepEqual((await caller.do<ListJson>('GET', CONFIG_MAPS)).items, last.items);
    const middle = last.items[100]!.metadata.resourceVersion;
    const resumed = (await caller.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${Number(last.metadata.resourceVersion) - 3}`).next()).value!;
    assert.equal(resumed.type, 'ADDED');
    const past = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?resourceVersion=${middle}&resourceVersionMatch=Exact`);
    assert.equal(past.items.length, Number(middle));
    const patched = await caller.do<ConfigMapJson>('PATCH', `${CONFIG_MAPS}/shared`, { body: { data: { n: '1' } }, mediaType: MERGE });
    assert.equal(Number(patched.metadata.resourceVersion), Number(last.metadata.resourceVersion) + 1);
  } finally {
    await rm(directory, { recursive: true });
  }
});
