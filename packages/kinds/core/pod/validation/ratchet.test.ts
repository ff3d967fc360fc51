import assert from 'node:assert/strict';
import test from 'node:test';
import type { Draft } from '#machinery/schema.ts';
import { created, createFindings, updateFindings } from '../../../testing/objects.ts';
import { pod } from '../../../testing/pods.ts';
import { pods } from '../kind.ts';
import type { Pod } from '../schema.ts';

const label = (draft: Draft<Pod>): void => void (draft.metadata!.labels = { a: 'b' });
const spreading = (members: object): object => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', ...members }],
});
const required = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Pods that became wrong after they were stored. */
const OLD: Readonly<Record<string, object>> = {
  'a cost that is no number': pod({}, { annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'x' } }),
  'a selector of spreading': pod(spreading({ labelSelector: { matchLabels: { 'a b': 'c' } } })),
  'keys of spreading without selector': pod(spreading({ matchLabelKeys: ['a'] })),
  'a selector of pods': pod({ affinity: { podAffinity: { [required]: [{ topologyKey: 'z', labelSelector: { matchLabels: { a: 'b c' } } }] } } }),
  'a value of nodes': pod({
    affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b c'] }] }] } } },
  }),
  'huge pages that are not whole': pod({
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1', 'hugepages-2Mi': '3Mi' }, limits: { 'hugepages-2Mi': '3Mi' } } }],
  }),
  searches: pod({ dnsConfig: { searches: ['A'] } }),
};

for (const [name, manifest] of Object.entries(OLD)) {
  test(`an update need not mend ${name}`, () => {
    const stored = created(pods, manifest);
    assert.notDeepEqual(createFindings(pods, manifest), []);
    assert.deepEqual(updateFindings(pods, stored, label), []);
  });
}

test('what was wrong in another way is refused', () => {
  const stored = created(pods, OLD['a cost that is no number']);
  const change = (draft: Draft<Pod>): void => void (draft.metadata!.annotations!['controller.kubernetes.io/pod-deletion-cost'] = 'y');
  assert.deepEqual(updateFindings(pods, stored, change), [
    'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "y": must be a 32bit integer',
  ]);
});
