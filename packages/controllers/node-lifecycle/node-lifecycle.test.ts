import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { isOverdue, observeNode, unknownConditions } from './health.ts';
import { taintsFor } from './taints.ts';
import type { Eviction } from './taints.ts';
import { evictionRateOf, Zones, zoneOf, zoneState } from './zones.ts';

const created = '2026-01-01T00:00:00Z';
const createdMs = Date.parse(created);

interface Shape {
  readonly conditions?: Readonly<Record<string, string>>;
  readonly heartbeat?: string;
  readonly taints?: readonly string[];
  readonly unschedulable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Taints are written `key:Effect`. */
function nodeOf({ conditions = {}, heartbeat = created, taints = [], unschedulable = false, labels = {} }: Shape): Node {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: 'n', uid: 'u', creationTimestamp: created, labels },
    spec: { unschedulable, taints: taints.map((one) => ({ key: one.split(':')[0], effect: one.split(':')[1] })) },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, lastHeartbeatTime: heartbeat, reason: 'r' })) },
  } as unknown as Node;
}

const leaseOf = (renewTime: string): Lease => ({ kind: 'Lease', apiVersion: 'v1', metadata: { name: 'n' }, spec: { renewTime } }) as Lease;
const at = (seconds: number) => ({ nowMs: createdMs + seconds * 1000, monotonicMs: seconds * 1000 });
const grace = { gracePeriodMs: 50_000, startupGracePeriodMs: 60_000 };

test('heartbeats and lease renewals are signs of life, whatever time they tell', () => {
  const node = nodeOf({ conditions: { Ready: 'True' } });
  const first = observeNode(undefined, node, undefined, at(100));
  assert.equal(first.seenMs, 100_000);
  assert.equal(observeNode(first, node, undefined, at(110)).seenMs, 100_000);
  const beat = observeNode(first, nodeOf({ conditions: { Ready: 'True' }, heartbeat: '2020-01-01T00:00:00Z' }), undefined, at(120));
  assert.equal(beat.seenMs, 120_000);
  const leased = observeNode(first, node, leaseOf('2026-01-01T00:00:10.000000Z'), at(130));
  assert.equal(leased.seenMs, 130_000);
  assert.equal(observeNode(leased, node, leaseOf('2026-01-01T00:00:10.000000Z'), at(140)).seenMs, 130_000);
  assert.equal(observeNode(leased, node, leaseOf('2026-01-01T00:00:05.000000Z'), at(140)).seenMs, 130_000);
  assert.equal(isOverdue(node, first, at(150), grace), false);
  assert.equal(isOverdue(node, first, at(151), grace), true);
});

test('a node that never reported has the startup grace period from its creation', () => {
  const node = nodeOf({});
  const health = observeNode(undefined, node, undefined, at(30));
  assert.equal(isOverdue(node, health, at(60), grace), false);
  assert.equal(isOverdue(node, health, at(61), grace), true);
  const [ready, ...others] = unknownConditions(node, at(61).nowMs);
  assert.deepEqual(ready, {
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
    lastHeartbeatTime: created,
    lastTransitionTime: '2026-01-01T00:01:01Z',
  });
  assert.deepEqual(
    others.map((one) => one.type),
    ['MemoryPressure', 'DiskPressure', 'PIDPressure'],
  );
});

test('the conditions of a silent node become unknown once, others stay', () => {
  const conditions = unknownConditions(
    nodeOf({ conditions: { Ready: 'True', MemoryPressure: 'Unknown', DiskPressure: 'False', PIDPressure: 'False', NetworkUnavailable: 'False' } }),
    at(90).nowMs,
  );
  assert.deepEqual(
    conditions.map((one) => [one.type, one.reason, one.message, one.lastHeartbeatTime]),
    ['Ready', 'DiskPressure', 'PIDPressure'].map((type) => [type, 'NodeStatusUnknown', 'Kubelet stopped posting node status.', created]),
  );
});

