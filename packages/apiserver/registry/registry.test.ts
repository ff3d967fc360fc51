import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller } from '../testing/calls.ts';
import { openRegistry } from './registry.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { isReason } from '#machinery/status.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

async function open() {
  const store = await openMemoryStore();
  const registry = await openRegistry({ store, kinds: builtinKinds, clock: systemClock, random: seededRandom(1), log: silentLogger });
  return { store, registry, caller: new Caller(registry), async [Symbol.asyncDispose]() { await registry[Symbol.asyncDispose](); await store[Symbol.asyncDispose](); } };
}

interface ConfigMap {
  kind: string;
  apiVersion: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; creationTimestamp: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

interface List<T> {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

const CM = '/api/v1/namespaces/default/configmaps';
const cm = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels ? { labels } : {}) }, data });

test('create, get, list, update, delete', async () => {
  await using server = await open();
  const { caller } = server;
  const created = await caller.do<ConfigMap>('POST', CM, { body: cm('a', { x: '1' }) });
  assert.equal(created.metadata.namespace, 'default');
  assert.match(created.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.equal(created.metadata.resourceVersion, '1');
  assert.deepEqual(Object.keys(created), ['kind', 'apiVersion', 'metadata', 'data']);
  assert.deepEqual(await caller.do('GET', `${CM}/a`), created);
  const list = await caller.do<List<ConfigMap>>('GET', CM);
  assert.deepEqual(list.items, [created]);
  assert.equal(list.metadata.resourceVersion, '1');
  const updated = await caller.do<ConfigMap>('PUT', `${CM}/a`, { body: { ...created, data: { x: '2' } } });
  assert.equal(updated.metadata.resourceVersion, '2');
  assert.equal(updated.data!['x'], '2');
  await assert.rejects(caller.do('PUT', `${CM}/a`, { body: created }), (error) => isReason(error, 'Conflict'));
  const same = await caller.do<ConfigMap>('PUT', `${CM}/a`, { body: updated });
  assert.equal(same.metadata.resourceVersion, '2');
  const status = await caller.do<{ kind: string; status: string; details: object }>('DELETE', `${CM}/a`);
  assert.equal(status.status, 'Success');
  assert.deepEqual(status.details, { name: 'a', kind: 'configmaps', uid: created.metadata.uid });
  await assert.rejects(caller.do('GET', `${CM}/a`), { message: 'configmaps "a" not found' });
});
