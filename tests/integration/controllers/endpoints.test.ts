import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSliceController } from '#controllers/endpointslice/controller.ts';
import { endpointsController } from '#controllers/endpoints/controller.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane, runningStatus } from './control-plane.ts';

async function setup(): Promise<ControlPlane> {
  let next = 1;
  const env: ControlPlane = await openControlPlane([endpointsController, endpointSliceController], { fate: () => runningStatus(Date.UTC(2026, 0, 1), `10.0.0.${next++}`) });
  await env.client.of(nodes).create({ metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } }, {}, never);
  const spec = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }], clusterIP: 'None' };
  await env.client.of(services).namespace('default').create({ metadata: { name: 'web', labels: { team: 'a' } }, spec }, {}, never);
  return env;
}

const addPod = (env: ControlPlane, name: string, port = 8080) =>
  env.client.of(pods).namespace('default').create(
    { metadata: { name, labels: { app: 'web' } }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort: port }] }] } },
    {},
    never,
  );

test('endpoints and slices follow the pods of a Service', async () => {
  const env = await setup();
  const [empty] = await env.list(endpointSlices);
  assert.deepEqual([empty?.endpoints ?? [], empty?.ports ?? []], [[], []]);
  await addPod(env, 'a');
  await addPod(env, 'b');
  await env.clock.settle();
  const [slice, ...others] = await env.list(endpointSlices);
  assert.equal(others.length, 0);
  assert.equal(slice?.metadata.name, empty?.metadata.name);
  assert.deepEqual(slice?.metadata.labels, {
    team: 'a',
    'service.kubernetes.io/headless': '',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  assert.deepEqual(slice?.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }]);
  assert.equal(slice?.metadata.ownerReferences?.[0]?.kind, 'Service');
  const first = slice?.endpoints?.find(({ targetRef }) => targetRef?.name === 'a');
  assert.deepEqual([first?.addresses, first?.conditions, first?.nodeName, first?.zone], [['10.0.0.1'], { ready: true, serving: true, terminating: false }, 'n1', 'z1']);
  const [old] = await env.list(endpoints);
  assert.deepEqual(old?.subsets?.[0]?.addresses?.map(({ ip }) => ip), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(old?.subsets?.[0]?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
});

test('a pod that is not ready gets no traffic but is listed; one with another port gets a slice of its own', async () => {
  const env = await setup();
  await addPod(env, 'a');
  await addPod(env, 'c', 9090);
  await env.clock.settle();
  assert.equal((await env.list(endpointSlices)).length, 2);
  const pod = await env.client.of(pods).namespace('default').get('a', never);
  await env.setPodStatus(pod, { conditions: [{ type: 'Ready', status: 'False' }] });
  await env.clock.settle();
  const slice = (await env.list(endpointSlices)).find((one) => one.ports?.[0]?.port === 8080);
  assert.deepEqual(slice?.endpoints?.[0]?.conditions, { ready: false, serving: false, terminating: false });
  const [old] = await env.list(endpoints);
  assert.equal(old?.subsets?.find(({ notReadyAddresses }) => notReadyAddresses)?.notReadyAddresses?.[0]?.ip, '10.0.0.1');
});

test('a Service without selector is left alone, and idle Services cause no writes', async () => {
  const env = await setup();
  await env.client.of(services).namespace('default').create({ metadata: { name: 'manual' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }, {}, never);
  await addPod(env, 'a');
  await env.clock.settle();
  assert.equal((await env.list(endpoints)).length, 1);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
  await env.client.of(services).namespace('default').delete('web', {}, never);
  await env.clock.settle();
  assert.equal((await env.list(endpoints)).length, 0);
});

test('topology mode Auto gives endpoints hints by zone, and says when it begins, why it cannot be, and when it ends', async () => {
  const env = await setup();
  const web = env.client.of(services).namespace('default');
  const hints = async () => (await env.list(endpointSlices)).flatMap((slice) => slice.endpoints ?? []).map((one) => `${one.targetRef?.name} ${one.hints?.forZones?.[0]?.name ?? '-'}`).toSorted();
  const told = async () => [...new Set((await env.events('Service')).filter((text) => text.startsWith('TopologyAware')))];
  const annotate = (mode: string | null) => web.patch('web', { type: 'merge', body: { metadata: { annotations: { 'service.kubernetes.io/topology-mode': mode } } } }, {}, never);
  await addPod(env, 'a');
  await addPod(env, 'b');
  await annotate('Auto');
  assert.deepEqual(await hints(), ['a -', 'b -']);
  const status = { conditions: [{ type: 'Ready', status: 'True' as const }], allocatable: { cpu: '2' } };
  await env.client.of(nodes).create({ metadata: { name: 'n2', labels: { 'topology.kubernetes.io/zone': 'z2' } } }, {}, never);
  for (const name of ['n1', 'n2']) await env.client.of(nodes).patch(name, { type: 'merge', body: { status }, subresource: 'status' }, {}, never);
  assert.deepEqual((await hints()).map((one) => one.slice(2)).toSorted(), ['z1', 'z2']);
  const insufficient = 'TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4';
  assert.deepEqual(await told(), [insufficient, 'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
  await annotate(null);
  assert.deepEqual(await hints(), ['a -', 'b -']);
  assert.equal((await told()).at(-1), 'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4');
});
