import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { garbageCollectorController } from '#controllers/garbage-collector/controller.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { ConfigMap } from '#kinds/core/config-map/schema.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

async function open(): Promise<ControlPlane> {
  const env = await openControlPlane([garbageCollectorController({ listServed: listBuiltinResources })]);
  await env.clock.advance(1_000);
  return env;
}

const api = (env: ControlPlane, namespace = 'default') => env.client.of(configMaps).namespace(namespace);
const ref = (owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name!,
  uid: owner.metadata.uid!,
  ...more,
});
const make = (env: ControlPlane, name: string, owners: readonly OwnerReference[] = [], more: { finalizers?: string[] } = {}): Promise<ConfigMap> =>
  api(env).create({ metadata: { name, ...(owners.length > 0 ? { ownerReferences: [...owners] } : {}), ...more } }, {}, never);
const names = async (env: ControlPlane, namespace = 'default') => {
  await env.clock.advance(1_000);
  return (await env.list(configMaps, namespace)).map((one) => one.metadata.name);
};

test('in the background, dependents follow their owner through all generations', async () => {
  const env = await open();
  const root = await make(env, 'root');
  const child = await make(env, 'child', [ref(root)]);
  await make(env, 'grandchild', [ref(child)]);
  await make(env, 'stranger');
  assert.deepEqual(await names(env), ['child', 'grandchild', 'root', 'stranger']);
  await api(env).delete('root', { propagationPolicy: 'Background' }, never);
  assert.deepEqual(await names(env), ['stranger']);
});

test('in the foreground, the owner goes after the dependents that block it', async () => {
  const env = await open();
  const root = await make(env, 'root');
  const child = await make(env, 'child', [ref(root, { blockOwnerDeletion: true })]);
  await make(env, 'grandchild', [ref(child, { blockOwnerDeletion: true })], { finalizers: ['example.com/hold'] });
  await make(env, 'loose', [ref(root)], { finalizers: ['example.com/hold'] });
  await names(env);
  await api(env).delete('root', { propagationPolicy: 'Foreground' }, never);
  assert.deepEqual(await names(env), ['child', 'grandchild', 'loose', 'root']);
  assert.deepEqual((await api(env).get('child', never)).metadata.finalizers, ['foregroundDeletion']);
  await api(env).patch('grandchild', { type: 'merge', body: { metadata: { finalizers: null } } }, {}, never);
  assert.deepEqual(await names(env), ['loose']);
  await api(env).patch('loose', { type: 'merge', body: { metadata: { finalizers: null } } }, {}, never);
  assert.deepEqual(await names(env), []);
});

test('orphans forget their owner and stay', async () => {
  const env = await open();
  const root = await make(env, 'root');
  const other = await make(env, 'other');
  for (let i = 0; i < 20; i++) await make(env, `child-${i}`, [ref(root), ref(other)]);
  await names(env);
  await api(env).delete('root', { propagationPolicy: 'Orphan' }, never);
  assert.equal((await names(env)).length, 21);
  for (const one of await env.list(configMaps))
    if (one.metadata.name !== 'other')
      assert.deepEqual(
        one.metadata.ownerReferences?.map((owner) => owner.name),
        ['other'],
      );
});

test('an object with one owner left only loses the reference to the other', async () => {
  const env = await open();
  const [a, b] = [await make(env, 'a'), await make(env, 'b')];
  await make(env, 'child', [ref(a), ref(b)]);
  await names(env);
  await api(env).delete('a', {}, never);
  assert.deepEqual(await names(env), ['b', 'child']);
  assert.deepEqual(
    (await api(env).get('child', never)).metadata.ownerReferences?.map((owner) => owner.name),
    ['b'],
  );
});

test('owners count by uid, not by name', async () => {
  const env = await open();
  const owner = await make(env, 'owner');
  await make(env, 'kept', [ref(owner)]);
  await make(env, 'impostor', [ref(owner, { uid: '11111111-2222-3333-4444-555555555555' })]);
  await make(env, 'unknown', [ref(owner, { kind: 'Wardrobe' })]);
  assert.deepEqual(await names(env), ['kept', 'owner', 'unknown']);
});

test('owners in other namespaces are none, and the dependent is told so', async () => {
  const env = await open();
  await env.client.of(namespaces).create({ metadata: { name: 'far' } }, {}, never);
  const owner = await api(env, 'far').create({ metadata: { name: 'owner' } }, {}, never);
  const cluster = await env.client.of(clusterRoles).create({ metadata: { name: 'cluster-owner' } }, {}, never);
  await names(env);
  await make(env, 'crossing', [ref(owner)]);
  await make(env, 'fine', [ref(cluster)]);
  await env.client.of(clusterRoles).create({ metadata: { name: 'upside-down', ownerReferences: [ref(owner)] } }, {}, never);
  assert.deepEqual(await names(env), ['fine']);
  assert.deepEqual(await env.events('ConfigMap'), [
    `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "default"`,
  ]);
  await env.client.of(clusterRoles).get('upside-down', never);
  await env.client.of(clusterRoles).delete('cluster-owner', {}, never);
  assert.deepEqual(await names(env), []);
});

test('cycles are deleted in every way', async () => {
  for (const propagationPolicy of ['Background', 'Foreground'] as const) {
    const env = await open();
    const a = await make(env, 'a');
    const b = await make(env, 'b', [ref(a, { blockOwnerDeletion: true })]);
    const c = await make(env, 'c', [ref(b, { blockOwnerDeletion: true })]);
    await api(env).patch('a', { type: 'merge', body: { metadata: { ownerReferences: [ref(c, { blockOwnerDeletion: true })] } } }, {}, never);
    assert.deepEqual(await names(env), ['a', 'b', 'c']);
    await api(env).delete('a', { propagationPolicy }, never);
    await env.clock.advance(30_000);
    assert.deepEqual(await names(env), [], propagationPolicy);
  }
});

test('what lost its owner while nobody looked goes at the start, and nothing is written when nothing happens', async () => {
  const env = await openControlPlane([garbageCollectorController({ listServed: listBuiltinResources })]);
  const root = await make(env, 'root');
  await make(env, 'kept', [ref(root)]);
  await make(env, 'child', [ref(root, { uid: '11111111-2222-3333-4444-555555555555' })]);
  assert.deepEqual(await names(env), ['kept', 'root']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});
