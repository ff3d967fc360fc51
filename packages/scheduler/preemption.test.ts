import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { SchedulerCache } from './cache.ts';
import { CycleRunner, type Diagnosis } from './cycle.ts';
import { podInfo } from './pod-info.ts';
import { bestCandidate, type Budget, type Candidate, findCandidates, PREEMPTION_DEFAULTS, whyNotEligible } from './preemption.ts';
import { preemptionText } from './diagnosis.ts';
import { defaultProfile } from './default-profile.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

function diagnose(pod: Pod, cache: SchedulerCache): Diagnosis {
  const result = new CycleRunner(seededRandom(1)).run(defaultProfile(aHandle()), podInfo(pod), { cache });
  return result.type === 'unfit' ? result.diagnosis : assert.fail('the pod fits');
}

/** `node: victims`, or what the pod is told. */
function preempt(pod: Pod, running: Readonly<Record<string, readonly Pod[]>>, budgets: readonly Budget[] = []): string {
  const cache = new SchedulerCache();
  for (const [name, pods] of Object.entries(running)) {
    cache.setNode(aNode(name));
    for (const other of pods) cache.assume(podInfo(other), name);
  }
  const diagnosis = diagnose(pod, cache);
  const { candidates, rejections } = findCandidates({ pod: podInfo(pod), diagnosis, context: { cache }, budgets, args: PREEMPTION_DEFAULTS, random: seededRandom(1) });
  const best = bestCandidate(candidates);
  return best ? names(best) : preemptionText(diagnosis.nodes.length, rejections);
}

const names = ({ node, victims }: Candidate): string => `${node}: ${victims.map((one) => one.pod.metadata.name).join(' ')}`;

const cpu = (millis: number): Record<string, string> => ({ cpu: `${millis}m` });
const important = aPod('p', { priority: 100, requests: cpu(2000) });

test('only as many victims as are needed, least important first', () => {
  const running = [aPod('low', { requests: cpu(2000), priority: 1 }), aPod('mid', { requests: cpu(2000), priority: 5 })];
  assert.equal(preempt(important, { a: running }), 'a: low');
});

test('the node whose victims matter least', () => {
  assert.equal(preempt(important, { a: [aPod('mid', { requests: cpu(4000), priority: 5 })], b: [aPod('low', { requests: cpu(4000), priority: 1 })] }), 'b: low');
});

test('equal priority is never pushed out', () => {
  assert.equal(preempt(important, { a: [aPod('same', { requests: cpu(4000), priority: 100 })] }), 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.');
});

test('more than the node has is beyond help', () => {
  const huge = aPod('p', { priority: 100, requests: cpu(9000) });
  assert.equal(preempt(huge, { a: [aPod('low', { requests: cpu(4000) })] }), 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.');
});

test('broken budgets come last', () => {
  const guarded = aPod('guarded', { requests: cpu(4000), priority: 1, labels: { app: 'db' } });
  const free = aPod('free', { requests: cpu(4000), priority: 2 });
  const budget: Budget = { disruptionsAllowed: 0, matches: (pod) => pod.metadata.labels?.['app'] === 'db' };
  assert.equal(preempt(important, { a: [guarded], b: [free] }, [budget]), 'b: free');
});

test('preemptionPolicy Never does not push', () => {
  const polite = aPod('p', { priority: 100, spec: { preemptionPolicy: 'Never', containers: [] } });
  const cache = new SchedulerCache();
  cache.setNode(aNode('a', { spec: { unschedulable: true } }));
  assert.equal(whyNotEligible({ pod: podInfo(polite), diagnosis: diagnose(polite, cache), context: { cache } }), 'not eligible due to preemptionPolicy=Never.');
});
