import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#kinds/policy/pod-disruption-budget/schema.ts';
import { budgetStatus, disruptedPods, expectation, failedStatus, healthyCount, needsScale } from './budget.ts';
import { staleInMs } from './stale-target.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace('.000', '');
const ms = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second);

const budget = (spec: object, status: Partial<PodDisruptionBudgetStatus> = {}): PodDisruptionBudget =>
  ({
    kind: 'PodDisruptionBudget',
    apiVersion: 'policy/v1',
    metadata: { name: 'b', generation: 2 },
    spec,
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...status },
  }) as PodDisruptionBudget;

const pod = (name: string, ready = true, deleting = false): Pod =>
  ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, ...(deleting ? { deletionTimestamp: at(0) } : {}) },
    spec: { containers: [] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Pod;

test('what is expected', () => {
  for (const [spec, pods, scale, expectedPods, desiredHealthy, asks] of [
    [{ minAvailable: 3 }, 5, 0, 5, 3, false],
    [{ minAvailable: '50%' }, 5, 7, 7, 4, true],
    [{ maxUnavailable: 1 }, 5, 7, 7, 6, true],
    [{ maxUnavailable: '30%' }, 5, 10, 10, 7, true],
    [{ maxUnavailable: '25%' }, 5, 10, 10, 7, true],
    [{ maxUnavailable: 20 }, 5, 7, 7, 0, true],
    [{}, 5, 7, 0, 0, false],
  ] as const) {
    assert.deepEqual(expectation(budget(spec), pods, scale), { expectedPods, desiredHealthy }, JSON.stringify(spec));
    assert.equal(needsScale(budget(spec)), asks);
  }
  assert.throws(() => expectation(budget({ minAvailable: 'many' }), 1, 1), /is not a percentage/);
});

test('granted evictions count until the pod goes or the time is over', () => {
  const status = { disruptedPods: { fresh: at(100), old: at(0), going: at(100), gone: at(100) } };
  const pods = [pod('fresh'), pod('old'), pod('going', true, true), pod('other'), pod('sick', false)];
  const { awaited, overdue, recheckMs } = disruptedPods(budget({}, status), pods, ms(121));
  assert.deepEqual(awaited, { fresh: at(100) });
  assert.deepEqual(
    overdue.map((one) => one.metadata.name),
    ['old'],
  );
  assert.equal(recheckMs, 99_000);
  assert.equal(healthyCount(pods, awaited), 2);
});

test('the status tells what is allowed and why', () => {
  for (const [expectedPods, desiredHealthy, currentHealthy, allowed, condition] of [
    [3, 2, 3, 1, 'True SufficientPods'],
    [3, 2, 2, 0, 'False InsufficientPods'],
    [3, 2, 1, 0, 'False InsufficientPods'],
    [0, 0, 3, 0, 'False InsufficientPods'],
  ] as const) {
    const status = budgetStatus(budget({}), { expectedPods, desiredHealthy, currentHealthy, awaited: {} }, at(0));
    assert.equal(status.disruptionsAllowed, allowed);
    assert.equal(status.observedGeneration, 2);
    assert.deepEqual(
      status.conditions?.map((one) => `${one.status} ${one.reason}`),
      [condition],
    );
    const same = budget({}, status);
    assert.equal(budgetStatus(same, { expectedPods, desiredHealthy, currentHealthy, awaited: {} }, at(9)), same.status);
  }
  const failed = failedStatus(budget({}, { disruptionsAllowed: 3, observedGeneration: 1 }), 'no', at(5));
  assert.equal(failed.disruptionsAllowed, 0);
  assert.deepEqual(failed.conditions, [
    { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no', observedGeneration: 1, lastTransitionTime: at(5) },
  ]);
});

test('an announced disruption that does not come is stale after two minutes', () => {
  const marked = (reason: string, phase = 'Running', deleting = false): Pod => {
    const base = pod('p', true, deleting);
    return {
      ...base,
      status: { ...base.status, phase, conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: at(0) }] },
    } as Pod;
  };
  assert.equal(staleInMs(marked('EvictionByEvictionAPI'), ms(20)), 100_000);
  assert.equal(staleInMs(marked('EvictionByEvictionAPI'), ms(500)), 0);
  assert.equal(staleInMs(marked('TerminationByKubelet'), ms(500)), undefined);
  assert.equal(staleInMs(marked('EvictionByEvictionAPI', 'Failed'), ms(500)), undefined);
  assert.equal(staleInMs(marked('EvictionByEvictionAPI', 'Running', true), ms(500)), undefined);
  assert.equal(staleInMs(pod('p'), ms(500)), undefined);
});
