import assert from 'node:assert/strict';
import test from 'node:test';
import type { Draft } from '#machinery/schema.ts';
import { created, draftOf, lines, testContext, withGates } from '../../../testing/objects.ts';
import { pod } from '../../../testing/pods.ts';
import type { Findings } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';
import type { Pod } from '../schema.ts';

const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } };
const base = pod({
  containers: [{ name: 'c', image: 'nginx:1.27', resources }],
  initContainers: [
    { name: 'once', image: 'i', resources },
    { name: 'side', image: 's', restartPolicy: 'Always', resources },
  ],
});

type Change = (draft: Draft<Pod>) => void;

function resized(stored: Pod, change: Change, context = testContext): [Pod, string[]] {
  const sent = draftOf<Pod>(stored);
  change(sent);
  const draft = { ...stored } as object;
  const update = pods.subresources['resize']!.update!;
  update.apply(draft, sent as unknown as Pod, stored, context);
  return [draft as Pod, lines(update.validate!(draft as Pod, stored, context))];
}

function resizeCases(
  manifest: object,
  status: object,
  cases: Readonly<Record<string, readonly [change: Change, findings: Findings]>>,
  context = testContext,
): void {
  for (const [name, [change, findings]] of Object.entries(cases)) {
    test(`Pod resize: ${name}`, () => {
      const stored = created(pods, manifest, context);
      assert.deepEqual(resized({ ...stored, status: { ...stored.status, ...status } }, change, context)[1], findings);
    });
  }
}

const first = (draft: Draft<Pod>): { limits: Record<string, string>; requests: Record<string, string> } =>
  draft.spec!.containers![0]!.resources! as never;
const more: Change = (draft) => void (first(draft).requests['cpu'] = '700m');

resizeCases(
  base,
  {},
  {
    nothing: [() => {}, []],
    more: [more, []],
    'more than the limit': [
      (draft) => void (first(draft).requests['cpu'] = '2'),
      [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
      ],
    ],
    'another class': [
      (draft) => {
        first(draft).requests['cpu'] = '1';
        for (const one of draft.spec!.initContainers!) one.resources!.requests!['cpu'] = '1';
      },
      [
        'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
        'spec: Forbidden: resources for non-sidecar init containers are immutable',
      ],
    ],
    'no limit any more': [
      (draft) => void delete first(draft).limits['memory'],
      ['spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
    ],
    'no request any more': [
      (draft) => void delete first(draft).requests['cpu'],
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
    'other resources': [
      (draft) => void (first(draft).requests['ephemeral-storage'] = '1Gi'),
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    'a sidecar': [(draft) => void (draft.spec!.initContainers![1]!.resources!.requests!['cpu'] = '700m'), []],
    'no request of a sidecar any more': [
      (draft) => void delete draft.spec!.initContainers![1]!.resources!.requests!['cpu'],
      ['spec.initContainers[1].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
    'another resource of a sidecar': [
      (draft) => void (draft.spec!.initContainers![1]!.resources!.requests!['ephemeral-storage'] = '1'),
      ['spec.initContainers[1]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable'],
    ],
    'what ended': [
      (draft) => void (draft.spec!.initContainers![0]!.resources!.requests!['cpu'] = '700m'),
      ['spec: Forbidden: resources for non-sidecar init containers are immutable'],
    ],
    'another container': [
      (draft) => void (draft.spec!.containers![0]!.name = 'd'),
      ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
    ],
    'one container more': [
      (draft) => void draft.spec!.containers!.push({ ...draft.spec!.containers![0]!, name: 'd' }),
      ['spec.containers: Forbidden: containers may not be added or removed on resize'],
    ],
    'one init container less': [
      (draft) => void draft.spec!.initContainers!.pop(),
      ['spec.initContainers: Forbidden: initContainers may not be added or removed on resize'],
    ],
  },
);

resizeCases(
  base,
  { containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }] },
  {
    'on a node that cannot': [more, ['spec: Forbidden: Pod running on node without support for resize']],
  },
);

resizeCases(
  pod({ ...(base as { spec: object }).spec, os: { name: 'windows' } }),
  {},
  { 'on Windows': [more, [': Forbidden: windows pods cannot be resized']] },
);
resizeCases(
  pod({ ...(base as { spec: object }).spec, nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  {},
  { 'of a file': [more, [': Forbidden: static pods cannot be resized']] },
);

const together = pod({
  ...(base as { spec: object }).spec,
  resources: { limits: { cpu: '4', memory: '4Gi' }, requests: { cpu: '2', memory: '2Gi' } },
});
resizeCases(
  together,
  {},
  {
    'of a pod as a whole': [
      more,
      [
        ': Forbidden: resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled',
      ],
    ],
  },
  withGates({ InPlacePodLevelResourcesVerticalScaling: false }),
);
resizeCases(
  together,
  {},
  {
    'of a whole that may be resized': [(draft) => void (draft.spec!.resources!.requests!['cpu'] = '3'), []],
    'of a whole that asks for less kinds': [
      (draft) => void delete draft.spec!.resources!.limits!['memory'],
      ['spec.resources.limits: Forbidden: pod-level resource limits cannot be removed'],
    ],
  },
);

test('resize takes resources only', () => {
  const [result] = resized(created(pods, base), (draft) => {
    draft.spec!.containers![0]!.image = 'other';
    more(draft);
  });
  assert.equal(result.spec.containers[0]!.image, 'nginx:1.27');
  assert.equal(result.spec.containers[0]!.resources.requests!['cpu'], '700m');
  assert.equal(result.metadata.generation, 2);
});
