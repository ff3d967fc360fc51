/**
 * Controllers of kinds that are served only where they are asked for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import { bundleName, clusterTrustBundlePublisher } from '#controllers/cluster-trust-bundle/controller.ts';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { storageVersionMigratorController } from '#controllers/storage-version-migrator/controller.ts';
import { customResourceDefinitions } from '#kinds/apiextensions/custom-resource-definition/kind.ts';
import { clusterTrustBundles } from '#kinds/certificates/cluster-trust-bundle/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { storageVersionMigrations } from '#kinds/storagemigration/storage-version-migration/kind.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
import { defineKind } from '#machinery/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

const kinds = servedKinds([...builtinKinds, ...prereleaseKinds], parseRuntimeConfig('api/beta=true'));

test('every object of a resource is written again, and the migration tells how it went', async () => {
  const patched: string[] = [];
  const env = await openControlPlane([storageVersionMigratorController({ listServed: listBuiltinResources })], {
    kinds,
    answer({ method, path }) {
      if (method === 'PATCH' && path.includes('/configmaps/')) patched.push(path.slice(path.lastIndexOf('/') + 1));
      return undefined;
    },
  });
  for (const name of ['a', 'b', 'c']) await env.client.of(configMaps).namespace('default').create({ metadata: { name } }, {}, never);
  const api = env.client.of(storageVersionMigrations);
  const told = async (name: string) => (await api.get(name, never)).status.conditions?.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
  await api.create({ metadata: { name: 'maps' }, spec: { resource: { group: '', resource: 'configmaps' } } }, {}, never);
  await api.create({ metadata: { name: 'nothing' }, spec: { resource: { group: 'example.com', resource: 'things' } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await told('nothing'), ['Running True MigrationRunning: The migration is running']); // it may be served soon
  await env.clock.advance(60_000);
  assert.deepEqual(patched.toSorted(), ['a', 'b', 'c']);
  const over = 'Running False MigrationCompleted: Migration completed';
  assert.deepEqual(await told('maps'), [over, 'Succeeded True StorageVersionMigrationSucceeded: ']);
  assert.match((await api.get('maps', never)).status.resourceVersion ?? '', /^\d+$/);
  assert.deepEqual(await told('nothing'), [over, 'Failed True StorageVersionMigrationFailed: migration encountered unhandled error: unable to obtain GVR from discovery']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('one migration of a resource at a time, the oldest first; the definition tells of it and of the versions in store', async () => {
  const storage = { name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
  const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
  const things = defineKind({ group: 'example.com', version: 'v2', kind: 'Thing', plural: 'things', namespaced: true, schema: namespaces.schema });
  let isServed = false;
  const env = await openControlPlane([storageVersionMigratorController({ listServed: () => Promise.resolve({ kinds: isServed ? [things] : [], failures: new Map() }) })], {
    kinds,
    answer: ({ path }) => (path.startsWith('/apis/example.com/') ? { metadata: { resourceVersion: '5' }, items: [] } : undefined),
  });
  const definitions = env.client.of(customResourceDefinitions);
  const migrations = env.client.of(storageVersionMigrations);
  await definitions.create({ metadata: { name: 'things.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names, versions: [{ ...storage, name: 'v1', storage: false }, storage] } }, {}, never);
  await definitions.patch('things.example.com', { type: 'merge', body: { status: { storedVersions: ['v1', 'v2'] } }, subresource: 'status' }, {}, never);
  const told = async () => {
    const { conditions, storedVersions } = (await definitions.get('things.example.com', never)).status;
    const { status, reason, message } = conditions.find(({ type }) => type === 'StorageMigrating') ?? assert.fail();
    return [`${status} ${reason}: ${message}`, storedVersions];
  };
  const running = async () => (await env.list(storageVersionMigrations)).map(({ status }) => status.conditions?.find(({ type }) => type === 'Running')?.status);
  for (const name of ['b', 'a']) {
    await migrations.create({ metadata: { name }, spec: { resource: { group: 'example.com', resource: 'things' } } }, {}, never);
    await env.clock.advance(1_000);
  }
  assert.deepEqual(await running(), [undefined, 'True']);
  assert.deepEqual(await told(), ['True MigrationRunning: Migration b is running', ['v1', 'v2']]);
  await definitions.patch('things.example.com', { type: 'merge', body: { spec: { names: { shortNames: ['th'] } } } }, {}, never);
  isServed = true;
  await env.clock.advance(5_000);
  assert.deepEqual(await running(), ['False', 'False']);
  // The first saw the definition change under it, the second did not.
  assert.deepEqual(await told(), ['False MigrationSucceeded: The migration has succeeded and the stored versions have been updated', ['v2']]);
});

const PEM = openPki(memoryPkiFiles(), systemClock, systemRandom).caCert;

test('the authority of API servers is published; earlier ones go', async () => {
  const env = await openControlPlane([clusterTrustBundlePublisher(PEM)], { kinds });
  const api = env.client.of(clusterTrustBundles);
  const name = bundleName(PEM);
  assert.match(name, /^kubernetes\.io:kube-apiserver-serving:[0-9a-f]{12}$/);
  assert.deepEqual((await api.get(name, never)).spec, { signerName: 'kubernetes.io/kube-apiserver-serving', trustBundle: PEM });
  await api.create({ metadata: { name: 'kubernetes.io:kube-apiserver-serving:old' }, spec: { signerName: 'kubernetes.io/kube-apiserver-serving', trustBundle: PEM } }, {}, never);
  await api.create({ metadata: { name: 'mine' }, spec: { trustBundle: PEM } }, {}, never);
  assert.deepEqual((await env.list(clusterTrustBundles)).map(({ metadata }) => metadata.name), [name, 'mine']);
  await api.delete(name, {}, never);
  await env.clock.settle();
  await api.get(name, never);
});
