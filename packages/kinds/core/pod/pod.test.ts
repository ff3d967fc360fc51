import assert from 'node:assert/strict';
import test from 'node:test';
import { created, deepFreeze, draftOf, testContext } from '../../testing/objects.ts';
import { container, pod } from '../../testing/pods.ts';
import { pods } from './kind.ts';
import type { Pod } from './schema.ts';

test('defaults fill a plain pod and change nothing the second time', () => {
  const first = draftOf<Pod>(
    container({
      ports: [{ containerPort: 80 }],
      livenessProbe: { httpGet: { port: 80 } },
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    }),
  );
  pods.defaults!(first, testContext);
  assert.equal(first.spec?.restartPolicy, 'Always');
  assert.equal(first.spec?.terminationGracePeriodSeconds, 30);
  assert.equal(first.spec?.enableServiceLinks, true);
  const one = first.spec!.containers![0]!;
  assert.equal(one.imagePullPolicy, 'IfNotPresent');
  assert.deepEqual(one.ports, [{ containerPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(one.livenessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.equal(one.env![0]!.valueFrom!.fieldRef!.apiVersion, 'v1');
  const again = deepFreeze(structuredClone(first));
  pods.defaults!(again, testContext);
  assert.deepEqual(again, first);
});

test('the pull policy follows the tag', () => {
  for (const [image, policy] of [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.2', 'IfNotPresent'],
    ['localhost:5000/a/b', 'Always'],
    ['localhost:5000/a/b:v1', 'IfNotPresent'],
    [`a@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    ['Bad/Name', 'IfNotPresent'],
  ] as const) {
    const object = created(pods, container({ image }));
    assert.equal(object.spec.containers[0]!.imagePullPolicy, policy, image);
  }
});

test('creation resets the status and sets class, phase and generation', () => {
  const object = created(pods, {
    ...container({ resources: { limits: { cpu: '1', memory: '1Gi' } } }),
    status: { phase: 'Running', podIP: '1.2.3.4' },
  });
  assert.deepEqual(object.status, { phase: 'Pending', qosClass: 'Guaranteed' });
  assert.equal(object.metadata.generation, 1);
  assert.deepEqual(object.spec.containers[0]!.resources.requests, { cpu: '1', memory: '1Gi' });
});

test('a gated pod says so', () => {
  const object = created(pods, pod({ schedulingGates: [{ name: 'x/y' }] }));
  assert.equal(object.status.conditions?.[0]?.reason, 'SchedulingGated');
  assert.equal(pods.columns[2]!.cell(object, 0), 'SchedulingGated');
});

test('grace period', () => {
  const grace = (object: Pod, asked?: number): number | undefined => pods.strategy.gracePeriodSeconds?.(object, asked);
  const waiting = created(pods, pod({}));
  const bound = created(pods, pod({ nodeName: 'n' }));
  assert.equal(grace(waiting, undefined), 0);
  assert.equal(grace(bound, undefined), 30);
  assert.equal(grace(bound, 5), 5);
  assert.equal(grace(bound, -1), 1);
  assert.equal(grace({ ...bound, status: { ...bound.status, phase: 'Failed' } }, 5), 0);
});
