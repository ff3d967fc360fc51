import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageOf, restoreImage } from './image.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { StoreEvent } from './store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('an image begins another store with the same keys and revisions, and neither sees the other change', async () => {
  await using first = await openMemoryStore();
  await first.commit([{ key: 'a', value: bytes('1') }]);
  await first.commit([{ key: 'b', value: bytes('2') }]);
  const image = await imageOf(first);
  await using second = await openMemoryStore({ image });
  assert.deepEqual((await imageOf(second)).items, image.items);
  assert.deepEqual(await second.commit([{ key: 'a', value: bytes('3'), expect: 1 }]), { committed: true, revision: 3 });
  assert.deepEqual(await imageOf(first), image);
  using old = await second.snapshot(2);
  assert.equal(Buffer.from((await old.get('a'))!.value).toString(), '1');
});

test('a store goes back to an image by ordinary changes', async () => {
  await using store = await openMemoryStore();
  await store.commit([{ key: 'changed', value: bytes('1') }, { key: 'gone', value: bytes('1') }, { key: 'same', value: bytes('1') }]);
  const image = await imageOf(store);
  await store.commit([{ key: 'changed', value: bytes('2') }, { key: 'gone', value: null }, { key: 'new', value: bytes('2') }]);
  const stop = new AbortController();
  const seen: StoreEvent[] = [];
  const watching = (async () => {
    for await (const batch of store.watch('', 2, stop.signal)) {
      seen.push(...batch.events);
      if (batch.events.length > 0) stop.abort();
    }
  })();
  await restoreImage(store, image);
  await watching;
  assert.deepEqual((await imageOf(store)).items.map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`), ['changed=1', 'gone=1', 'same=1']);
  assert.deepEqual(seen.map((event) => (event.type === 'put' ? `put ${event.kv.key}` : `delete ${event.key}`)), ['put changed', 'put gone', 'delete new']);
});
