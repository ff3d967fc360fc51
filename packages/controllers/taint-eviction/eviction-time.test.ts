import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Taint } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { evictingTaints, evictionTimeMs } from './eviction-time.ts';

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
const ms = (minute: number) => Date.parse(at(minute));

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly tolerationSeconds?: number;
}

const podWith = (tolerations: readonly Toleration[], arrived: number): Pod =>
  ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'p', creationTimestamp: at(0) },
    spec: { containers: [], tolerations },
    status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(arrived) }] },
  }) as unknown as Pod;

const taint = (key: string, added?: number): Taint => ({ key, effect: 'NoExecute', ...(added === undefined ? {} : { timeAdded: at(added) }) });

test('only NoExecute taints drive pods away', () => {
  const taints: Taint[] = [{ key: 'a', effect: 'NoSchedule' }, taint('b')];
  assert.deepEqual(
    evictingTaints(taints).map((one) => one.key),
    ['b'],
  );
  assert.deepEqual(evictingTaints(undefined), []);
});

test('a pod stays as long as its shortest toleration, counted from taint or arrival, whichever is later', () => {
  const forever = { key: 'a', operator: 'Exists' };
  const minute = { key: 'a', operator: 'Exists', tolerationSeconds: 60 };
  const table: readonly (readonly [readonly Toleration[], readonly Taint[], number, number | undefined])[] = [
    [[], [], 0, undefined],
    [[], [taint('a', 1)], 0, 0],
    [[forever], [taint('a', 1)], 0, undefined],
    [[forever], [taint('a', 1), taint('b', 1)], 0, 0],
    [[minute], [taint('a', 5)], 0, ms(6)],
    [[minute], [taint('a', 5)], 10, ms(11)],
    [[minute], [taint('a')], 3, ms(31)],
    [[minute], [taint('a')], 40, ms(41)],
    [[minute, { key: 'b', operator: 'Exists', tolerationSeconds: 600 }], [taint('a', 5), taint('b', 1)], 0, ms(6)],
    [[{ ...minute, tolerationSeconds: 0 }], [taint('a', 5)], 0, 0],
    [[{ ...minute, tolerationSeconds: -1 }], [taint('a', 5)], 0, 0],
    [[{ operator: 'Exists' }], [taint('a', 5), taint('b', 6)], 0, undefined],
  ];
  for (const [tolerations, taints, arrived, expected] of table) {
    assert.equal(evictionTimeMs(podWith(tolerations, arrived), taints, ms(30)), expected, JSON.stringify([tolerations, taints, arrived]));
  }
});
