import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Affinity, PodAffinityTerm } from '#kinds/core/pod/affinity.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { aNode, aPod } from '../testing/objects.ts';
import { onlyPlugin, outcome, place, points, type Scene } from '../testing/place.ts';
import { INTER_POD_AFFINITY_DEFAULTS, interPodAffinity } from './inter-pod-affinity.ts';

const HOST = 'kubernetes.io/hostname';
const AFFINITY = "node(s) didn't match pod affinity rules";
const ANTI = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";

const zoned = (name: string, zone: string): Node => aNode(name, { labels: { zone } });
const term = (over: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({ labelSelector: { matchLabels: { app: 'web' } }, topologyKey: HOST, ...over }) as PodAffinityTerm;
const near = (one: PodAffinityTerm): Affinity => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [one] } });
const away = (one: PodAffinityTerm): Affinity => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [one] } });
const liking = (one: PodAffinityTerm, weight = 10): Affinity => ({ podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: one }] } });
const disliking = (one: PodAffinityTerm, weight = 10): Affinity => ({ podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: one }] } });

/** The selector of `term` with the requirement that the server merges into it. */
const only = (key: string, operator: 'In' | 'NotIn', value: string): LabelSelector => ({ matchLabels: { app: 'web' }, matchExpressions: [{ key, operator, values: [value] }] });

function pod(name: string, { affinity, labels = {}, namespace = 'default' }: { affinity?: Affinity; labels?: Record<string, string>; namespace?: string } = {}): Pod {
  const one = aPod(name, { labels, ...(affinity ? { spec: { containers: [], affinity: affinity as Draft<Affinity> } } : {}) });
  return { ...one, metadata: { ...one.metadata, namespace } };
}

const web = (name: string, namespace = 'default'): Pod => pod(name, { labels: { app: 'web' }, namespace });
const two = [zoned('a', 'east'), zoned('b', 'west')];

const filterCases: { title: string; scene: Scene; pod: Pod; outcome: string }[] = [
  { title: 'beside the pod it wants', scene: { nodes: two, running: [['b', web('w')]] }, pod: pod('p', { affinity: near(term()) }), outcome: 'b' },
  { title: 'nobody to be near', scene: { nodes: two }, pod: pod('p', { affinity: near(term()) }), outcome: `0/2 nodes are available: 2 ${AFFINITY}.` },
  { title: 'the first of its group', scene: { nodes: [two[0]!] }, pod: pod('p', { affinity: near(term()), labels: { app: 'web' } }), outcome: 'a' },
  {
    title: 'even the first needs a node with the topology key',
    scene: { nodes: [aNode('a')] },
    pod: pod('p', { affinity: near(term({ topologyKey: 'zone' })), labels: { app: 'web' } }),
    outcome: `0/1 nodes are available: 1 ${AFFINITY}.`,
  },
  { title: 'the zone counts, not the node', scene: { nodes: [zoned('a', 'east'), zoned('c', 'west')], running: [['c', web('w')]] }, pod: pod('p', { affinity: near(term({ topologyKey: 'zone' })) }), outcome: 'c' },
  { title: 'away from the pod it shuns', scene: { nodes: two, running: [['a', web('w')]] }, pod: pod('p', { affinity: away(term()) }), outcome: 'b' },
  {
    title: 'shunned in every zone',
    scene: {
      nodes: two,
      running: [
        ['a', web('w')],
        ['b', web('x')],
      ],
    },
    pod: pod('p', { affinity: away(term({ topologyKey: 'zone' })) }),
    outcome: `0/2 nodes are available: 2 ${ANTI}.`,
  },
  { title: 'placed pods shun the newcomer', scene: { nodes: two, running: [['a', pod('w', { affinity: away(term()) })]] }, pod: web('p'), outcome: 'b' },
  { title: 'and say so', scene: { nodes: [two[0]!], running: [['a', pod('w', { affinity: away(term()) })]] }, pod: web('p'), outcome: `0/1 nodes are available: 1 ${EXISTING}.` },
  { title: 'another namespace is none of its business', scene: { nodes: [two[0]!], running: [['a', web('w', 'other')]] }, pod: pod('p', { affinity: away(term()) }), outcome: 'a' },
  { title: 'a namespace that it names', scene: { nodes: two, running: [['a', web('w', 'other')]] }, pod: pod('p', { affinity: away(term({ namespaces: ['other'] })) }), outcome: 'b' },
  {
    title: 'namespaces by their labels',
    scene: { nodes: two, running: [['a', web('w', 'other')]], namespaces: { other: { team: 'devops' }, default: {} } },
    pod: pod('p', { affinity: away(term({ namespaceSelector: { matchLabels: { team: 'devops' } } })) }),
    outcome: 'b',
  },
  {
    title: 'an empty namespace selector means all namespaces',
    scene: { nodes: two, running: [['a', web('w', 'other')]] },
    pod: pod('p', { affinity: away(term({ namespaceSelector: {} })) }),
    outcome: 'b',
  },
  {
    title: 'symmetry by labels of namespaces',
    scene: { nodes: two, running: [['a', pod('w', { namespace: 'other', affinity: away(term({ namespaceSelector: { matchLabels: { team: 'x' } } })) })]], namespaces: { default: { team: 'x' } } },
    pod: web('p'),
    outcome: 'b',
  },
  {
    title: 'matchLabelKeys: only its own revision',
    scene: { nodes: [two[0]!], running: [['a', pod('w', { labels: { app: 'web', rev: '1' } })]] },
    pod: pod('p', { labels: { app: 'web', rev: '2' }, affinity: away(term({ matchLabelKeys: ['rev'], labelSelector: only('rev', 'In', '2') })) }),
    outcome: 'a',
  },
  {
    title: 'mismatchLabelKeys: only other tenants',
    scene: { nodes: two, running: [['a', pod('w', { labels: { app: 'web', tenant: '1' } })], ['b', pod('x', { labels: { app: 'web', tenant: '2' } })]] },
    pod: pod('p', { labels: { app: 'web', tenant: '2' }, affinity: away(term({ mismatchLabelKeys: ['tenant'], labelSelector: only('tenant', 'NotIn', '2') })) }),
    outcome: 'b',
  },
  {
    title: 'matchLabelKeys: what was merged stays when the label changes',
    scene: { nodes: two, running: [['a', pod('w', { labels: { app: 'web', rev: '1' } })], ['b', pod('x', { labels: { app: 'web', rev: '2' } })]] },
    pod: pod('p', { labels: { app: 'web', rev: '2' }, affinity: near(term({ matchLabelKeys: ['rev'], labelSelector: only('rev', 'In', '1') })) }),
    outcome: 'a',
  },
];

