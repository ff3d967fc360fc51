import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceTaintEvictionController } from '#controllers/device-taint-eviction/controller.ts';
import { resourceClaimController } from '#controllers/resourceclaim/controller.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import { resourceClaimTemplates } from '#kinds/resource/resource-claim-template/kind.ts';
import { deviceTaintRules } from '#kinds/resource/device-taint-rule/kind.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import { formatTime } from '#machinery/time.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const containers = [{ name: 'c', image: 'i' }];
const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] };
const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';
const podsOf = (env: ControlPlane) => env.client.of(pods).namespace('default');
const claimsOf = (env: ControlPlane) => env.client.of(resourceClaims).namespace('default');

const template = (env: ControlPlane) => env.client.of(resourceClaimTemplates).namespace('default').create({ metadata: { name: 'gpu' }, spec: { metadata: { labels: { made: 'yes' } }, spec: { devices } } }, {}, never);
const pod = (env: ControlPlane, name: string, nodeName?: string) =>
  podsOf(env).create({ metadata: { name }, spec: { containers, ...(nodeName ? { nodeName } : {}), resourceClaims: [{ name: 'first', resourceClaimTemplateName: 'gpu' }] } }, {}, never);

/** As the scheduler does. */
async function allocate(env: ControlPlane, name: string, podName: string, tolerations: readonly object[] = []): Promise<void> {
  const { metadata } = await podsOf(env).get(podName, never);
  await claimsOf(env).patch(name, { type: 'merge', body: { metadata: { finalizers: [DELETE_PROTECTION] } } }, {}, never);
  const allocation = { devices: { results: [{ request: 'gpu', driver: 'd.example.com', pool: 'p', device: 'gpu-0', ...(tolerations.length > 0 ? { tolerations } : {}) }] } };
  const status = { allocation, reservedFor: [{ resource: 'pods', name: podName, uid: metadata.uid }] };
  await claimsOf(env).patch(name, { type: 'merge', body: { status }, subresource: 'status' }, {}, never);
  await env.clock.settle();
}

test('claims are made from templates, named in the pod, and freed when the pod is done', async () => {
  const env = await openControlPlane([resourceClaimController], { fate: () => undefined });
  await pod(env, 'web');
  await env.clock.settle();
  assert.deepEqual((await env.events('Pod')).slice(0, 1), [`FailedResourceClaimCreation: PodResourceClaim first: resource claim template "gpu": resourceclaimtemplate.resource.k8s.io "gpu" not found`]);
  await template(env);
  const [claim] = await env.list(resourceClaims);
  const { name = '', annotations, labels, ownerReferences } = claim!.metadata;
  assert.match(name, /^web-first-[a-z0-9]{5}$/);
  assert.deepEqual(annotations, { 'resource.kubernetes.io/pod-claim-name': 'first' });
  assert.deepEqual(labels, { made: 'yes' });
  assert.equal(ownerReferences?.[0]?.kind, 'Pod');
  assert.deepEqual((await podsOf(env).get('web', never)).status.resourceClaimStatuses, [{ name: 'first', resourceClaimName: name }]);
  await allocate(env, name, 'web');
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
  await env.setPodStatus(await podsOf(env).get('web', never), { phase: 'Succeeded' });
  assert.deepEqual(await env.list(resourceClaims), []);
});

test('a claim of its own is freed, but stays; others keep their reservation', async () => {
  const env = await openControlPlane([resourceClaimController], { fate: () => ({ phase: 'Running' }) });
  await claimsOf(env).create({ metadata: { name: 'shared' }, spec: { devices } }, {}, never);
  for (const name of ['a', 'b']) await podsOf(env).create({ metadata: { name }, spec: { containers, nodeName: 'n', resourceClaims: [{ name: 'x', resourceClaimName: 'shared' }] } }, {}, never);
  await allocate(env, 'shared', 'a');
  const reserved = async () => (await claimsOf(env).get('shared', never)).status.reservedFor?.map((one) => one.name).toSorted();
  await env.setPodStatus(await podsOf(env).get('b', never), { message: 'x' });
  await env.clock.settle();
  await podsOf(env).delete('a', { gracePeriodSeconds: 0 }, never);
  await env.clock.settle();
  await podsOf(env).delete('b', { gracePeriodSeconds: 0 }, never);
  await env.clock.settle();
  assert.equal((await reserved())?.length ?? 0, 0);
  const { status, metadata } = await claimsOf(env).get('shared', never);
  assert.equal(status.allocation, undefined);
  assert.equal(metadata.finalizers, undefined);
});

