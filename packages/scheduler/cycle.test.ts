import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { SchedulerCache } from './cache.ts';
import { CycleRunner, type CycleResult } from './cycle.ts';
import { fitErrorText } from './diagnosis.ts';
import { enoughFeasible } from './node-sampling.ts';
import { podInfo } from './pod-info.ts';
import type { Plugin } from './framework.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { DEFAULT_PLUGINS } from './plugins/registry.ts';
import { resourcesFit } from './plugins/resources-fit.ts';
import { extensionPointsOf, Profile } from './profile.ts';
import { defaultProfile } from './default-profile.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

function place(nodes: readonly Node[], pod: Pod, running: readonly (readonly [string, Pod])[] = [], profile = defaultProfile(aHandle())): CycleResult {
  const cache = new SchedulerCache();
  for (const node of nodes) cache.setNode(node);
  for (const [node, other] of running) cache.assume(podInfo(other), node);
  return new CycleRunner(seededRandom(1)).run(profile, podInfo(pod), { cache });
}

/** The default profile with `plugin` in place of the one of its name. */
function profileWith(plugin: Plugin): Profile {
  const handle = aHandle();
  return new Profile('default-scheduler', extensionPointsOf(DEFAULT_PLUGINS.map(({ name, weight, make }) => ({ plugin: name === plugin.name ? plugin : make(handle, {}), weight }))));
}

const outcome = (result: CycleResult): string => (result.type === 'fit' ? result.node.name : fitErrorText(result.diagnosis));

const noSchedule = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' as const };

const cases: { title: string; nodes: Node[]; pod: Pod; running?: [string, Pod][]; outcome: string }[] = [
  { title: 'the only node', nodes: [aNode('a')], pod: aPod('p'), outcome: 'a' },
  { title: 'too little cpu', nodes: [aNode('a', { allocatable: { cpu: '1' } })], pod: aPod('p', { requests: { cpu: '1500m' } }), outcome: '0/1 nodes are available: 1 Insufficient cpu.' },
  {
    title: 'what other pods hold counts',
    nodes: [aNode('a'), aNode('b')],
    running: [['a', aPod('x', { requests: { cpu: '3' } })]],
    pod: aPod('p', { requests: { cpu: '2' } }),
    outcome: 'b',
  },
  {
    title: 'reasons are counted and sorted',
    nodes: [aNode('a', { allocatable: { cpu: '1', memory: '1Gi' } }), aNode('b', { allocatable: { cpu: '1' } }), aNode('c', { spec: { taints: [noSchedule] } })],
    pod: aPod('p', { requests: { cpu: '2', memory: '2Gi' } }),
    outcome: '0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {dedicated: gpu}, 2 Insufficient cpu.',
  },
  { title: 'cordoned', nodes: [aNode('a', { spec: { unschedulable: true } })], pod: aPod('p'), outcome: '0/1 nodes are available: 1 node(s) were unschedulable.' },
  {
    title: 'a toleration covers the taint',
    nodes: [aNode('a', { spec: { taints: [noSchedule] } })],
    pod: aPod('p', { spec: { tolerations: [{ key: 'dedicated', operator: 'Exists' }] } }),
    outcome: 'a',
  },
  { title: 'nodeSelector', nodes: [aNode('a'), aNode('b', { labels: { disk: 'ssd' } })], pod: aPod('p', { spec: { nodeSelector: { disk: 'ssd' } } }), outcome: 'b' },
  {
    title: 'nodeSelector that no node meets',
    nodes: [aNode('a'), aNode('b')],
    pod: aPod('p', { spec: { nodeSelector: { disk: 'ssd' } } }),
    outcome: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    title: 'host ports',
    nodes: [aNode('a')],
    running: [['a', aPod('x', { spec: { containers: [{ name: 'main', resources: {}, ports: [{ containerPort: 80, hostPort: 80 }] }] } })]],
    pod: aPod('p', { spec: { containers: [{ name: 'main', resources: {}, ports: [{ containerPort: 8080, hostPort: 80, hostIP: '10.0.0.1' }] }] } }),
    outcome: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  { title: 'too many pods', nodes: [aNode('a', { allocatable: { pods: '1' } })], running: [['a', aPod('x')]], pod: aPod('p'), outcome: '0/1 nodes are available: 1 Too many pods.' },
  {
    title: 'preferred affinity wins over emptiness',
    nodes: [aNode('a'), aNode('b', { labels: { zone: 'near' } })],
    running: [['b', aPod('x', { requests: { cpu: '1' } })]],
    pod: aPod('p', {
      spec: {
        affinity: {
          nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['near'] }] } }] },
        },
      },
    }),
    outcome: 'b',
  },
  { title: 'the emptier node', nodes: [aNode('a'), aNode('b')], running: [['a', aPod('x', { requests: { cpu: '2' } })]], pod: aPod('p', { requests: { cpu: '1' } }), outcome: 'b' },
  {
    title: 'pods without requests spread too',
    nodes: [aNode('a'), aNode('b'), aNode('c')],
    running: [
      ['a', aPod('x')],
      ['b', aPod('y')],
    ],
    pod: aPod('p'),
    outcome: 'c',
  },
];

