import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#kinds/core/node/schema.ts';
import type { TopologySpreadConstraint } from '#kinds/core/pod/affinity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Draft } from '#machinery/schema.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { aNode, aPod } from '../testing/objects.ts';
import { onlyPlugin, outcome, place, points, type Scene } from '../testing/place.ts';
import { podTopologySpread } from './pod-topology-spread.ts';

const MISMATCH = "node(s) didn't match pod topology spread constraints";

const zoned = (name: string, zone: string, over: Parameters<typeof aNode>[1] = {}): Node => aNode(name, { ...over, labels: { zone, ...over.labels } });
const web = (name: string, labels: Record<string, string> = {}): Pod => aPod(name, { labels: { app: 'web', ...labels } });
const none = (): undefined => undefined;

function spreading(over: Partial<TopologySpreadConstraint> = {}, pod: Parameters<typeof aPod>[1] = {}): Pod {
  const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: { app: 'web' } }, ...over };
  return aPod('p', { labels: { app: 'web' }, ...pod, spec: { containers: [], topologySpreadConstraints: [constraint] as Draft<TopologySpreadConstraint>[], ...pod.spec } });
}

const east = zoned('a', 'east');
const west = zoned('b', 'west');

const filterCases: { title: string; scene: Scene; pod: Pod; outcome: string }[] = [
  { title: 'the emptier zone', scene: { nodes: [east, west], running: [['a', web('x')]] }, pod: spreading(), outcome: 'b' },
  { title: 'too few domains count as an empty one', scene: { nodes: [east], running: [['a', web('x')]] }, pod: spreading({ minDomains: 2 }), outcome: `0/1 nodes are available: 1 ${MISMATCH}.` },
  { title: 'enough domains do not', scene: { nodes: [east], running: [['a', web('x')]] }, pod: spreading({ minDomains: 1 }), outcome: 'a' },
  { title: 'no label, no place', scene: { nodes: [aNode('a')] }, pod: spreading(), outcome: `0/1 nodes are available: 1 ${MISMATCH} (missing required label).` },
  {
    title: 'domains that its affinity excludes do not count',
    scene: { nodes: [zoned('a', 'east', { labels: { disk: 'ssd' } }), west], running: [['a', web('x')]] },
    pod: spreading({}, { spec: { nodeSelector: { disk: 'ssd' }, containers: [] } }),
    outcome: 'a',
  },
  {
    title: 'unless affinity is to be ignored',
    scene: { nodes: [zoned('a', 'east', { labels: { disk: 'ssd' } }), west], running: [['a', web('x')]] },
    pod: spreading({ nodeAffinityPolicy: 'Ignore' }, { spec: { nodeSelector: { disk: 'ssd' }, containers: [], nodeName: 'a' } }),
    outcome: 'b',
  },
  {
    title: 'tainted domains count by default',
    scene: { nodes: [east, zoned('b', 'west', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })], running: [['a', web('x')]] },
    pod: spreading(),
    outcome: 'b',
  },
  {
    title: 'and do not when taints are honoured',
    scene: { nodes: [east, zoned('b', 'west', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })], running: [['a', web('x')], ['a', web('y')]] },
    pod: spreading({ nodeTaintsPolicy: 'Honor' }),
    outcome: 'a',
  },
  {
    title: 'matchLabelKeys: each revision for itself',
    scene: { nodes: [east, west], running: [['a', web('x', { rev: '1' })], ['b', web('y', { rev: '2' })]] },
    pod: spreading({ matchLabelKeys: ['rev'] }, { labels: { app: 'web', rev: '2' } }),
    outcome: 'a',
  },
  {
    title: 'matchLabelKeys: what the server merged is not merged again',
    scene: { nodes: [east, west], running: [['a', web('x', { rev: '1' })], ['b', web('y', { rev: '2' })]] },
    pod: spreading(
      { matchLabelKeys: ['rev'], labelSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'rev', operator: 'In', values: ['1'] }] } },
      { labels: { app: 'web', rev: '2' } },
    ),
    outcome: 'b',
  },
];

for (const { title, scene, pod, outcome: expected } of filterCases) {
  test(`spread: ${title}`, () => {
    // Ties are settled by the order of nodes here: the plugin alone does not score hard constraints.
    const result = place(scene, pod, onlyPlugin(podTopologySpread(none)));
    const fits = result.type === 'fit' ? result.record.nodes.filter((node) => !result.record.refusals.has(node)).map(({ name }) => name) : [];
    if (fits.length > 1) assert.ok(fits.includes(expected), fits.join());
    else assert.equal(outcome(result), expected);
  });
}

const scene: Scene = { nodes: [east, west, zoned('c', 'west')], running: [['a', web('x')], ['b', web('y')], ['c', web('z')]] };

test('soft constraints score, fewer is better', () => {
  const result = place(scene, spreading({ whenUnsatisfiable: 'ScheduleAnyway' }), onlyPlugin(podTopologySpread(none)));
  assert.equal(points(result, 'PodTopologySpread'), 'a=100 b=33 c=33');
});

test('defaults of the cluster, by configuration', () => {
  const args = { defaultingType: 'List' as const, defaultConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const }] };
  const selector = compileLabelSelector({ matchLabels: { app: 'web' } });
  const result = place({ nodes: [east, west], running: [['a', web('x')]] }, web('p'), onlyPlugin(podTopologySpread(() => selector, args)));
  assert.equal(outcome(result), 'b');
});

test('pods without constraints and without an owner are not spread', () => {
  assert.equal(points(place(scene, web('p'), onlyPlugin(podTopologySpread(none))), 'PodTopologySpread'), '');
});
