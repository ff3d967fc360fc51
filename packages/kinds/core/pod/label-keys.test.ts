import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext, withGates } from '../../testing/objects.ts';
import { pod } from '../../testing/pods.ts';
import { pods } from './kind.ts';
import type { Pod } from './schema.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const labelSelector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] };
const term = (members: object): object => ({ topologyKey: 'zone', labelSelector, ...members });
const labels = { app: 'web', hash: 'h1', tenant: 't1' };
const of = (spec: object, context = testContext): Pod['spec'] => created(pods, pod(spec, { labels }), context).spec;

const HASH = { key: 'hash', operator: 'In', values: ['h1'] };
const NOT_TENANT = { key: 'tenant', operator: 'NotIn', values: ['t1'] };

test('keys of terms become requirements after those that are there, and stay', () => {
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const affinity = {
      [kind]: {
        [required]: [term({ matchLabelKeys: ['hash'], mismatchLabelKeys: ['tenant'] })],
        [preferred]: [{ weight: 1, podAffinityTerm: term({ matchLabelKeys: ['hash'] }) }],
      },
    };
    const terms = of({ affinity }).affinity![kind]!;
    const first = terms[required]![0]!;
    assert.deepEqual(first.labelSelector, { ...labelSelector, matchExpressions: [...labelSelector.matchExpressions, HASH, NOT_TENANT] });
    assert.deepEqual([first.matchLabelKeys, first.mismatchLabelKeys], [['hash'], ['tenant']]);
    assert.deepEqual(terms[preferred]![0]!.podAffinityTerm.labelSelector?.matchExpressions?.at(-1), HASH);
  }
});

test('keys that the pod lacks are left out', () => {
  const affinity = { podAffinity: { [required]: [term({ matchLabelKeys: ['nobody', 'hash'], mismatchLabelKeys: ['neither'] })] } };
  assert.deepEqual(of({ affinity }).affinity!.podAffinity![required]![0]!.labelSelector?.matchExpressions, [...labelSelector.matchExpressions, HASH]);
});

test('a term without selector gets none', () => {
  const affinity = { podAffinity: { [required]: [term({ labelSelector: undefined, matchLabelKeys: ['hash'] })] } };
  assert.equal(of({ affinity }).affinity!.podAffinity![required]![0]!.labelSelector, undefined);
});

const spread = {
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector, matchLabelKeys: ['hash', 'nobody'] },
    { maxSkew: 1, topologyKey: 'host', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['hash'] },
  ],
};

test('keys of spreading become requirements too', () => {
  const [first, second] = of(spread).topologySpreadConstraints!;
  assert.deepEqual(first!.labelSelector?.matchExpressions, [...labelSelector.matchExpressions, HASH]);
  assert.equal(second!.labelSelector, undefined);
});

test('without the gate they stay keys', () => {
  const context = withGates({ MatchLabelKeysInPodTopologySpreadSelectorMerge: false });
  assert.deepEqual(of(spread, context).topologySpreadConstraints![0]!.labelSelector, labelSelector);
});

test('a pod keeps the values that it was created with', () => {
  const affinity = { podAffinity: { [required]: [term({ matchLabelKeys: ['hash'] })] } };
  const stored = created(pods, pod({ affinity }, { labels }));
  const draft = structuredClone(stored) as { metadata: { labels: object } };
  draft.metadata.labels = { ...labels, hash: 'h2' };
  pods.strategy.prepareForUpdate!(draft as never, stored, testContext);
  assert.deepEqual((draft as unknown as Pod).spec.affinity, stored.spec.affinity);
});
