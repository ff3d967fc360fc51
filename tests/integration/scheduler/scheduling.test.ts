import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { eventsV1 } from '#kinds/events/event/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { deviceClasses } from '#kinds/resource/device-class/kind.ts';
import { resourceClaimTemplates } from '#kinds/resource/resource-claim-template/kind.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import { priorityClasses } from '#kinds/scheduling/priority-class/kind.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';
import type { Explanation } from '#scheduler/explanations.ts';

const { signal } = new AbortController();

type Spec = Fresh<Pod['spec']>;

interface PodShape {
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly spec?: Spec;
}

async function addPod(cluster: Cluster, name: string, { labels = {}, cpu, spec = {} }: PodShape = {}): Promise<void> {
  const resources = cpu ? { requests: { cpu } } : {};
  await cluster.client.of(pods).namespace('default').create({ metadata: { name, labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'i', resources }], ...spec } }, {}, signal);
  await cluster.advance('1s');
}

const podOf = (cluster: Cluster, name: string): Promise<Pod> => cluster.client.of(pods).namespace('default').get(name, signal);
const nodeOf = async (cluster: Cluster, name: string): Promise<string | undefined> => (await podOf(cluster, name)).spec.nodeName;

async function whyPending(cluster: Cluster, name: string): Promise<string | undefined> {
  const { conditions = [] } = (await podOf(cluster, name)).status;
  return conditions.find((one) => one.type === 'PodScheduled' && one.status === 'False')?.message;
}

const open = (count: number): Promise<Cluster> => startCluster({ clock: 'simulated', nodes: count, capacity: { cpu: '4', memory: '8Gi', pods: '10' } });

/** Gives each node labels. */
async function labelNodes(cluster: Cluster, labelsOf: (index: number) => Record<string, string>): Promise<void> {
  const { items } = await cluster.client.of(nodes).list({}, signal);
  for (const [index, { metadata }] of items.entries()) await cluster.client.of(nodes).patch(metadata.name!, { type: 'merge', body: { metadata: { labels: labelsOf(index) } } }, {}, signal);
  await cluster.advance('1s');
}

const apart = (required: boolean): Spec => {
  const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' };
  return {
    affinity: { podAntiAffinity: required ? { requiredDuringSchedulingIgnoredDuringExecution: [term] } : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] } },
  };
};

test('pods that must be apart wait for a node of their own', async () => {
  await using cluster = await open(2);
  for (const name of ['a', 'b', 'c']) await addPod(cluster, name, { labels: { app: 'web' }, spec: apart(true) });
  assert.notEqual(await nodeOf(cluster, 'a'), await nodeOf(cluster, 'b'));
  assert.equal(
    await whyPending(cluster, 'c'),
    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  );
  await cluster.client.of(pods).namespace('default').delete('a', {}, signal);
  await cluster.advance('5s');
  assert.ok(await nodeOf(cluster, 'c'));
});

test('pods that are there keep others away by their own anti-affinity', async () => {
  await using cluster = await open(1);
  await addPod(cluster, 'a', { spec: apart(true) });
  await addPod(cluster, 'b', { labels: { app: 'web' } });
  assert.match((await whyPending(cluster, 'b'))!, /^0\/1 nodes are available: 1 node\(s\) didn't satisfy existing pods anti-affinity rules\./);
});

test('pods that must be together follow the first of them', async () => {
  await using cluster = await open(3);
  const together: Spec = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'kubernetes.io/hostname' }] } } };
  await addPod(cluster, 'lonely', { spec: together });
  assert.match((await whyPending(cluster, 'lonely'))!, /3 node\(s\) didn't match pod affinity rules/);
  for (const name of ['a', 'b', 'c']) await addPod(cluster, name, { labels: { app: 'db' }, spec: together });
  const places = await Promise.all(['a', 'b', 'c', 'lonely'].map((name) => nodeOf(cluster, name)));
  assert.equal(new Set(places).size, 1);
  assert.ok(places[0]);
});

test('a hard spread constraint over zones keeps the skew', async () => {
  await using cluster = await open(3);
  await labelNodes(cluster, (index) => ({ 'topology.kubernetes.io/zone': index < 2 ? 'east' : 'west' }));
  const spec: Spec = { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } } }] };
  for (const name of ['a', 'b', 'c', 'd']) await addPod(cluster, name, { labels: { app: 'web' }, spec });
  const all = await cluster.client.of(nodes).list({}, signal);
  const zones = new Map<string | undefined, string | undefined>(all.items.map(({ metadata }) => [metadata.name, metadata.labels?.['topology.kubernetes.io/zone']]));
  const used = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => zones.get(await nodeOf(cluster, name))));
  assert.deepEqual(used.map(String).toSorted(), ['east', 'east', 'west', 'west']);
});

