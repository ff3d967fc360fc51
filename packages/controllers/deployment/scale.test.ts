import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './annotations.ts';
import { maxUnavailable } from './limits.ts';
import { newSetSize, resizeOldSets } from './rolling.ts';
import { isScalingEvent, scaledSizes } from './scale.ts';

const template = { metadata: {}, spec: { containers: [] } };

function deployment(replicas: number, maxSurge: number | string, unavailable: number | string): Deployment {
  return {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web' },
    spec: { replicas, template, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: unavailable } } },
    status: {},
  };
}

function set(name: string, replicas: number, created: number, before?: { readonly desired: number; readonly max: number }, available = replicas): ReplicaSet {
  return {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: {
      name,
      uid: name,
      creationTimestamp: new Date(created * 1000).toISOString().replace('.000', ''),
      ...(before ? { annotations: { [DESIRED_REPLICAS]: String(before.desired), [MAX_REPLICAS]: String(before.max) } } : {}),
    },
    spec: { replicas, template },
    status: { replicas, availableReplicas: available },
  };
}

const sizes = (d: Deployment, newSet: ReplicaSet | undefined, old: ReplicaSet[]) =>
  Object.fromEntries(scaledSizes(d, newSet, old).map(({ rs, replicas }) => [rs.metadata.name, replicas]));

test('one active set takes the whole scale', () => {
  const before = { desired: 10, max: 10 };
  assert.deepEqual(sizes(deployment(12, 0, 1), set('a', 10, 1, before), []), { a: 12 });
  assert.deepEqual(sizes(deployment(5, 0, 1), undefined, [set('old', 0, 1), set('older', 0, 0)]), { old: 5 });
});

test('sets grow and shrink in proportion, the largest gets what is left over', () => {
  const before = { desired: 10, max: 10 };
  const cases: readonly [string, number, readonly number[], readonly number[]][] = [
    ['up', 20, [5, 5], [10, 10]],
    ['up, uneven', 12, [5, 3, 2], [6, 4, 2]],
    ['down', 6, [5, 5], [3, 3]],
    ['down, uneven', 7, [5, 3, 2], [4, 2, 1]],
    ['to zero', 0, [5, 5], [0, 0]],
  ];
  for (const [name, desired, have, want] of cases) {
    const [first, ...others] = have.map((replicas, i) => set(`s${i}`, replicas, 10 - i, before));
    assert.deepEqual(sizes(deployment(desired, 0, 1), first, others), Object.fromEntries(want.map((replicas, i) => [`s${i}`, replicas])), name);
  }
});

test('when the newest set is all that is wanted, the others go', () => {
  const before = { desired: 5, max: 6 };
  assert.deepEqual(sizes(deployment(5, 1, 1), set('new', 5, 2, before), [set('old', 3, 1, before)]), { old: 0 });
});

test('a scale is noticed by the size that active sets record', () => {
  assert.equal(isScalingEvent(deployment(5, 1, 1), [set('a', 3, 1, { desired: 5, max: 6 })]), false);
  assert.equal(isScalingEvent(deployment(6, 1, 1), [set('a', 3, 1, { desired: 5, max: 6 })]), true);
  assert.equal(isScalingEvent(deployment(6, 1, 1), [set('a', 0, 1, { desired: 5, max: 6 })]), false);
});

test('surge rounds up, unavailable down, and not both are zero', () => {
  assert.equal(maxUnavailable(deployment(10, '25%', '25%')), 2);
  assert.equal(maxUnavailable(deployment(3, 0, '25%')), 1);
  assert.equal(newSetSize(deployment(10, '25%', '25%'), [set('old', 10, 1)], 0), 3);
  assert.equal(newSetSize(deployment(10, 0, 1), [set('old', 10, 1)], 0), 0);
  assert.equal(newSetSize(deployment(4, '100%', 0), [set('old', 4, 1)], 0), 4);
});

test('old sets give way only as far as availability allows', () => {
  const cases: readonly [string, Deployment, ReplicaSet, ReplicaSet[], Record<string, number>][] = [
    ['no surge up yet', deployment(4, 1, 0), set('new', 1, 2, undefined, 0), [set('old', 4, 1)], {}],
    ['new one up', deployment(4, 1, 0), set('new', 1, 2), [set('old', 4, 1)], { old: 3 }],
    ['unavailable allowed', deployment(10, 0, 2), set('new', 0, 2), [set('old', 10, 1)], { old: 8 }],
    ['unhealthy first', deployment(10, 0, 2), set('new', 0, 2), [set('old', 10, 1, undefined, 5)], { old: 8 }],
    ['oldest first', deployment(4, 0, 2), set('new', 0, 3), [set('b', 2, 2), set('a', 2, 1)], { a: 0 }],
    ['available counts once', deployment(4, 1, 1), set('new', 2, 2, undefined, 0), [set('old', 3, 1)], {}],
  ];
  for (const [name, d, newSet, old, want] of cases) {
    assert.deepEqual(Object.fromEntries(resizeOldSets(d, newSet, old).map(({ rs, replicas }) => [rs.metadata.name, replicas])), want, name);
  }
});
