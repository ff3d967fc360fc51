import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLifecycleController } from '#controllers/node-lifecycle/controller.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { formatMicroTime, formatTime } from '#machinery/time.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

/** Registers nodes that are ready. */
async function openCluster(names: readonly string[]): Promise<ControlPlane> {
  const env = await openControlPlane([nodeLifecycleController()]);
  await env.client.of(namespaces).create({ metadata: { name: 'kube-node-lease' } }, {}, never);
  for (const name of names) {
    await env.client
      .of(nodes)
      .create(
        {
          metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
          spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
        },
        {},
        never,
      );
    await env.client
      .of(leases)
      .namespace('kube-node-lease')
      .create({ metadata: { name }, spec: { holderIdentity: name, renewTime: formatMicroTime(env.clock.now()) } }, {}, never);
    await report(env, name, 'True');
  }
  await env.clock.settle();
  return env;
}

async function report(env: ControlPlane, name: string, ready: string): Promise<void> {
  const now = formatTime(env.clock.now());
  const conditions = [{ type: 'Ready', status: ready, reason: 'KubeletReady', lastHeartbeatTime: now, lastTransitionTime: now }];
  await env.client.of(nodes).patch(name, { type: 'strategic', body: { status: { conditions } }, subresource: 'status' }, {}, never);
}

/** Lets time pass while the named nodes renew their leases. */
async function pass(env: ControlPlane, ms: number, alive: readonly string[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10_000) {
    for (const name of alive)
      await env.client
        .of(leases)
        .namespace('kube-node-lease')
        .patch(name, { type: 'merge', body: { spec: { renewTime: formatMicroTime(env.clock.now()) } } }, {}, never);
    await env.clock.advance(10_000);
  }
}

const taints = async (env: ControlPlane, name: string) =>
  ((await env.client.of(nodes).get(name, never)).spec.taints ?? []).map((one) => `${one.key.split('/')[1]}:${one.effect}`);
const readiness = async (env: ControlPlane, name: string) =>
  (await env.client.of(nodes).get(name, never)).status.conditions?.find((one) => one.type === 'Ready');

test('a node that falls silent is marked, tainted and heals when it comes back', async () => {
  const env = await openCluster(['a', 'b', 'c']);
  assert.deepEqual(await taints(env, 'a'), []);
  assert.equal((await env.client.of(nodes).get('a', never)).metadata.labels?.['beta.kubernetes.io/os'], 'linux');
  const pod = await env.client
    .of(pods)
    .namespace('default')
    .create({ metadata: { name: 'web' }, spec: { nodeName: 'a', containers: [{ name: 'c', image: 'i' }] } }, {}, never);
  await env.clock.settle();
  const ready = async () =>
    (await env.client.of(pods).namespace('default').get('web', never)).status.conditions?.find((one) => one.type === 'Ready')?.status;
  assert.equal(await ready(), 'True');
  await pass(env, 40_000, ['a', 'b', 'c']);
  await pass(env, 40_000, ['b', 'c']);
  assert.equal((await readiness(env, 'a'))?.status, 'True');
  await pass(env, 20_000, ['b', 'c']);
  const condition = await readiness(env, 'a');
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
  );
  assert.deepEqual((await taints(env, 'a')).toSorted(), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
  assert.equal(await ready(), 'False');
  assert.deepEqual(await env.events('Pod'), ['NodeNotReady: Node is not ready']);
  assert.deepEqual(
    (await env.events('Node')).filter((one) => one.startsWith('NodeNotReady')),
    ['NodeNotReady: Node a status is now: NodeNotReady'],
  );
  assert.deepEqual(await taints(env, 'b'), []);
  assert.equal(pod.spec.nodeName, 'a');
  await report(env, 'a', 'True');
  await env.clock.settle();
  assert.deepEqual(await taints(env, 'a'), []);
});

test('when every node is silent nobody is evicted, and time begins anew afterwards', async () => {
  const env = await openCluster(['a', 'b', 'c']);
  await pass(env, 80_000, []);
  for (const name of ['a', 'b', 'c']) {
    assert.equal((await readiness(env, name))?.status, 'Unknown');
    assert.deepEqual(await taints(env, name), ['unreachable:NoSchedule']);
  }
  await report(env, 'a', 'True');
  await pass(env, 10_000, ['a']);
  assert.deepEqual(await taints(env, 'a'), []);
  await pass(env, 60_000, ['a']);
  assert.deepEqual((await taints(env, 'b')).toSorted(), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
});

test('cordoned nodes are tainted, deleted ones forgotten', async () => {
  const env = await openCluster(['a']);
  await env.client.of(nodes).patch('a', { type: 'merge', body: { spec: { unschedulable: true } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await taints(env, 'a'), ['unschedulable:NoSchedule']);
  await env.client.of(nodes).patch('a', { type: 'merge', body: { spec: { unschedulable: null } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await taints(env, 'a'), []);
  await env.clock.advance(5_000);
  await env.client.of(nodes).delete('a', {}, never);
  await env.clock.advance(5_000);
  assert.deepEqual(await env.events('Node'), [
    'RegisteredNode: Node a event: Registered Node a in Controller',
    'RemovingNode: Node a event: Removing Node a from Controller',
  ]);
  const before = env.writes;
  await env.clock.advance(60_000);
  assert.equal(env.writes, before);
});