test('a more important pod pushes others out, who are told why', async () => {
  await using cluster = await open(1);
  await cluster.client.of(priorityClasses).create({ metadata: { name: 'high' }, value: 1000, globalDefault: false }, {}, signal);
  await addPod(cluster, 'low', { cpu: '3' });
  assert.ok(await nodeOf(cluster, 'low'));
  await addPod(cluster, 'high', { cpu: '3', spec: { priorityClassName: 'high' } });
  await cluster.advance('30s');
  assert.ok(await nodeOf(cluster, 'high'));
  const high = await podOf(cluster, 'high');
  const events = (await cluster.client.of(eventsV1).namespace('default').list({}, signal)).items;
  const preempted = events.find((one) => one.reason === 'Preempted');
  assert.equal(preempted?.note, `Preempted by pod ${high.metadata.uid} on node ${high.spec.nodeName}`);
  assert.equal(preempted?.regarding?.name, 'low');
  assert.equal(preempted?.related?.name, 'high');
  assert.ok(events.some((one) => one.reason === 'FailedScheduling' && one.regarding?.name === 'high' && one.note?.startsWith('0/1 nodes are available: 1 Insufficient cpu.')));
});

test('preemption spares pods with a budget where it can', async () => {
  await using cluster = await open(2);
  await cluster.client.of(priorityClasses).create({ metadata: { name: 'high' }, value: 1000, globalDefault: false }, {}, signal);
  await cluster.client.of(podDisruptionBudgets).namespace('default').create({ metadata: { name: 'guard' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } } }, {}, signal);
  await addPod(cluster, 'guarded', { cpu: '3', labels: { app: 'guarded' } });
  await addPod(cluster, 'free', { cpu: '3' });
  await addPod(cluster, 'high', { cpu: '3', spec: { priorityClassName: 'high' } });
  await cluster.advance('30s');
  assert.ok(await nodeOf(cluster, 'guarded'));
  assert.ok(await nodeOf(cluster, 'high'));
  await assert.rejects(podOf(cluster, 'free'), /not found/);
});

test('a pod that may not push says so', async () => {
  await using cluster = await open(1);
  await cluster.client.of(priorityClasses).create({ metadata: { name: 'polite' }, value: 1000, preemptionPolicy: 'Never', globalDefault: false }, {}, signal);
  await addPod(cluster, 'low', { cpu: '3' });
  await addPod(cluster, 'polite', { cpu: '3', spec: { priorityClassName: 'polite' } });
  assert.equal(await whyPending(cluster, 'polite'), '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.');
});

test('gated pods wait for their gates, unschedulable ones for a fitting node', async () => {
  await using cluster = await open(1);
  await addPod(cluster, 'gated', { spec: { schedulingGates: [{ name: 'example.com/wait' }] } });
  assert.equal(await nodeOf(cluster, 'gated'), undefined);
  const gated = await podOf(cluster, 'gated');
  await cluster.client.of(pods).namespace('default').update({ ...gated, spec: { ...gated.spec, schedulingGates: [] } }, {}, signal);
  await cluster.advance('2s');
  assert.ok(await nodeOf(cluster, 'gated'));
  await addPod(cluster, 'picky', { spec: { nodeSelector: { disk: 'ssd' } } });
  assert.equal(
    await whyPending(cluster, 'picky'),
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  );
  const [node] = (await cluster.client.of(nodes).list({}, signal)).items;
  await cluster.client.of(nodes).patch(node!.metadata.name!, { type: 'merge', body: { metadata: { labels: { disk: 'ssd' } } } }, {}, signal);
  await cluster.advance('15s');
  assert.ok(await nodeOf(cluster, 'picky'));
});

test('asked why, the scheduler shows verdicts and scores of the last cycle', async () => {
  await using cluster = await open(3);
  const explain = async (name: string): Promise<Explanation> =>
    (await cluster.client.transport.request({ method: 'GET', path: `/api/v1/namespaces/default/pods/${name}/scheduling` }, signal)) as Explanation;
  await addPod(cluster, 'big', { cpu: '3' });
  await addPod(cluster, 'small', { cpu: '2' });
  const small = await explain('small');
  const bigNode = await nodeOf(cluster, 'big');
  assert.equal(small.result, 'Scheduled');
  assert.equal(small.nodeName, await nodeOf(cluster, 'small'));
  assert.equal(small.nodes[0]?.node, small.nodeName);
  assert.equal(small.weights['NodeResourcesFit'], 1);
  assert.equal(typeof small.nodes[0]?.points?.['NodeResourcesFit'], 'number');
  assert.deepEqual(small.nodes.find((one) => one.node === bigNode), { node: bigNode, feasible: false, plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], preemptable: true });
  await addPod(cluster, 'huge', { cpu: '9' });
  const huge = await explain('huge');
  assert.equal(huge.result, 'Unschedulable');
  assert.equal(huge.message, await whyPending(cluster, 'huge'));
  assert.deepEqual(huge.nodes.map(({ plugin }) => plugin), ['NodeResourcesFit', 'NodeResourcesFit', 'NodeResourcesFit']);
  await assert.rejects(explain('nobody'), /not found/);
});

