import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { SchedulerCache } from './cache.ts';
import { runCycle } from './cycle.ts';
import { podInfo } from './pod-info.ts';
import { type Budget, findCandidate, type PreemptionResult, whyNotEligible } from './preemption.ts';
import { defaultProfile } from './default-profile.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

function preempt(pod: Pod, running: Readonly<Record<string, readonly Pod[]>>, budgets: readonly Budget[] = []): PreemptionResult {
  const cache = new SchedulerCache();
  for (const [name, pods] of Object.entries(running)) {
    cache.setNode(aNode(name));
    for (const other of pods) cache.assume(podInfo(other), name);
  }
  const result = runCycle(defaultProfile(aHandle()), podInfo(pod), { cache }, { nextIndex: 0 }, seededRandom(1));
  assert.equal(result.type, 'unfit');
  return findCandidate(podInfo(pod), result.type === 'unfit' ? result.diagnosis : assert.fail(), { cache }, budgets);
}

const names = (result: PreemptionResult): string =>
  result.type === 'candidate' ? `${result.candidate.node}: ${result.candidate.victims.map((one) => one.pod.metadata.name).join(' ')}` : [...result.reasonByNode].join(' | ');

const cpu = (millis: number): Record<string, string> => ({ cpu: `${millis}m` });
const important = aPod('p', { priority: 100, requests: cpu(2000) });

test('only as many victims as are needed, least important first', () => {
  const running = [aPod('low', { requests: cpu(2000), priority: 1 }), aPod('mid', { requests: cpu(2000), priority: 5 })];
  assert.equal(names(preempt(important, { a: running })), 'a: low');
});

test('the node whose victims matter least', () => {
  assert.equal(names(preempt(important, { a: [aPod('mid', { requests: cpu(4000), priority: 5 })], b: [aPod('low', { requests: cpu(4000), priority: 1 })] })), 'b: low');
});

test('equal priority is never pushed out', () => {
  assert.equal(names(preempt(important, { a: [aPod('same', { requests: cpu(4000), priority: 100 })] })), 'a,No preemption victims found for incoming pod');
});

test('more than the node has is beyond help', () => {
  const huge = aPod('p', { priority: 100, requests: cpu(9000) });
  assert.equal(names(preempt(huge, { a: [aPod('low', { requests: cpu(4000) })] })), 'a,Preemption is not helpful for scheduling');
});

test('broken budgets come last', () => {
  const guarded = aPod('guarded', { requests: cpu(4000), priority: 1, labels: { app: 'db' } });
  const free = aPod('free', { requests: cpu(4000), priority: 2 });
  const budget: Budget = { disruptionsAllowed: 0, matches: (pod) => pod.metadata.labels?.['app'] === 'db' };
  assert.equal(names(preempt(important, { a: [guarded], b: [free] }, [budget])), 'b: free');
});

test('preemptionPolicy Never does not push', () => {
  const polite = aPod('p', { priority: 100, spec: { preemptionPolicy: 'Never', containers: [] } });
  assert.equal(whyNotEligible(podInfo(polite), { cache: new SchedulerCache() }), 'not eligible due to preemptionPolicy=Never.');
});
