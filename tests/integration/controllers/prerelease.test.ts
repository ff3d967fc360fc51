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
import { clusterTrustBundles } from '#kinds/certificates/cluster-trust-bundle/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { storageVersionMigrations } from '#kinds/storagemigration/storage-version-migration/kind.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
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
  const told = async (name: string) => (await api.get(name, never)).status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
  await api.create({ metadata: { name: 'maps' }, spec: { resource: { group: '', resource: 'configmaps' } } }, {}, never);
  await api.create({ metadata: { name: 'nothing' }, spec: { resource: { group: 'example.com', resource: 'things' } } }, {}, never);
  await env.clock.advance(60_000);
  assert.deepEqual(patched.toSorted(), ['a', 'b', 'c']);
  assert.deepEqual(await told('maps'), ['Running False StorageVersionMigrationInProgress', 'Succeeded True StorageVersionMigrationSucceeded']);
  assert.match((await api.get('maps', never)).status.resourceVersion ?? '', /^\d+$/);
  assert.deepEqual(await told('nothing'), ['Failed True StorageVersionMigrationFailed']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
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
