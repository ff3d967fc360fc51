import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { DELETION_COST, podsToDelete } from './deletion-order.ts';

const NOW = Date.UTC(2026, 0, 1);

interface Shape {
  readonly node?: string;
  readonly phase?: 'Pending' | 'Running' | 'Unknown';
  readonly readyForS?: number;
  readonly cost?: string;
  readonly restarts?: number;
  readonly ageS?: number;
}

function pod(name: string, { node = 'n', phase = 'Running', readyForS, cost, restarts = 0, ageS = 1000 }: Shape): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, uid: name, creationTimestamp: formatTime(NOW - ageS * 1000), ...(cost === undefined ? {} : { annotations: { [DELETION_COST]: cost } }) },
    spec: { containers: [], ...(node ? { nodeName: node } : {}) },
    status: {
      phase,
      conditions: readyForS === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(NOW - readyForS * 1000) }],
      containerStatuses: [{ name: 'c', state: {}, lastState: {}, ready: true, restartCount: restarts, image: '', imageID: '' }],
    },
  };
}

const cases: readonly [string, Shape, Shape][] = [
  ['without a node first', { node: '', phase: 'Pending' }, { phase: 'Pending' }],
  ['pending before running', { phase: 'Pending' }, { phase: 'Running' }],
  ['unknown before running', { phase: 'Unknown' }, { phase: 'Running' }],
  ['not ready before ready', {}, { readyForS: 10 }],
  ['cheap before dear', { readyForS: 900, cost: '-5' }, { readyForS: 10 }],
  ['a cost that is no number is none', { readyForS: 10, cost: 'x' }, { readyForS: 900, cost: '0' }],
  ['ready for less long first', { readyForS: 10 }, { readyForS: 900 }],
  ['more restarts first', { restarts: 5 }, { restarts: 1 }],
  ['younger first', { ageS: 10 }, { ageS: 1000 }],
];

for (const [name, first, second] of cases) {
  test(`a scale-down takes pods ${name}`, () => {
    const candidates = [pod('second', second), pod('first', first)];
    assert.deepEqual(podsToDelete(candidates, candidates, 1, NOW).map((one) => one.metadata.name), ['first']);
  });
}

test('crowded nodes lose pods first', () => {
  const candidates = [pod('alone', { node: 'a', readyForS: 10 }), pod('one', { node: 'b', readyForS: 10 })];
  const related = [...candidates, pod('other', { node: 'b', readyForS: 10 })];
  assert.deepEqual(podsToDelete(candidates, related, 1, NOW).map((one) => one.metadata.name), ['one']);
});

test('all go when all must', () => {
  const candidates = [pod('a', {}), pod('b', {})];
  assert.equal(podsToDelete(candidates, candidates, 5, NOW).length, 2);
});
