/**
 * The network transport against the real API server: what works in process must work the same over TLS and HTTP/2.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { openHttpTransport } from '#client/http-transport.ts';
import type { Informer } from '#client/informer.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { startController } from '#controller/controller.ts';
import { watchSelf } from '#controller/watches.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';

const never = new AbortController().signal;

async function setup(t: TestContext): Promise<Client> {
  const opened = await openTestServer();
  const { pki, port } = opened;
  const { cert, key } = pki.client('admin');
  const transport = openHttpTransport({
    server: new URL(`https://127.0.0.1:${port}`),
    ca: pki.caCert,
    cert,
    key,
    userAgent: 'test',
    clock: systemClock,
  });
  t.after(async () => {
    await transport[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });
  const client = createClient(transport);
  await client.of(namespaces).create({ metadata: { name: 'lab' } }, {}, never);
  return client;
}

/** Resolves when the condition holds, looked at whenever the informer makes progress. */
function until<T extends KubeObject>(informer: Informer<T>, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const subscription = informer.listen({
      progressed() {
        if (!holds()) return;
        resolve();
        queueMicrotask(() => subscription[Symbol.dispose]());
      },
    });
  });
}

test('create, get, patch, conflict, list in chunks, delete', async (t) => {
  const client = await setup(t);
  const api = client.of(configMaps).namespace('lab');
  const created = await api.create({ metadata: { name: 'a' }, data: { x: '1' } }, { fieldManager: 'test' }, never);
  assert.equal(created.kind, 'ConfigMap');
  const patched = await api.patch('a', { type: 'merge', body: { data: { y: '2' } } }, {}, never);
  assert.deepEqual(patched.data, { x: '1', y: '2' });
  await assert.rejects(api.update(created, {}, never), (error) => isReason(error, 'Conflict'));
  await assert.rejects(api.create({ metadata: { name: 'a' } }, {}, never), (error) => isReason(error, 'AlreadyExists'));
  for (const name of ['b', 'c', 'd']) await api.create({ metadata: { name } }, {}, never);
  const first = await api.list({ limit: 2 }, never);
  assert.equal(first.items.length, 2);
  assert.equal(first.items[0]?.kind, 'ConfigMap');
  const rest = await api.list({ limit: 10, continue: first.metadata.continue! }, never);
  assert.equal(first.items.length + rest.items.length, 4);
  await api.delete('a', { preconditions: { uid: created.metadata.uid! } }, never);
  await assert.rejects(api.get('a', never), (error) => isReason(error, 'NotFound') && error.message === 'configmaps "a" not found');
});

test('an informer and a controller follow over the network', async (t) => {
  const client = await setup(t);
  const effects = { clock: systemClock, random: systemRandom, log: silentLogger };
  await using informers = createInformerFactory({ client, ...effects });
  const maps = informers.of(configMaps, { namespace: 'lab' });
  await using controller = startController(
    {
      name: 'greeter',
      watches: [watchSelf(maps)],
      async reconcile(key, context) {
        const map = maps.lister.get(key);
        if (!map || map.data?.['hello']) return;
        await context.client.of(configMaps).update({ ...map, data: { ...map.data, hello: 'world' } }, {}, context.signal);
      },
    },
    { client, ...effects },
  );
  await maps.whenSynced(never);
  for (let i = 0; i < 20; i++) await client.of(configMaps).namespace('lab').create({ metadata: { name: `m${i}` } }, {}, never);
  await until(maps, () => maps.lister.list().length === 20 && maps.lister.list().every((map) => map.data?.['hello'] === 'world'));
  assert.equal(controller.stats.failed, 0);
});
