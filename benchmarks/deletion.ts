/**
 * How long it takes until everything is gone: a namespace of 5,000 objects, an owner of 5,000 dependents. API server, controllers and a durable store in one process.
 *
 *     node benchmarks/deletion.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { startManager } from '#controller/manager.ts';
import { discoverResources } from '#controllers/discovery/served-resources.ts';
import { garbageCollectorController } from '#controllers/garbage-collector/controller.ts';
import { namespaceController } from '#controllers/namespace/controller.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { isReason } from '#machinery/status.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';

const OBJECTS = 5_000;
const BUDGET_SECONDS = 5;
const POLL_MS = 10;
const never = new AbortController().signal;

async function addObjects(client: Client, namespace: string, ownerReferences?: readonly OwnerReference[]): Promise<void> {
  const api = client.of(configMaps).namespace(namespace);
  const data = { text: 'x'.repeat(1_000) };
  await Promise.all(
    Array.from({ length: OBJECTS }, (_, i) =>
      api.create({ metadata: { name: `object-${i}`, ...(ownerReferences ? { ownerReferences } : {}) }, data }, {}, never),
    ),
  );
}

/** Seconds from `start` until `isDone`. */
async function secondsUntil(start: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  await start();
  while (!(await isDone())) await systemClock.sleep(POLL_MS);
  return (performance.now() - startMs) / 1_000;
}

const isGone = (request: Promise<unknown>): Promise<boolean> =>
  request.then(
    () => false,
    (error: unknown) => isReason(error, 'NotFound'),
  );

async function namespaceSeconds(client: Client): Promise<number> {
  await client.of(namespaces).create({ metadata: { name: 'big' } }, {}, never);
  await addObjects(client, 'big');
  return secondsUntil(
    () => client.of(namespaces).delete('big', {}, never),
    () => isGone(client.of(namespaces).get('big', never)),
  );
}

async function dependentsSeconds(client: Client, propagationPolicy: 'Background' | 'Foreground'): Promise<number> {
  const namespace = propagationPolicy.toLowerCase();
  await client.of(namespaces).create({ metadata: { name: namespace } }, {}, never);
  const api = client.of(configMaps).namespace(namespace);
  const owner = await api.create({ metadata: { name: 'owner' } }, {}, never);
  await addObjects(client, namespace, [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid!, blockOwnerDeletion: true }]);
  return secondsUntil(
    () => api.delete('owner', { propagationPolicy }, never),
    async () => (await api.list({ limit: 1 }, never)).items.length === 0,
  );
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-deletion-'));
  try {
    await using store = await openEmbeddedStore({ directory });
    const effects = { clock: systemClock, random: systemRandom, log: silentLogger };
    await using server = await openApiServer({ store, pki: openPki(memoryPkiFiles(), systemClock, systemRandom), listen: [], ...effects });
    const client = createClient(server.transport({ name: 'benchmark', groups: ['system:masters', 'system:authenticated'] }));
    await using informers = createInformerFactory({ client, ...effects });
    const listServed = discoverResources(client.transport);
    await using controllers = startManager([namespaceController({ listServed }), garbageCollectorController({ listServed })], {
      client,
      informers,
      ...effects,
    });
    while (!controllers.idle) await systemClock.sleep(POLL_MS);
    const figures: readonly (readonly [string, number])[] = [
      [`namespace of ${OBJECTS} objects`, await namespaceSeconds(client)],
      [`owner of ${OBJECTS} dependents, background`, await dependentsSeconds(client, 'Background')],
      [`owner of ${OBJECTS} dependents, foreground`, await dependentsSeconds(client, 'Foreground')],
    ];
    for (const [what, seconds] of figures) console.log(`${what.padEnd(44)} ${seconds.toFixed(2).padStart(6)} s   (at most ${BUDGET_SECONDS} s)`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
