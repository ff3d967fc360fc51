import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '#base/random.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { SchedulerCache } from './cache.ts';
import { type CycleResult, CycleRunner } from './cycle.ts';
import { defaultProfile } from './default-profile.ts';
import { podInfo } from './pod-info.ts';
import type { TallySpec } from './tally.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

const NODES = ['a', 'b', 'c', 'd'];

type Step =
  | { readonly type: 'place'; readonly pod: number; readonly node: string; readonly app: string; readonly leaving: boolean }
  | { readonly type: 'remove'; readonly pod: number }
  | { readonly type: 'node'; readonly node: string; readonly zone: string }
  | { readonly type: 'gone'; readonly node: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('place' as const), pod: fc.nat(9), node: fc.constantFrom(...NODES), app: fc.constantFrom('web', 'db'), leaving: fc.boolean() }),
  fc.record({ type: fc.constant('remove' as const), pod: fc.nat(9) }),
  fc.record({ type: fc.constant('node' as const), node: fc.constantFrom(...NODES), zone: fc.constantFrom('east', 'west', 'none') }),
  fc.record({ type: fc.constant('gone' as const), node: fc.constantFrom(...NODES) }),
);

const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'zone' }] } };

function podAt(step: Extract<Step, { type: 'place' }>): Pod {
  const pod = aPod(`p${step.pod}`, { labels: { app: step.app }, requests: { cpu: '100m' }, spec: { containers: [], nodeName: step.node, ...(step.app === 'db' ? { affinity } : {}) } });
  return step.leaving ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } : pod;
}

const nodeOf = (name: string, zone: string): Node => aNode(name, { labels: zone === 'none' ? {} : { zone } });

function apply(cache: SchedulerCache, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.type === 'place') cache.setPod(podInfo(podAt(one)));
    else if (one.type === 'remove') cache.removePod(`uid-p${one.pod}`);
    else if (one.type === 'node') cache.setNode(nodeOf(one.node, one.zone));
    else cache.removeNode(one.node);
  }
}

const spec: TallySpec = {
  id: 'web per zone',
  topologyKey: 'zone',
  includes: () => true,
  counts: ({ labels, pod }) => labels['app'] === 'web' && pod.metadata.deletionTimestamp === undefined,
};

const byText = (a: unknown, b: unknown): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

/** Everything that is counted incrementally, as text. */
function counted(cache: SchedulerCache): unknown {
  const tally = cache.tallies.of(spec);
  return {
    domains: [...tally.domains.values()].map(({ value, nodes, pods }) => [value, nodes, pods]).toSorted(byText),
    least: tally.least,
    total: tally.total,
    standing: cache.standingTerms.matching('requiredAnti', podInfo(aPod('x', { labels: { app: 'web' } })), () => ({})).map(({ byValue }) => [...byValue].toSorted(byText)),
    nodes: cache.nodes.map((node) => [node.name, node.requested.cpuMillis, node.pods.size]).toSorted(byText),
  };
}

test('counts kept up to date are the counts made anew', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kept = new SchedulerCache();
      kept.tallies.of(spec);
      apply(kept, steps);
      const anew = new SchedulerCache();
      apply(anew, steps);
      assert.deepEqual(counted(kept), counted(anew));
    }),
  );
});

test('remembered verdicts choose what verdicts made anew choose', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (steps, cpus) => {
      const profile = defaultProfile(aHandle());
      const cache = new SchedulerCache();
      for (const name of NODES) cache.setNode(nodeOf(name, 'east'));
      // The same pod again and again: the third time everything is remembered.
      const pod = podInfo(aPod('next', { labels: { app: 'web' }, requests: { cpu: String(cpus) } }));
      const remembering = new CycleRunner(seededRandom(1));
      for (let i = 0; i < steps.length; i++) {
        apply(cache, steps.slice(i, i + 1));
        const one = remembering.run(profile, pod, { cache });
        const other = new CycleRunner(seededRandom(1)).run(profile, pod, { cache });
        assert.equal(one.type, other.type);
        if (one.type !== 'fit' || other.type !== 'fit') continue;
        const shown = ({ record }: Extract<CycleResult, { type: 'fit' }>): string[] => {
          const feasible = record.nodes.filter((node) => !record.refusals.has(node));
          return feasible.map(({ name }, k) => `${name} ${record.scorers.map(({ plugin }, s) => `${plugin}=${record.points[s * feasible.length + k]}`).join(' ')}`).toSorted();
        };
        assert.deepEqual(shown(one), shown(other));
      }
    }),
  );
});
