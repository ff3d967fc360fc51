import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podGarbageCollectorController } from '#controllers/pod-gc/controller.ts';
import { taintEvictionController } from '#controllers/taint-eviction/controller.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const lost = 'node.kubernetes.io/unreachable';
const api = (env: ControlPlane) => env.client.of(pods).namespace('default');

const run = (env: ControlPlane, name: string, nodeName: string | undefined, more: object = {}) =>
  api(env).create({ metadata: { name }, spec: { ...(nodeName ? { nodeName } : {}), containers: [{ name: 'c', image: 'i' }], ...more } }, {}, never);

async function taint(env: ControlPlane, name: string, key: string | undefined): Promise<void> {
  const taints = key ? [{ key, effect: 'NoExecute', timeAdded: formatTime(env.clock.now()) }] : null;
  await env.client.of(nodes).patch(name, { type: 'merge', body: { spec: { taints } } }, {}, never);
  await env.clock.settle();
}

const names = async (env: ControlPlane) => (await env.list(pods)).map((one) => one.metadata.name);
const toldAs = (pod: Pod | undefined) =>
  pod?.status.conditions?.filter((one) => one.type === 'DisruptionTarget').map((one) => `${one.status} ${one.reason}: ${one.message}`);

/** What the server last showed of each pod before it went. */
function lastSeen(env: ControlPlane): Map<string, Pod> {
  const seen = new Map<string, Pod>();
  env.informers.of(pods).listen({ updated: (pod) => void seen.set(pod.metadata.name!, pod) });
  return seen;
}

test('a toleration of a taint that does not say since when counts from now', async () => {
  const env = await openControlPlane([taintEvictionController]);
  await env.client.of(nodes).create({ metadata: { name: 'a' } }, {}, never);
  await run(env, 'brief', 'a', { tolerations: [{ key: 'mine', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }] });
  await env.clock.advance(60_000);
  await env.client.of(nodes).patch('a', { type: 'merge', body: { spec: { taints: [{ key: 'mine', effect: 'NoExecute' }] } } }, {}, never);
  await env.clock.advance(8_000);
  assert.deepEqual(await names(env), ['brief']);
  await env.clock.advance(4_000);
  assert.deepEqual(await names(env), []);
});

test('pods leave a tainted node when their toleration ends', async () => {
  const env = await openControlPlane([taintEvictionController]);
  const seen = lastSeen(env);
  await env.client.of(nodes).create({ metadata: { name: 'a' } }, {}, never);
  await run(env, 'usual', 'a');
  await run(env, 'brief', 'a', { tolerations: [{ key: lost, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }] });
  await run(env, 'loyal', 'a', { tolerations: [{ key: lost, operator: 'Exists', effect: 'NoExecute' }] });
  await env.clock.settle();
  await taint(env, 'a', lost);
  assert.deepEqual(await names(env), ['brief', 'loyal', 'usual']);
  await env.clock.advance(11_000);
  assert.deepEqual(await names(env), ['loyal', 'usual']);
  assert.deepEqual(toldAs(seen.get('brief')), ['True DeletionByTaintManager: Taint manager: deleting due to NoExecute taint']);
  await taint(env, 'a', undefined);
  await env.clock.advance(400_000);
  assert.deepEqual(await names(env), ['loyal', 'usual']);
  await taint(env, 'a', lost);
  await env.clock.advance(299_000);
  assert.deepEqual(await names(env), ['loyal', 'usual']);
  await env.clock.advance(2_000);
  assert.deepEqual(await names(env), ['loyal']);
  await taint(env, 'a', 'mine');
  assert.deepEqual(await names(env), []);
  assert.deepEqual((await env.events('Pod')).toSorted(), [
    'TaintManagerEviction: Cancelling deletion of Pod default/usual',
    'TaintManagerEviction: Marking for deletion Pod default/brief',
    'TaintManagerEviction: Marking for deletion Pod default/loyal',
    'TaintManagerEviction: Marking for deletion Pod default/usual',
  ]);
});

test('pods of nodes that no longer exist fail and go after the quarantine', async () => {
  const env = await openControlPlane([podGarbageCollectorController()]);
  const seen = lastSeen(env);
  await env.client.of(nodes).create({ metadata: { name: 'a' } }, {}, never);
  await run(env, 'kept', 'a');
  await run(env, 'lost', 'gone');
  await run(env, 'pending', undefined);
  await env.clock.advance(59_000);
  assert.deepEqual(await names(env), ['kept', 'lost', 'pending']);
  await env.clock.advance(10_000);
  assert.deepEqual(await names(env), ['kept', 'pending']);
  assert.equal(seen.get('lost')?.status.phase, 'Failed');
  assert.deepEqual(toldAs(seen.get('lost')), ['True DeletionByPodGC: PodGC: node no longer exists']);
  const before = env.writes;
  await env.clock.advance(300_000);
  assert.equal(env.writes, before);
});

test('ended pods beyond the threshold go, oldest first', async () => {
  const env = await openControlPlane([podGarbageCollectorController({ terminatedPodThreshold: 2 })], { fate: () => ({ phase: 'Succeeded' }) });
  await env.client.of(nodes).create({ metadata: { name: 'a' } }, {}, never);
  for (const name of ['one', 'two', 'three', 'four']) {
    await run(env, name, 'a');
    await env.clock.advance(1_000);
  }
  await env.clock.advance(20_000);
  assert.deepEqual(await names(env), ['four', 'three']);
});
