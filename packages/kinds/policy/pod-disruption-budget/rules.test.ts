import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { podDisruptionBudgets } from './kind.ts';

const budget = (spec: object): object => ({ kind: 'PodDisruptionBudget', apiVersion: 'policy/v1', metadata: { name: 'b', namespace: 'default' }, spec });
const counts = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
const condition = { type: 'DisruptionAllowed', status: 'True', lastTransitionTime: '2026-01-02T03:04:05Z', reason: 'SufficientPods', message: '' };
const withCondition = (members: object): object => ({ ...counts, conditions: [{ ...condition, ...members }] });
const AT = 'status.conditions[0]';

createCases(podDisruptionBudgets, {
  nothing: [budget({}), []],
  percentages: [budget({ minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' }), []],
  'more than all': [budget({ minAvailable: '101%' }), ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']],
  'negative maximum': [budget({ maxUnavailable: -1 }), ['spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0']],
});

updateCases(podDisruptionBudgets, budget({ minAvailable: 1 }), {
  'anything may change': [(draft) => void (draft.spec = { maxUnavailable: 1, selector: { matchLabels: { a: 'b' } } }), []],
  'to what is right': [(draft) => void (draft.spec!.minAvailable = -1), ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
});

test('generation and status', () => {
  const stored = created(podDisruptionBudgets, { ...budget({ minAvailable: 1 }), status: { ...counts, currentHealthy: 7 } });
  assert.deepEqual(stored.status, counts);
  assert.equal(stored.metadata.generation, 1);
  assert.equal(updated(podDisruptionBudgets, stored, (draft) => void (draft.spec!.minAvailable = 2)).metadata.generation, 2);
});

statusCases(podDisruptionBudgets, budget({}), {
  counts: [counts, { ...counts, ...withCondition({}), observedGeneration: 1, disruptedPods: { a: '2026-01-02T03:04:05Z' } }, []],
  negative: [
    counts,
    { disruptionsAllowed: -1, currentHealthy: -1, desiredHealthy: -1, expectedPods: -1 },
    ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'].map((name) => `status.${name}: Invalid value: -1: must be greater than or equal to 0`),
  ],
  'two conditions of a type': [counts, { ...counts, conditions: [condition, condition] }, ['status.conditions[1].type: Duplicate value: "DisruptionAllowed"']],
  'bad status': [counts, withCondition({ status: 'Maybe' }), [`${AT}.status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`]],
  'negative generation': [counts, withCondition({ observedGeneration: -1 }), [`${AT}.observedGeneration: Invalid value: -1: must be greater than or equal to zero`]],
  'no time, no reason': [
    counts,
    withCondition({ lastTransitionTime: undefined, reason: '' }),
    [`${AT}.lastTransitionTime: Required value: must be set`, `${AT}.reason: Required value: must be set`],
  ],
  'bad reason': [
    counts,
    withCondition({ reason: 'not a word' }),
    [
      `${AT}.reason: Invalid value: "not a word": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')`,
    ],
  ],
  'long texts': [
    counts,
    withCondition({ reason: 'a'.repeat(1025), message: 'a'.repeat(32_769) }),
    [`${AT}.reason: Too long: may not be more than 1024 bytes`, `${AT}.message: Too long: may not be more than 32768 bytes`],
  ],
});