test('claimed devices are allocated, reserved, and free again when the pod is gone', async () => {
  await using cluster = await open(2);
  const { client } = cluster;
  await client.of(deviceClasses).create({ metadata: { name: 'gpu' }, spec: {} }, {}, signal);
  await client.of(resourceSlices).create(
    { metadata: { name: 'gpus' }, spec: { driver: 'gpu.example.com', nodeName: 'node-2', pool: { name: 'node-2', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } },
    {},
    signal,
  );
  const devices = { requests: [{ name: 'one', exactly: { deviceClassName: 'gpu' } }] };
  await client.of(resourceClaimTemplates).namespace('default').create({ metadata: { name: 'gpu' }, spec: { spec: { devices } } }, {}, signal);
  const claiming: Spec = { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] };
  await addPod(cluster, 'a', { spec: claiming });
  await cluster.advance('5s');
  const pod = await podOf(cluster, 'a');
  assert.equal(pod.spec.nodeName, 'node-2');
  const [claim] = (await client.of(resourceClaims).namespace('default').list({}, signal)).items;
  assert.deepEqual(claim!.status.allocation?.devices.results, [{ request: 'one', driver: 'gpu.example.com', pool: 'node-2', device: 'gpu-0' }]);
  assert.deepEqual(claim!.status.reservedFor, [{ resource: 'pods', name: 'a', uid: pod.metadata.uid }]);
  await addPod(cluster, 'b', { spec: claiming });
  await cluster.advance('5s');
  assert.match((await whyPending(cluster, 'b'))!, /^0\/2 nodes are available: 2 cannot allocate all claims\./);
  await client.of(pods).namespace('default').delete('a', {}, signal);
  await cluster.advance('30s');
  assert.equal(await nodeOf(cluster, 'b'), 'node-2');
});

test('expressions of classes and claims choose the devices', async () => {
  await using cluster = await open(2);
  const { client } = cluster;
  const selecting = (expression: string): { selectors: { cel: { expression: string } }[] } => ({ selectors: [{ cel: { expression } }] });
  await client.of(deviceClasses).create({ metadata: { name: 'gpu' }, spec: selecting('device.driver == "gpu.example.com"') }, {}, signal);
  for (const [node, model] of [['node-1', 'a100'], ['node-2', 'h100']] as const) {
    const devices = [{ name: 'gpu-0', attributes: { model: { string: model } }, capacity: { memory: { value: '80Gi' } } }];
    await client.of(resourceSlices).create({ metadata: { name: node }, spec: { driver: 'gpu.example.com', nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices } }, {}, signal);
  }
  const claims = client.of(resourceClaims).namespace('default');
  const claim = (name: string, expression: string): Promise<unknown> =>
    claims.create({ metadata: { name }, spec: { devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'gpu', ...selecting(expression) } }] } } }, {}, signal);
  await claim('large', 'cel.bind(gpu, device.attributes["gpu.example.com"], gpu.model == "h100") && device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("40Gi"))');
  await addPod(cluster, 'large', { spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: 'large' }] } });
  await cluster.advance('5s');
  assert.equal(await nodeOf(cluster, 'large'), 'node-2');
  assert.deepEqual((await claims.get('large', signal)).status.allocation?.devices.results, [{ request: 'one', driver: 'gpu.example.com', pool: 'node-2', device: 'gpu-0' }]);

  await claim('failing', 'device.attributes["gpu.example.com"].slot == 3');
  await addPod(cluster, 'failing', { spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: 'failing' }] } });
  await cluster.advance('5s');
  assert.match((await whyPending(cluster, 'failing'))!, /claim default\/failing: selector #0: CEL runtime error: no such key: slot/);

  await assert.rejects(claim('bad', 'device.model == "h100"'), {
    message:
      'ResourceClaim.resource.k8s.io "bad" is invalid: spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "device.model == \\"h100\\"": ' +
      "compilation failed: ERROR: <input>:1:7: undefined field 'model'\n | device.model == \"h100\"\n | ......^",
  });
});
