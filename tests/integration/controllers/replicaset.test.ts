import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicaSetController, replicationControllerController } from '#controllers/replicaset/controller.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { replicationControllers } from '#kinds/core/replication-controller/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const spec = { replicas: 3, selector: { matchLabels: { app: 'web' } }, template };

test('a ReplicaSet keeps its number of pods and tells so in status and events', async () => {
  const env = await openControlPlane([replicaSetController]);
  const api = env.client.of(replicaSets).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec }, {}, never);
  await env.clock.settle();
  let rs = await api.get('web', never);
  assert.equal(rs.status.replicas, 3);
  assert.equal(rs.status.readyReplicas, 3);
  assert.equal(rs.status.availableReplicas, 3);
  assert.equal(rs.status.fullyLabeledReplicas, 3);
  assert.equal(rs.status.observedGeneration, 1);
  const [first] = await env.list(pods);
  assert.match(first!.metadata.name!, /^web-[a-z0-9]{5}$/);
  assert.deepEqual(first!.metadata.ownerReferences?.map((one) => [one.kind, one.name, one.controller, one.blockOwnerDeletion]), [['ReplicaSet', 'web', true, true]]);
  assert.equal((await env.events('ReplicaSet')).filter((event) => event.startsWith('SuccessfulCreate: Created pod: web-')).length, 3);
  await env.client.of(pods).namespace('default').delete(first!.metadata.name!, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(pods)).length, 3);
  rs = await api.get('web', never);
  await api.update({ ...rs, spec: { ...rs.spec, replicas: 1 } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(pods)).length, 1);
  assert.equal((await env.events('ReplicaSet')).filter((event) => event.startsWith('SuccessfulDelete: Deleted pod: web-')).length, 2);
});

test('it adopts matching orphans, and releases pods that no longer match', async () => {
  const env = await openControlPlane([replicaSetController]);
  await env.client.of(pods).namespace('default').create({ metadata: { name: 'orphan', labels: { app: 'web' } }, spec: template.spec }, {}, never);
  await env.client.of(replicaSets).namespace('default').create({ metadata: { name: 'web' }, spec }, {}, never);
  await env.clock.settle();
  const orphan = await env.client.of(pods).namespace('default').get('orphan', never);
  assert.equal(orphan.metadata.ownerReferences?.[0]?.name, 'web');
  assert.equal((await env.list(pods)).length, 3);
  await env.client.of(pods).namespace('default').patch('orphan', { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } }, {}, never);
  await env.clock.settle();
  const released = await env.client.of(pods).namespace('default').get('orphan', never);
  assert.equal(released.metadata.ownerReferences, undefined);
  assert.equal((await env.list(pods)).length, 4);
});

test('an idle ReplicaSet causes no writes', async () => {
  const env = await openControlPlane([replicaSetController]);
  await env.client.of(replicaSets).namespace('default').create({ metadata: { name: 'web' }, spec }, {}, never);
  await env.clock.settle();
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('pods become available after minReadySeconds', async () => {
  const env = await openControlPlane([replicaSetController]);
  const api = env.client.of(replicaSets).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec: { ...spec, minReadySeconds: 30 } }, {}, never);
  await env.clock.settle();
  assert.equal((await api.get('web', never)).status.availableReplicas ?? 0, 0);
  await env.clock.advance(31_000);
  assert.equal((await api.get('web', never)).status.availableReplicas, 3);
});

test('a ReplicationController is the same over plain labels', async () => {
  const env = await openControlPlane([replicationControllerController]);
  const api = env.client.of(replicationControllers).namespace('default');
  await api.create({ metadata: { name: 'rc' }, spec: { replicas: 2, selector: { app: 'web' }, template } }, {}, never);
  await env.clock.settle();
  assert.equal((await api.get('rc', never)).status.readyReplicas, 2);
  assert.equal((await env.list(pods))[0]?.metadata.ownerReferences?.[0]?.kind, 'ReplicationController');
});