for (const { title, scene, pod: one, outcome: expected } of filterCases) {
  test(`affinity between pods: ${title}`, () => assert.equal(outcome(place(scene, one, onlyPlugin(interPodAffinity()))), expected));
}

const three = [...two, zoned('c', 'west')];
const scoreCases: { title: string; scene: Scene; pod: Pod; points: string; args?: Partial<typeof INTER_POD_AFFINITY_DEFAULTS> }[] = [
  { title: 'nothing to say', scene: { nodes: two }, pod: pod('p'), points: '' },
  { title: 'near what it likes', scene: { nodes: two, running: [['a', web('w')]] }, pod: pod('p', { affinity: liking(term()) }), points: 'a=100 b=0' },
  { title: 'away from what it dislikes', scene: { nodes: two, running: [['a', web('w')]] }, pod: pod('p', { affinity: disliking(term()) }), points: 'a=0 b=100' },
  { title: 'in the zone', scene: { nodes: three, running: [['b', web('w')]] }, pod: pod('p', { affinity: liking(term({ topologyKey: 'zone' })) }), points: 'a=0 b=100 c=100' },
  { title: 'placed pods like it', scene: { nodes: two, running: [['b', pod('w', { affinity: liking(term()) })]] }, pod: web('p'), points: 'a=0 b=100' },
  { title: 'placed pods dislike it', scene: { nodes: two, running: [['b', pod('w', { affinity: disliking(term()) })]] }, pod: web('p'), points: 'a=100 b=0' },
  { title: 'a placed pod that required such a neighbour', scene: { nodes: two, running: [['b', pod('w', { affinity: near(term()) })]] }, pod: web('p'), points: 'a=0 b=100' },
  { title: 'unless that weighs nothing', scene: { nodes: two, running: [['b', pod('w', { affinity: near(term()) })]] }, pod: web('p'), points: '', args: { hardPodAffinityWeight: 0 } },
  { title: 'likes of placed pods ignored', scene: { nodes: two, running: [['b', pod('w', { affinity: liking(term()) })]] }, pod: web('p'), points: '', args: { ignorePreferredTermsOfExistingPods: true } },
  {
    title: 'weights add up',
    scene: {
      nodes: three,
      running: [
        ['a', web('w')],
        ['b', web('x')],
        ['b', web('y')],
      ],
    },
    pod: pod('p', { affinity: liking(term(), 50) }),
    points: 'a=50 b=100 c=0',
  },
];

for (const { title, scene, pod: one, points: expected, args } of scoreCases) {
  test(`affinity scores: ${title}`, () => {
    const result = place(scene, one, onlyPlugin(interPodAffinity({ ...INTER_POD_AFFINITY_DEFAULTS, ...args })));
    assert.equal(points(result, 'InterPodAffinity'), expected);
  });
}
