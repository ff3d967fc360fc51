import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { subresourceFindings } from '../../testing/tables.ts';
import { namespaces } from './kind.ts';
import type { Namespace } from './schema.ts';

const CASES: Readonly<Record<string, readonly [finalizers: string[], findings: string[]]>> = {
  'none any more': [[], []],
  'own ones': [['kubernetes', 'example.com/a'], []],
  'one that is none': [['mine'], ['spec.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified']],
};

for (const [name, [finalizers, findings]] of Object.entries(CASES)) {
  test(`Namespace finalize: ${name}`, () => {
    const stored = created(namespaces, { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'team' } });
    assert.deepEqual(subresourceFindings(namespaces, 'finalize', stored, { ...stored, spec: { finalizers } } as Namespace), findings);
  });
}
