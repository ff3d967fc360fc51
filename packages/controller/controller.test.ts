import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import { splitKey } from '#client/object-key.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { startController } from './controller.ts';
import type { Reconcile } from './controller.ts';
import { newControllerRef } from './owners.ts';
import { isControllerEnabled } from './selection.ts';
import { watchOwned, watchSelf } from './watches.ts';

const never = new AbortController().signal;

function setup(t: TestContext, reconcile: Reconcile) {
  const transport = new MemoryTransport();
  const clock = new SimClock();
  const client = createClient(transport);
  const informers = createInformerFactory({ client, clock, random: seededRandom(1), log: silentLogger });
  const maps = informers.of(configMaps);
  const owned = informers.of(secrets);
  const controller = startController({ name: 'test', watches: [watchSelf(maps), watchOwned(owned, configMaps)], reconcile }, { client, clock, log: silentLogger });
  t.after(async () => {
    await controller[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  });
  return { transport, clock, client, maps, owned, controller };
}

test('a key is never reconciled on a cache older than its own writes', async (t) => {
  const env = setup(t, async (key, { client, signal }) => {
    const owner = env.maps.lister.get(key);
    if (!owner) return;
    const have = env.owned.lister.list().length;
    for (let i = have; i < 3; i++) {
      await client.of(secrets).namespace('default').create({ metadata: { generateName: 'x-', ownerReferences: [newControllerRef(owner, configMaps)] } }, {}, signal);
    }
    if (have < 3) env.controller.enqueue(key);
  });
  await env.client.of(configMaps).namespace('default').create({ metadata: { name: 'a' } }, {}, never);
  await env.clock.advance(0);
  const made = await env.client.of(secrets).list({}, never);
  assert.equal(made.items.length, 3);
});

test('a deletion counts as seen when the cache shows it', async (t) => {
  let deletes = 0;
  const env = setup(t, async (key, { client, signal }) => {
    const object = env.maps.lister.get(key);
    if (!object || deletes > 5) return;
    deletes++;
    env.controller.enqueue(key);
    await client.of(configMaps).namespace('default').delete(splitKey(key).name, { preconditions: { uid: object.metadata.uid! } }, signal);
  });
  await env.client.of(configMaps).namespace('default').create({ metadata: { name: 'a' } }, {}, never);
  await env.clock.advance(0);
  assert.equal(deletes, 1);
});

test('a failure is tried again after a back-off, a wish to come back is granted', async (t) => {
  const times: number[] = [];
  const env = setup(t, async (_key, { clock, failures }) => {
    await Promise.resolve();
    times.push(clock.monotonicMs());
    if (failures < 2) throw new Error('not yet');
    return { afterMs: 1000 };
  });
  await env.client.of(configMaps).namespace('default').create({ metadata: { name: 'a' } }, {}, never);
  await env.clock.advance(1015);
  assert.deepEqual(times, [0, 5, 15, 1015]);
  assert.equal(env.controller.stats.failed, 3);
});

test('one key is reconciled by one worker at a time', async (t) => {
  let running = 0;
  let most = 0;
  const env = setup(t, async (_key, { clock, signal }) => {
    running++;
    most = Math.max(most, running);
    await clock.sleep(10, signal);
    running--;
  });
  await env.client.of(configMaps).namespace('default').create({ metadata: { name: 'a' } }, {}, never);
  await env.clock.advance(0);
  for (let i = 0; i < 5; i++) {
    env.controller.enqueue('default/a');
    await env.clock.advance(3);
  }
  await env.clock.advance(100);
  assert.equal(most, 1);
  assert.equal(env.controller.idle, true);
});

test('controllers are selected as --controllers says', () => {
  assert.equal(isControllerEnabled('a', ['*']), true);
  assert.equal(isControllerEnabled('a', ['*'], true), false);
  assert.equal(isControllerEnabled('a', ['*', 'a'], true), true);
  assert.equal(isControllerEnabled('a', ['*', '-a']), false);
  assert.equal(isControllerEnabled('a', ['b']), false);
});
