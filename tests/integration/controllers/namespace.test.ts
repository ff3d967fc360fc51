import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { namespaceController } from '#controllers/namespace/controller.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { isReason } from '#machinery/status.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const controllers = [namespaceController({ listServed: listBuiltinResources })];
const api = (env: ControlPlane) => env.client.of(namespaces);
const makeNamespace = async (env: ControlPlane, name: string) => {
  await api(env).create({ metadata: { name } }, {}, never);
  await env.clock.settle();
};
const conditions = async (env: ControlPlane, name: string) => {
  const { status } = await api(env).get(name, never);
  return Object.fromEntries((status.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason}: ${one.message}`]));
};
const isGone = async (env: ControlPlane, name: string) => {
  await env.clock.settle();
  return api(env)
    .get(name, never)
    .then(
      () => false,
      (error: unknown) => isReason(error, 'NotFound'),
    );
};

test('a deleted namespace goes with everything in it and leaves others alone', async () => {
  const env = await openControlPlane(controllers);
  await makeNamespace(env, 'shop');
  for (const namespace of ['shop', 'default']) {
    for (let i = 0; i < 20; i++)
      await env.client
        .of(configMaps)
        .namespace(namespace)
        .create({ metadata: { name: `map-${i}` } }, {}, never);
    await env.client
      .of(pods)
      .namespace(namespace)
      .create({ metadata: { name: 'pod' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, never);
  }
  await api(env).delete('shop', {}, never);
  await env.clock.advance(0);
  assert.equal(await isGone(env, 'shop'), true);
  assert.equal((await env.list(configMaps)).length, 20);
  assert.equal((await env.list(pods)).length, 1);
});

test('what is left and why is told in the conditions', async () => {
  const env = await openControlPlane(controllers);
  await makeNamespace(env, 'shop');
  const maps = env.client.of(configMaps).namespace('shop');
  await maps.create({ metadata: { name: 'kept', finalizers: ['example.com/hold', 'example.com/wait'] } }, {}, never);
  await maps.create({ metadata: { name: 'held', finalizers: ['example.com/hold'] } }, {}, never);
  await maps.create({ metadata: { name: 'free' } }, {}, never);
  await api(env).delete('shop', {}, never);
  await env.clock.advance(60_000);
  assert.deepEqual(await conditions(env, 'shop'), {
    NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False ParsedGroupVersions: All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure: 'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining: 'True SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances',
    NamespaceFinalizersRemaining:
      'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances, example.com/wait in 1 resource instances',
  });
  const before = env.writes;
  await env.clock.advance(80_000);
  assert.ok(env.writes - before < 1_000, `${env.writes - before} writes while nothing happens`);
  for (const name of ['kept', 'held']) await maps.patch(name, { type: 'merge', body: { metadata: { finalizers: null } } }, {}, never);
  await env.clock.advance(9_000);
  assert.equal(await isGone(env, 'shop'), true);
});

test('pods go before everything else, and the rest follows at once', async () => {
  const env = await openControlPlane(controllers);
  await makeNamespace(env, 'shop');
  const pod = {
    metadata: { name: 'pod', finalizers: ['example.com/hold'] },
    spec: { containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 30 },
  };
  await env.client.of(pods).namespace('shop').create(pod, {}, never);
  await env.client
    .of(configMaps)
    .namespace('shop')
    .create({ metadata: { name: 'config' } }, {}, never);
  await api(env).delete('shop', {}, never);
  await env.clock.advance(5_000);
  assert.equal((await env.list(configMaps, 'shop')).length, 1);
  assert.equal(
    (await conditions(env, 'shop'))['NamespaceContentRemaining'],
    'True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
  );
  const stuck = await env.client
    .of(pods)
    .namespace('shop')
    .patch('pod', { type: 'merge', body: { metadata: { finalizers: null } } }, {}, never);
  assert.ok(stuck.metadata.deletionTimestamp);
  assert.equal(await isGone(env, 'shop'), true);
});

test('a group that cannot be discovered keeps the namespace', async () => {
  let broken = true;
  const listServed = async () => ({
    ...(await listBuiltinResources(never)),
    failures: new Map(broken ? [['metrics.example.com/v1', 'the server is currently unable to handle the request']] : []),
  });
  const env = await openControlPlane([namespaceController({ listServed })]);
  await makeNamespace(env, 'shop');
  await api(env).delete('shop', {}, never);
  await env.clock.settle();
  assert.equal(
    (await conditions(env, 'shop'))['NamespaceDeletionDiscoveryFailure'],
    'True DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.example.com/v1: the server is currently unable to handle the request',
  );
  broken = false;
  await env.clock.advance(2_000);
  assert.equal(await isGone(env, 'shop'), true);
});

test('5,000 objects go in one attempt', async () => {
  const env = await openControlPlane(controllers);
  await makeNamespace(env, 'big');
  const maps = env.client.of(configMaps).namespace('big');
  await Promise.all(Array.from({ length: 5_000 }, (_, i) => maps.create({ metadata: { name: `map-${i}` } }, {}, never)));
  await env.clock.settle();
  await api(env).delete('big', {}, never);
  assert.equal(await isGone(env, 'big'), true);
});
