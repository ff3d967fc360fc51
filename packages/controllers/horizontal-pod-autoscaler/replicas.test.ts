import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { formatTime } from '#machinery/time.ts';
import type { PodMetrics } from './metrics-api.ts';
import { replicasByAverage, replicasByShare, replicasByUtilization, replicasByValue } from './replicas.ts';
import type { ScaleFacts } from './replicas.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);

interface PodSpec {
  readonly phase?: string;
  readonly ready?: boolean;
  /** Seconds ago. */
  readonly started?: number;
  readonly changed?: number;
  readonly deleted?: boolean;
  readonly request?: string;
}

function pod(name: string, { phase = 'Running', ready = true, started = 3600, changed = 3500, deleted, request = '1' }: PodSpec = {}): Pod {
  return {
    metadata: { name, namespace: 'default', ...(deleted ? { deletionTimestamp: formatTime(nowMs) } : {}) },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: request } } }] },
    status: {
      phase,
      startTime: formatTime(nowMs - started * 1000),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: formatTime(nowMs - changed * 1000) }],
    },
  } as unknown as Pod;
}

/** Pods `0`, `1`, …; millicores by the same order, `undefined` for a pod without metrics. */
function facts(pods: readonly PodSpec[], milli: readonly (number | undefined)[], specReplicas = pods.length): { readonly facts: ScaleFacts; readonly metrics: PodMetrics } {
  const metrics: PodMetrics = new Map();
  for (const [i, value] of milli.entries()) if (value !== undefined) metrics.set(String(i), { milli: value, timestampMs: nowMs, windowMs: 60_000 });
  return {
    facts: { specReplicas, statusReplicas: specReplicas, pods: pods.map((one, i) => pod(String(i), one)), tolerance: { up: 0.1, down: 0.1 }, nowMs, cpuInitializationMs: 300_000, initialReadinessMs: 30_000 },
    metrics,
  };
}

const cpu = (pods: readonly PodSpec[], milli: readonly (number | undefined)[], percent: number, specReplicas?: number): number => {
  const input = facts(pods, milli, specReplicas);
  return replicasByUtilization(input.facts, input.metrics, { resource: 'cpu', percent }).replicas;
};

describe('utilization', () => {
  const p: PodSpec = {};
  const cold: PodSpec = { ready: false, started: 60, changed: 60 };
  const cases: readonly [string, number, number][] = [
    ['grows', cpu([p, p, p], [300, 500, 700], 30), 5],
    ['shrinks', cpu([p, p, p, p, p], [100, 300, 500, 250, 250], 50), 3],
    ['within the tolerance nothing happens', cpu([p, p, p], [1010, 1030, 1020], 100), 3],
    ['pending pods count as idle when growing', cpu([p, { phase: 'Pending' }, p], [600, undefined, 600], 30), 4],
    ['cold pods count as idle when growing', cpu([p, p, cold], [400, 500, 700], 30), 3],
    ['a cold pod that would turn the direction around', cpu([cold, p, cold], [100, 500, 100], 30), 3],
    ['pods that are long unready but were ready count', cpu([p, p, { ready: false, started: 3600, changed: 60 }], [400, 500, 600], 30), 5],
    ['failed and terminating pods are ignored', cpu([p, p, { phase: 'Failed' }, { deleted: true }], [500, 700, undefined, 900], 50, 2), 3],
    ['missing metrics count as full when shrinking', cpu([p, p, p, p], [100, 300, 400, undefined], 100), 2],
    ['missing metrics count as idle when growing', cpu([p, p, p, p], [1000, 900, 1000, undefined], 50), 6],
    ['missing metrics that would turn the direction around', cpu([p, p], [1000, undefined], 98), 2],
    ['a target above 100 is assumed for missing ones', cpu([p, p, p], [400, 200, undefined], 200), 2],
    ['measured before it became ready', cpu([p, { started: 100, changed: 30 }], [500, 900], 50), 2],
  ];
  for (const [name, actual, expected] of cases) it(name, () => assert.equal(actual, expected));

  it('tells what is missing', () => {
    assert.throws(() => cpu([], [], 50), { message: 'no pods returned by selector while calculating replica count' });
    assert.throws(() => cpu([cold], [100], 50), { message: 'did not receive metrics for targeted pods (pods might be unready)' });
    const input = facts([p], [100]);
    assert.throws(() => replicasByUtilization(input.facts, input.metrics, { resource: 'memory', percent: 50 }), { message: 'missing request for memory in container c of Pod 0' });
  });

  it('tolerances may differ by direction', () => {
    const input = facts([p, p], [520, 520]);
    const { facts: standard, metrics } = input;
    const target = { resource: 'cpu', percent: 50 };
    assert.equal(replicasByUtilization(standard, metrics, target).replicas, 2);
    assert.equal(replicasByUtilization({ ...standard, tolerance: { up: 0, down: 0.1 } }, metrics, target).replicas, 3);
  });
});

describe('other metrics', () => {
  const p: PodSpec = {};
  it('averages of pods, whether ready or not', () => {
    const { facts: of, metrics } = facts([p, { ready: false, started: 60, changed: 60 }, p], [20_000, 10_000, 30_000]);
    assert.deepEqual(replicasByAverage(of, metrics, '', 15_000), { replicas: 4, milli: 20_000 });
  });
  it('a value that all share', () => {
    const { facts: of } = facts([p, p, { ready: false }], []);
    assert.equal(replicasByValue(of, 20_000, 10_000).replicas, 4);
    assert.equal(replicasByValue({ ...of, specReplicas: 0 }, 25_000, 10_000).replicas, 3);
    assert.equal(replicasByValue({ ...of, specReplicas: 0 }, 0, 10_000).replicas, 0);
    assert.equal(replicasByValue(of, 10_500, 10_000).replicas, 3);
  });
  it('a share for each', () => {
    const { facts: of } = facts([p, p, p], []);
    assert.deepEqual(replicasByShare(of, 8_600_000, 2_000_000), { replicas: 5, milli: 2_866_667 });
  });
});
