/** What the table of every kind shows of one object. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { horizontalPodAutoscalers } from './autoscaling/horizontal-pod-autoscaler/kind.ts';
import { pods } from './core/pod/kind.ts';
import { nodeMetricsKind } from './metrics/node-metrics/kind.ts';
import { podMetricsKind } from './metrics/pod-metrics/kind.ts';
import { prereleaseKinds } from './prerelease.ts';
import { builtinKinds } from './registry.ts';
import { deepFreeze } from './testing/objects.ts';
import { rows } from './testing/rows.ts';
import { row } from './testing/tables.ts';

const nameOf = ({ group, kind }: Kind): string => (group ? `${group}/${kind}` : kind);
// Other versions are shown as what they are stored as.
const listed = [
  ...[...builtinKinds, ...prereleaseKinds].filter(({ virtual, verbs, stored, group }) => !virtual && stored?.group !== group && verbs.includes('list')),
  nodeMetricsKind,
  podMetricsKind,
];
const CREATED = { name: 'it', creationTimestamp: '2026-01-02T03:04:05Z' };

function shownBy(kind: Kind, given: object): string {
  const { metadata, ...members } = given as { readonly metadata?: object };
  const object = deepFreeze({ spec: {}, status: {}, ...members, kind: kind.kind, apiVersion: 'v1', metadata: { ...CREATED, ...metadata } });
  const { Name: name, ...cells } = row(kind, object as KubeObject, 300);
  const last = kind.columns.at(-1)!.name === 'Name' ? [name] : [];
  const texts = [...Object.values(cells), ...last].map(String).join(' | ');
  return name === 'it' ? texts : `${name}: ${texts}`;
}

test('there is a row of every kind that is listed', () => {
  assert.deepEqual(Object.keys(rows).toSorted(), [...new Set(listed.map(nameOf))].toSorted());
});

for (const kind of listed) {
  const [object, cells] = rows[nameOf(kind)] ?? [{}, ''];
  test(`cells of ${nameOf(kind)}`, () => assert.equal(shownBy(kind, object), cells));
}

const target = (members: object): object => ({ target: members });
const usage = (members: object): object => ({ current: members });
const TARGETS: readonly (readonly [metrics: readonly object[], current: readonly object[], text: string])[] = [
  [[{ type: 'Resource', resource: { name: 'cpu', ...target({ averageUtilization: 80 }) } }], [], 'cpu: <unknown>/80%'],
  [[{ type: 'Resource', resource: { name: 'cpu', ...target({ averageUtilization: 80 }) } }], [{ resource: usage({ averageUtilization: 50 }) }], 'cpu: 50%/80%'],
  [[{ type: 'Resource', resource: { name: 'memory', ...target({ averageValue: '1Gi' }) } }], [{ resource: usage({ averageValue: '512Mi' }) }], 'memory: 512Mi/1Gi'],
  [[{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', ...target({ averageUtilization: 60 }) } }], [], 'cpu: <unknown>/60%'],
  [[{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', ...target({ averageValue: '2' }) } }], [{ containerResource: usage({ averageValue: '1' }) }], 'cpu: 1/2'],
  [[{ type: 'Resource', resource: { name: 'cpu', ...target({}) } }], [], 'cpu: <unknown>/<auto>'],
  [[{ type: 'Pods', pods: target({ averageValue: '10' }) }], [{ pods: usage({ averageValue: '7' }) }], '7/10'],
  [[{ type: 'Pods', pods: target({ averageValue: '10' }) }], [{ pods: usage({}) }], '<nil>/10'],
  [[{ type: 'Object', object: target({ value: '10' }) }], [{ object: usage({ value: '3' }) }], '3/10'],
  [[{ type: 'External', external: target({ averageValue: '10' }) }], [{ external: usage({ value: '3' }) }], '<unknown>/10 (avg)'],
  [
    ['a', 'b', 'c', 'd'].map((name) => ({ type: 'Resource', resource: { name, ...target({ averageUtilization: 1 }) } })),
    [],
    'a: <unknown>/1%, b: <unknown>/1% + 2 more...',
  ],
];

for (const [metrics, currentMetrics, text] of TARGETS) {
  test(`targets of an autoscaler: ${text}`, () => {
    const object = { metadata: CREATED, spec: { scaleTargetRef: {}, maxReplicas: 1, metrics }, status: { currentMetrics } };
    assert.equal(row(horizontalPodAutoscalers, object as never)['Targets'], text);
  });
}

test('pods that have ended say so beside their cells', () => {
  const reasons = ['Pending', 'Running', 'Succeeded', 'Failed'].map((phase) => pods.rowConditions?.({ status: { phase } } as never)?.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`));
  assert.deepEqual(reasons, [undefined, undefined, ['Completed=True Succeeded: The pod has completed successfully.'], ['Completed=True Failed: The pod failed.']]);
});
