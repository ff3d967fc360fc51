import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import { SchedulerCache } from './cache.ts';
import { CandidateMemory } from './candidate-memory.ts';
import { CycleRunner } from './cycle.ts';
import { defaultProfile } from './default-profile.ts';
import type { Rejection } from './framework.ts';
import { podInfo } from './pod-info.ts';
import { type Candidate, findCandidates, PREEMPTION_DEFAULTS } from './preemption.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

const NODES = 6;
const STEPS = 300;

/** What preemption would do for a pod, with and without memory. */
function searches(cache: SchedulerCache): (seed: number) => { readonly plain: unknown; readonly remembering: unknown } | undefined {
  const memory = new CandidateMemory<Candidate | Rejection>();
  const profile = defaultProfile(aHandle());
  const runner = new CycleRunner(seededRandom(1));
  return (seed) => {
    const pod = podInfo(aPod(`p-${seed}`, { priority: 100 + (seed % 2), requests: { cpu: `${2_000 + 1_000 * (seed % 2)}m` } }));
    const result = runner.run(profile, pod, { cache });
    if (result.type === 'fit') return undefined;
    const search = { pod, diagnosis: result.diagnosis, context: { cache }, budgets: [], args: PREEMPTION_DEFAULTS };
    const told = (more: object): unknown => {
      const { candidates, rejections } = findCandidates({ ...search, ...more, random: seededRandom(seed) });
      return [candidates.map(({ node, victims, violations }) => [node, victims.map(({ uid, pod: { status } }) => [uid, status.startTime]), violations]), [...rejections]];
    };
    return { plain: told({}), remembering: told({ memory }) };
  };
}

test('remembered candidates are those that a search finds now', () => {
  const random = seededRandom(7);
  const cache = new SchedulerCache();
  for (let i = 0; i < NODES; i++) cache.setNode(aNode(`n-${i}`));
  const search = searches(cache);
  let compared = 0;
  for (let step = 0; step < STEPS; step++) {
    const index = random.int(30);
    const priority = 90 + (index % 3);
    const containers = [{ name: 'main', resources: { requests: { cpu: `${500 + 500 * (index % 4)}m` } } }];
    // Most of what happens to a pod changes no sum of its node.
    const startTime = `2026-01-01T00:00:${10 + random.int(49)}Z`;
    const started = aPod(`low-${index}`, { priority, spec: { containers, nodeName: `n-${index % NODES}` }, startTime });
    if (random.int(8) === 0) cache.removePod(podInfo(started).uid);
    else cache.setPod(podInfo(started));
    const found = search(step);
    if (!found) continue;
    compared++;
    assert.deepEqual(found.remembering, found.plain);
  }
  assert.ok(compared > STEPS / 2, `only ${compared} searches`);
});