for (const { title, nodes, pod, running = [], outcome: expected } of cases) {
  test(`cycle: ${title}`, () => assert.equal(outcome(place(nodes, pod, running)), expected));
}

test('bin packing prefers the fuller node', () => {
  const strategy = { type: 'MostAllocated' as const, resources: [{ name: 'cpu', weight: 1 }] };
  const result = place([aNode('a'), aNode('b')], aPod('p', { requests: { cpu: '1' } }), [['b', aPod('x', { requests: { cpu: '2' } })]], profileWith(resourcesFit({ scoringStrategy: strategy })));
  assert.equal(outcome(result), 'b');
});

test('a preferNoSchedule taint only costs points', () => {
  const tainted = aNode('a', { spec: { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] } });
  assert.equal(outcome(place([tainted, aNode('b')], aPod('p'))), 'b');
  assert.equal(outcome(place([tainted], aPod('p'))), 'a');
});

test('large clusters are sampled', () => {
  assert.deepEqual([1, 99, 100, 1000, 5000, 20_000].map((count) => enoughFeasible(count)), [1, 99, 100, 420, 500, 1000]);
});

const zoned = (name: string, zone: string): Node => aNode(name, { labels: { zone } });
const spreadPod = (name: string, whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway', maxSkew = 1): Pod =>
  aPod(name, { labels: { app: 'web' }, spec: { containers: [], topologySpreadConstraints: [{ maxSkew, topologyKey: 'zone', whenUnsatisfiable, labelSelector: { matchLabels: { app: 'web' } } }] } });
const web = (name: string): Pod => aPod(name, { labels: { app: 'web' } });

test('a hard spread constraint keeps the skew', () => {
  const nodes = [zoned('a', 'east'), zoned('b', 'west')];
  assert.equal(outcome(place(nodes, spreadPod('p', 'DoNotSchedule'), [['a', web('x')]])), 'b');
  const full = { ...zoned('b', 'west'), spec: { unschedulable: true } } as Node;
  assert.equal(
    outcome(place([nodes[0]!, full], spreadPod('p', 'DoNotSchedule'), [['a', web('x')]])),
    "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable.",
  );
});

test('a node without the topology label is no place for a hard constraint', () => {
  assert.equal(outcome(place([aNode('a')], spreadPod('p', 'DoNotSchedule'))), "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).");
});

test('a soft constraint prefers the emptier zone', () => {
  const nodes = [zoned('a', 'east'), zoned('b', 'east'), zoned('c', 'west')];
  assert.equal(outcome(place(nodes, spreadPod('p', 'ScheduleAnyway'), [['a', web('x')]])), 'c');
});

test('pods of one workload spread over hosts by default', () => {
  const large = { cpu: '128', memory: '1Ti' };
  const nodes = ['a', 'b', 'c'].map((name) => aNode(name, { allocatable: large }));
  const profile = profileWith(podTopologySpread(() => compileLabelSelector({ matchLabels: { app: 'web' } })));
  assert.equal(outcome(place(nodes, web('p'), [['a', web('x')], ['b', web('y')]], profile)), 'c');
});
