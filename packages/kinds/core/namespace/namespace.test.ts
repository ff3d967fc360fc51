import assert from 'node:assert/strict';
import test from 'node:test';
import { created, deepFreeze, testContext, updated } from '../../testing/objects.ts';
import { createCases, subresourceFindings } from '../../testing/tables.ts';
import type { Draft } from '#machinery/schema.ts';
import { namespaces } from './kind.ts';
import type { Namespace } from './schema.ts';

const namespace = (spec: object = {}): object => ({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'team' }, spec });

test('a new namespace is active, named by label, and held by its content', () => {
  const { metadata, spec, status } = created(namespaces, namespace());
  assert.deepEqual(metadata.labels, { 'kubernetes.io/metadata.name': 'team' });
  assert.deepEqual(spec.finalizers, ['kubernetes']);
  assert.equal(status.phase, 'Active');
});

createCases(namespaces, {
  'own finalizer': [namespace({ finalizers: ['example.com/mine'] }), []],
  'bad finalizer': [
    namespace({ finalizers: ['mine'] }),
    ['spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
  ],
});

test('an update keeps the finalizers, finalize takes them', () => {
  const stored = created(namespaces, namespace());
  assert.deepEqual(updated(namespaces, stored, (draft) => void (draft.spec = {})).spec.finalizers, ['kubernetes']);
  const draft = { ...stored } as unknown as Draft<Namespace>;
  namespaces.subresources['finalize']!.update!.apply(draft, deepFreeze({ ...stored, spec: {} }), stored, testContext);
  assert.equal(draft.spec!.finalizers, undefined);
});

test('the phase follows the deletion', () => {
  const stored = created(namespaces, namespace());
  assert.deepEqual(subresourceFindings(namespaces, 'status', stored, { ...stored, status: { phase: 'Terminating' } } as Namespace), [
    'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
  ]);
});