test('pods lose tainted devices, after what they tolerate', async () => {
  const env = await openControlPlane([resourceClaimController, deviceTaintEvictionController()], { fate: () => ({ phase: 'Running' }) });
  await template(env);
  await pod(env, 'brave', 'n');
  await pod(env, 'timid', 'n');
  await env.clock.settle();
  const claims = await env.list(resourceClaims);
  for (const { metadata } of claims) {
    const name = metadata.ownerReferences?.[0]?.name ?? '';
    await allocate(env, metadata.name ?? '', name, name === 'brave' ? [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] : []);
  }
  const taints = [{ key: 'broken', effect: 'NoExecute' as const, timeAdded: formatTime(env.clock.now()) }];
  const spec = { driver: 'd.example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n', devices: [{ name: 'gpu-0', taints }] };
  await env.client.of(resourceSlices).create({ metadata: { name: 's' }, spec }, {}, never);
  const left = async () => (await env.list(pods)).filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  assert.deepEqual(await left(), ['brave']);
  await env.clock.advance(61_000);
  assert.deepEqual(await left(), []);
  assert.ok((await env.events('Pod')).includes('DeviceTaintManagerEviction: Marking for deletion'));
});

test('rules taint devices too', async () => {
  const kinds = servedKinds([...builtinKinds, ...prereleaseKinds], parseRuntimeConfig('api/beta=true'));
  const env = await openControlPlane([resourceClaimController, deviceTaintEvictionController({ rules: true })], { kinds, fate: () => ({ phase: 'Running' }) });
  await template(env);
  await pod(env, 'web', 'n');
  await env.clock.settle();
  const [claim] = await env.list(resourceClaims);
  await allocate(env, claim?.metadata.name ?? '', 'web');
  const rule = (name: string, deviceSelector: { driver: string; pool?: string }, effect: 'NoExecute' | 'None' = 'NoExecute') =>
    env.client.of(deviceTaintRules).create({ metadata: { name }, spec: { deviceSelector, taint: { key: 'broken', effect, timeAdded: formatTime(env.clock.now()) } } }, {}, never);
  const left = async () => (await env.list(pods)).filter(({ metadata }) => !metadata.deletionTimestamp).length;
  await rule('other', { driver: 'd.example.com', pool: 'q' });
  assert.equal(await left(), 1);
  const told = async (name: string) => {
    const { status: { conditions: [one] = [] }, metadata } = await env.client.of(deviceTaintRules).get(name, never);
    assert.equal(one?.observedGeneration, metadata.generation);
    return `${one?.type} ${one?.status} ${one?.reason}: ${one?.message}`;
  };
  assert.equal(await told('other'), 'EvictionInProgress False NotStarted: ');
  await rule('dry', { driver: 'd.example.com' }, 'None');
  await env.clock.settle();
  assert.equal(
    await told('dry'),
    'EvictionInProgress False NoEffect: 0 published devices selected. 1 allocated device selected. 1 pod would be evicted in 1 namespace if the effect was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  );
  await rule('this', { driver: 'd.example.com' });
  assert.equal(await left(), 0);
  assert.equal(await told('this'), 'EvictionInProgress True PodsPendingEviction: 1 pod needs to be evicted in 1 namespace.');
  await env.clock.advance(11_000);
  assert.equal(await told('this'), 'EvictionInProgress False Completed: 1 pod evicted since starting the controller.');
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});