test('taints follow conditions', () => {
  const ready = { Ready: 'True' };
  const notReady = 'node.kubernetes.io/not-ready';
  const unreachable = 'node.kubernetes.io/unreachable';
  const table: readonly (readonly [Shape, Eviction, readonly string[] | undefined])[] = [
    [{ conditions: ready }, 'permitted', undefined],
    [{ conditions: ready, taints: [`${notReady}:NoSchedule`, 'mine:NoExecute'] }, 'wanted', ['mine:NoExecute']],
    [{ conditions: { Ready: 'False' } }, 'wanted', [`${notReady}:NoSchedule`]],
    [{ conditions: { Ready: 'False' } }, 'permitted', [`${notReady}:NoSchedule`, `${notReady}:NoExecute`]],
    [
      { conditions: { Ready: 'Unknown' }, taints: [`${notReady}:NoSchedule`, `${notReady}:NoExecute`] },
      'wanted',
      [`${unreachable}:NoSchedule`, `${unreachable}:NoExecute`],
    ],
    [{ conditions: { Ready: 'Unknown' }, taints: [`${unreachable}:NoSchedule`, `${unreachable}:NoExecute`] }, 'none', [`${unreachable}:NoSchedule`]],
    [{ conditions: ready, taints: [`${unreachable}:NoExecute`] }, 'wanted', []],
    [
      { conditions: ready, unschedulable: true, taints: ['mine:NoSchedule'] },
      'wanted',
      ['mine:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'],
    ],
    [
      { conditions: { ...ready, MemoryPressure: 'True', DiskPressure: 'True', PIDPressure: 'True', NetworkUnavailable: 'True' } },
      'wanted',
      ['memory-pressure', 'disk-pressure', 'network-unavailable', 'pid-pressure'].map((one) => `node.kubernetes.io/${one}:NoSchedule`),
    ],
    [{ conditions: { ...ready, MemoryPressure: 'Unknown' } }, 'wanted', undefined],
    [
      { conditions: ready, taints: ['node.kubernetes.io/out-of-service:NoExecute', 'node.kubernetes.io/memory-pressure:NoExecute'] },
      'none',
      undefined,
    ],
  ];
  for (const [shape, evict, expected] of table) {
    const taints = taintsFor(nodeOf(shape), evict, '2026-01-01T00:00:00Z');
    assert.deepEqual(
      taints?.map((one) => `${one.key}:${one.effect}`),
      expected,
      JSON.stringify([shape, evict]),
    );
  }
});

test('zones are as disrupted as their nodes', () => {
  const rates = { evictionRate: 0.1, secondaryEvictionRate: 0.01, largeClusterSize: 50, unhealthyZoneThreshold: 0.55 };
  for (const [ready, notReady, state, rate] of [
    [3, 0, 'normal', 0.1],
    [0, 1, 'full', 0.1],
    [1, 2, 'normal', 0.1],
    [1, 3, 'partial', 0],
    [5, 4, 'normal', 0.1],
    [20, 40, 'partial', 0.01],
  ] as const) {
    assert.equal(zoneState({ ready, notReady }, 0.55), state, `${ready}/${notReady}`);
    assert.equal(evictionRateOf(state, { ready, notReady }, rates), rate);
  }
  assert.equal(zoneOf(nodeOf({ labels: { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': 'z' } })), 'r:\0:z');
  const zones = new Zones(rates);
  zones.update(
    new Map([
      ['a', { ready: 1, notReady: 2 }],
      ['b', { ready: 0, notReady: 1 }],
    ]),
    0,
  );
  assert.deepEqual([zones.permit('a', 0), zones.permit('a', 1_000), zones.permit('a', 10_000), zones.permit('b', 10_000)], [true, false, true, true]);
  assert.deepEqual(
    zones.update(
      new Map([
        ['a', { ready: 0, notReady: 3 }],
        ['b', { ready: 0, notReady: 1 }],
      ]),
      30_000,
    ),
    { resumed: false },
  );
  assert.equal(zones.stopped, true);
  assert.equal(zones.permit('a', 60_000), false);
  assert.deepEqual(zones.update(new Map([['a', { ready: 1, notReady: 2 }]]), 70_000), { resumed: true });
});
