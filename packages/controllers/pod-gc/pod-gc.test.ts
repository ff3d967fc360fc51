import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { outOfService, surplusTerminated, terminatingUnscheduled } from './doomed.ts';
import { Quarantine } from './quarantine.ts';

interface Shape {
  readonly phase?: string;
  readonly reason?: string;
  readonly minute?: number;
  readonly node?: string;
  readonly deleting?: boolean;
}

const pod = (name: string, { phase = 'Running', reason, minute = 0, node, deleting }: Shape): Pod =>
  ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, creationTimestamp: `2026-01-01T00:0${minute}:00Z`, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { containers: [], nodeName: node },
    status: { phase, reason },
  }) as unknown as Pod;

const names = (pods: readonly Pod[]) => pods.map((one) => one.metadata.name);

test('of ended pods beyond the threshold, evicted ones and the oldest go', () => {
  const pods = [
    pod('old', { phase: 'Succeeded', minute: 1 }),
    pod('young', { phase: 'Failed', minute: 5 }),
    pod('evicted', { phase: 'Failed', reason: 'Evicted', minute: 9 }),
    pod('running', { minute: 0 }),
    pod('going', { phase: 'Failed', deleting: true }),
  ];
  for (const [threshold, expected] of [
    [0, []],
    [-1, []],
    [3, []],
    [2, ['evicted']],
    [1, ['evicted', 'old']],
  ] as const) {
    assert.deepEqual(names(surplusTerminated(pods, threshold)), expected, `threshold ${threshold}`);
  }
});

test('pods that are being deleted without a kubelet are found', () => {
  const node = (name: string, ready: string, taint?: string) =>
    ({
      metadata: { name },
      spec: { taints: taint ? [{ key: taint, effect: 'NoExecute' }] : [] },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    }) as unknown as Node;
  const nodes = new Map(
    [node('up', 'True', 'node.kubernetes.io/out-of-service'), node('out', 'False', 'node.kubernetes.io/out-of-service'), node('down', 'Unknown')].map(
      (one) => [one.metadata.name!, one],
    ),
  );
  const pods = ['up', 'out', 'down', 'missing'].map((name) => pod(`on-${name}`, { node: name, deleting: true }));
  const all = [...pods, pod('alive', { node: 'out' }), pod('unscheduled', { deleting: true }), pod('pending', {})];
  assert.deepEqual(names(outOfService(all, (name) => nodes.get(name))), ['on-out']);
  assert.deepEqual(names(terminatingUnscheduled(all)), ['unscheduled']);
});

test('a missing name must be missing throughout the quarantine', () => {
  const quarantine = new Quarantine(40_000);
  assert.deepEqual(quarantine.update(new Set(['a', 'b']), 0), []);
  assert.deepEqual(quarantine.update(new Set(['a']), 20_000), []);
  assert.deepEqual(quarantine.update(new Set(['a', 'b']), 40_000), ['a']);
  assert.deepEqual(quarantine.update(new Set(['a', 'b']), 80_000), ['a', 'b']);
});
