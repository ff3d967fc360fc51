import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { createClient } from './api.ts';
import { createInformerFactory } from './shared-informer.ts';
import { MemoryTransport } from './testing/memory-transport.ts';

const never = new AbortController().signal;

function setup() {
  const transport = new MemoryTransport();
  const clock = new SimClock();
  const client = createClient(transport);
  const informers = createInformerFactory({ client, clock, random: seededRandom(1), log: silentLogger });
  const create = (name: string) => client.of(configMaps).namespace('default').create({ metadata: { name, labels: { app: name } } }, {}, never);
  const names = () => informers.of(configMaps).lister.list().map((object) => object.metadata.name ?? '').sort((a, b) => a.localeCompare(b));
  return { transport, clock, client, informers, create, names };
}

for (const streaming of [true, false]) {
  test(`an informer follows its resource (${streaming ? 'streamed list' : 'list and watch'})`, async () => {
    const { transport, clock, client, informers, create, names } = setup();
    transport.streaming = streaming;
    await create('a');
    const informer = informers.of(configMaps);
    const heard: string[] = [];
    informer.listen({
      added: (object, initial) => heard.push(`+${object.metadata.name}${initial ? '!' : ''}`),
      updated: (object, old) => heard.push(`~${object.metadata.name} ${old.metadata.resourceVersion}->${object.metadata.resourceVersion}`),
      deleted: (object) => heard.push(`-${object.metadata.name}`),
    });
    await informer.whenSynced(never);
    const b = await create('b');
    await client.of(configMaps).update({ ...b, data: { x: '1' } }, {}, never);
    await client.of(configMaps).namespace('default').delete('a', {}, never);
    await clock.settle();
    assert.deepEqual(heard, ['+a!', '+b', '~b 2->3', '-a']);
    assert.deepEqual(names(), ['b']);
    assert.equal(informer.resourceVersion, '4');
    await informers[Symbol.asyncDispose]();
  });
}

test('a watch that ends is resumed where it ended, without listing again', async () => {
  const { transport, clock, informers, create, names } = setup();
  await create('a');
  await informers.of(configMaps).whenSynced(never);
  transport.dropWatches();
  await create('b');
  await clock.advance(5_000);
  assert.deepEqual(names(), ['a', 'b']);
  assert.equal(transport.requests.filter((request) => request.query?.['sendInitialEvents']).length, 1);
  await informers[Symbol.asyncDispose]();
});

test('when history is gone the content is listed again and differences are delivered', async () => {
  const { transport, clock, client, informers, create, names } = setup();
  await create('a');
  await create('b');
  const informer = informers.of(configMaps);
  await informer.whenSynced(never);
  const heard: string[] = [];
  informer.listen({ added: (object) => heard.push(`+${object.metadata.name}`), deleted: (object) => heard.push(`-${object.metadata.name}`) });
  heard.length = 0;
  transport.failNext = 1;
  transport.dropWatches();
  await clock.settle();
  await client.of(configMaps).namespace('default').delete('a', {}, never);
  await create('c');
  transport.compact();
  await clock.advance(60_000);
  assert.deepEqual(heard, ['+c', '-a']);
  assert.deepEqual(names(), ['b', 'c']);
  await informers[Symbol.asyncDispose]();
});

test('a server that is away is tried again, later and later', async () => {
  const { transport, clock, informers, create } = setup();
  await create('a');
  transport.failNext = 3;
  const informer = informers.of(configMaps);
  await clock.settle();
  assert.equal(informer.synced, false);
  await clock.advance(20_000);
  assert.equal(informer.synced, true);
  await informers[Symbol.asyncDispose]();
});

test('indexes answer without scanning and follow changes', async () => {
  const { clock, client, informers, create } = setup();
  const informer = informers.of(configMaps);
  informer.addIndex('app', (object) => (object.metadata.labels?.['app'] ? [object.metadata.labels['app']] : []));
  const a = await create('a');
  await informer.whenSynced(never);
  await clock.settle();
  assert.equal(informer.lister.byIndex('app', 'a').length, 1);
  await client.of(configMaps).update({ ...a, metadata: { ...a.metadata, labels: { app: 'z' } } }, {}, never);
  await clock.settle();
  assert.equal(informer.lister.byIndex('app', 'a').length, 0);
  assert.equal(informer.lister.byIndex('app', 'z')[0]?.metadata.name, 'a');
  assert.equal(informer.lister.list('default').length, 1);
  assert.equal(informer.lister.list('other').length, 0);
  await informers[Symbol.asyncDispose]();
});

test('bookmarks move the resume point', async () => {
  const { transport, clock, client, informers, create } = setup();
  const informer = informers.of(configMaps, { namespace: 'other' });
  await informer.whenSynced(never);
  await create('a');
  transport.bookmark();
  await clock.settle();
  assert.equal(informer.resourceVersion, '1');
  assert.equal(informers.of(configMaps, { namespace: 'other' }), informer);
  assert.equal((await client.of(configMaps).list({}, never)).items.length, 1);
  await informers[Symbol.asyncDispose]();
});
