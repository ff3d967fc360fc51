import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployment } from '#kinds/apps/deployment/schema.ts';
import { threeWayMergePatch, threeWayStrategicPatch } from './three-way.ts';

type Map = Record<string, unknown>;
const spec = (containers: Map[], more: Map = {}): Map => ({ spec: { template: { spec: { containers } }, ...more } });
const patchOf = (original: Map, modified: Map, current: Map): Map | undefined => threeWayStrategicPatch(deployment, original, modified, current);

test('nothing changed: no patch, whatever the server added', () => {
  const manifest = spec([{ name: 'web', image: 'a' }], { replicas: 2 });
  const live = spec([{ name: 'web', image: 'a', terminationMessagePath: '/dev/termination-log' }], { replicas: 2, revisionHistoryLimit: 10 });
  assert.equal(patchOf(manifest, manifest, live), undefined);
});

test('an image changes by its container’s name', () => {
  const patch = patchOf(spec([{ name: 'web', image: 'a' }]), spec([{ name: 'web', image: 'b' }]), spec([{ name: 'web', image: 'a', imagePullPolicy: 'Always' }]));
  assert.deepEqual(patch, { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'web' }], containers: [{ image: 'b', name: 'web' }] } } } } as never);
});

test('what the manifest dropped is removed, what others set stays', () => {
  const patch = patchOf(
    spec([{ name: 'web' }, { name: 'side' }], { paused: true, replicas: 3 }),
    spec([{ name: 'web' }]),
    spec([{ name: 'web' }, { name: 'side' }, { name: 'injected' }], { paused: true, replicas: 5, minReadySeconds: 7 }),
  );
  assert.deepEqual(patch, {
    spec: {
      paused: null,
      replicas: null,
      template: { spec: { '$setElementOrder/containers': [{ name: 'web' }], containers: [{ $patch: 'delete', name: 'side' }] } },
    },
  });
});

test('a union keeps only what the manifest has', () => {
  const patch = patchOf({}, { spec: { strategy: { type: 'Recreate' } } }, { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } });
  assert.deepEqual(patch, { spec: { strategy: { type: 'Recreate', $retainKeys: ['type'] } } });
});

test('sets of plain values', () => {
  const finalizers = (...values: string[]): Map => ({ metadata: { finalizers: values } });
  assert.deepEqual(patchOf(finalizers('a', 'b'), finalizers('a', 'c'), finalizers('a', 'b', 'x')), {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['a', 'c'], finalizers: ['c'] },
  });
});

test('without a schema, lists are replaced', () => {
  assert.deepEqual(threeWayMergePatch({ a: 1, b: [1] }, { b: [2], c: { d: 1 } }, { a: 1, b: [1], c: { e: 2 } }), { a: null, b: [2], c: { d: 1 } });
  assert.equal(threeWayMergePatch({ a: 1 }, { a: 1 }, { a: 1, z: 2 }), undefined);
});
