import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../profile.ts';
import { aHandle } from '../testing/handle.ts';
import { makeProfiles } from './make-profiles.ts';
import { readSchedulerConfiguration } from './read.ts';

const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

function profilesOf(text: string): Profile[] {
  return makeProfiles(readSchedulerConfiguration(HEAD + text).profiles, () => aHandle());
}

const scores = ({ points }: Profile): string => points.score.map(({ plugin, weight }) => `${plugin.name}=${weight}`).join(' ');

test('without profiles there is the default one', () => {
  const [profile] = profilesOf('');
  assert.equal(profile!.schedulerName, 'default-scheduler');
  assert.equal(
    scores(profile!),
    'TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 PodTopologySpread=2 InterPodAffinity=2 NodeResourcesBalancedAllocation=1 ImageLocality=1',
  );
});

test('a second profile without scoring', () => {
  const [, second] = profilesOf(`profiles:
  - schedulerName: default-scheduler
  - schedulerName: no-scoring-scheduler
    plugins:
      preScore:
        disabled: [{name: '*'}]
      score:
        disabled: [{name: '*'}]
`);
  assert.equal(second!.schedulerName, 'no-scoring-scheduler');
  assert.equal(scores(second!), '');
  assert.ok(second!.points.filter.length > 5);
});

test('a plugin enabled for one point again comes first, with its weight', () => {
  const [profile] = profilesOf(`profiles:
  - plugins:
      score:
        enabled: [{name: ImageLocality, weight: 7}]
        disabled: [{name: TaintToleration}]
`);
  assert.equal(scores(profile!), 'ImageLocality=7 NodeAffinity=2 NodeResourcesFit=1 PodTopologySpread=2 InterPodAffinity=2 NodeResourcesBalancedAllocation=1');
});

test('multiPoint: only what is named', () => {
  const [profile] = profilesOf(`profiles:
  - plugins:
      multiPoint:
        disabled: [{name: '*'}]
        enabled: [{name: PrioritySort}, {name: DefaultBinder}, {name: NodeResourcesFit, weight: 4}]
`);
  assert.deepEqual(profile!.plugins.map(({ name }) => name).toSorted(), ['DefaultBinder', 'NodeResourcesFit', 'PrioritySort']);
  assert.equal(scores(profile!), 'NodeResourcesFit=4');
});

test('arguments get their defaults', () => {
  const { profiles, queueTimes } = readSchedulerConfiguration(`${HEAD}podMaxBackoffSeconds: 20
profiles:
  - pluginConfig:
      - name: NodeResourcesFit
        args:
          scoringStrategy:
            type: MostAllocated
            resources: [{name: cpu}, {name: example.com/gpu, weight: 5}]
      - name: InterPodAffinity
        args: {kind: InterPodAffinityArgs, apiVersion: kubescheduler.config.k8s.io/v1, hardPodAffinityWeight: 5}
`);
  assert.deepEqual(profiles[0]!.args.NodeResourcesFit?.scoringStrategy, {
    type: 'MostAllocated',
    resources: [
      { name: 'cpu', weight: 1 },
      { name: 'example.com/gpu', weight: 5 },
    ],
    shape: [],
  });
  assert.deepEqual(profiles[0]!.args.InterPodAffinity, { hardPodAffinityWeight: 5, ignorePreferredTermsOfExistingPods: false });
  assert.equal(queueTimes.maxBackoffMs, 20_000);
});

const wrong: { title: string; text: string; message: RegExp }[] = [
  { title: 'another kind', text: 'x', message: /no kind/ },
  { title: 'an unknown field', text: `${HEAD}profile: []`, message: /strict decoding error: unknown field "profile"/ },
  { title: 'percentage', text: `${HEAD}percentageOfNodesToScore: 101`, message: /percentageOfNodesToScore: Invalid value: 101: not in valid range \[0-100\]$/ },
  { title: 'parallelism', text: `${HEAD}parallelism: 0`, message: /parallelism: Invalid value: 0: should be an integer value greater than zero/ },
  { title: 'backoff', text: `${HEAD}podInitialBackoffSeconds: 5\npodMaxBackoffSeconds: 1`, message: /podMaxBackoffSeconds: Invalid value: 1: must be greater than or equal to PodInitialBackoffSeconds/ },
  { title: 'profile names', text: `${HEAD}profiles: [{schedulerName: a}, {schedulerName: a}, {}]`, message: /\[profiles\[1\]\.schedulerName: Duplicate value: "a", profiles\[2\]\.schedulerName: Required value\]$/ },
  { title: 'extender weight', text: `${HEAD}extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]`, message: /extenders\[0\]\.weight: Invalid value: 0: must have a positive weight applied to it/ },
  { title: 'two binders', text: `${HEAD}extenders: [{urlPrefix: 'http://x', bindVerb: b}, {urlPrefix: 'http://y', bindVerb: b}]`, message: /only one extender can implement bind/ },
  {
    title: 'affinity weight',
    text: `${HEAD}profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]`,
    message: /profiles\[0\]\.pluginConfig\[0\]\.args\.hardPodAffinityWeight: Invalid value: 101: not in valid range \[0, 100\]/,
  },
  {
    title: 'shape',
    text: `${HEAD}profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 10, score: 0}]}}}}]}]`,
    message: /score: Invalid value: 11: not in valid range \[0-10\].*utilization values must be sorted in increasing order/,
  },
  {
    title: 'spread defaults of the system with own constraints',
    text: `${HEAD}profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]}}]}]`,
    message: /defaultingType: Invalid value: "System": when \.defaultConstraints are not empty/,
  },
  { title: 'an unknown plugin', text: `${HEAD}profiles: [{plugins: {filter: {enabled: [{name: Magic}]}}}]`, message: /plugin "Magic" does not exist/ },
  { title: 'a plugin at the wrong point', text: `${HEAD}profiles: [{plugins: {score: {enabled: [{name: NodeName}]}}}]`, message: /plugin "NodeName" does not extend score plugin/ },
  { title: 'nobody binds', text: `${HEAD}profiles: [{plugins: {bind: {disabled: [{name: '*'}]}}}]`, message: /at least one bind plugin is needed/ },
];

for (const { title, text, message } of wrong) {
  test(`refused: ${title}`, () => {
    assert.throws(() => makeProfiles(readSchedulerConfiguration(text).profiles, () => aHandle()), message);
  });
}
