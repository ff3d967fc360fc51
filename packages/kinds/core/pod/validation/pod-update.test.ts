import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated, updateFindings } from '../../../testing/objects.ts';
import { container, pod } from '../../../testing/pods.ts';
import { updateCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const tolerant = pod({ tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }], activeDeadlineSeconds: 10 });
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/c';
const MIRROR = 'kubernetes.io/config.mirror';

updateCases(pods, pod({ initContainers: [{ name: 'i', image: 'i' }] }, { annotations: { note: 'x' } }), {
  nothing: [() => {}, []],
  images: [(draft) => void ((draft.spec!.containers![0]!.image = 'b'), (draft.spec!.initContainers![0]!.image = 'b')), []],
  'no image': [
    (draft) => void (draft.spec!.containers![0]!.image = ''),
    ['spec.containers[0].image: Required value', 'spec.containers[0].image: Required value'],
  ],
  'an image with blanks': [
    (draft) => void (draft.spec!.initContainers![0]!.image = ' b'),
    [
      'spec.initContainers[0].image: Invalid value: " b": must not have leading or trailing whitespace',
      'spec.initContainers[0].image: Invalid value: " b": must not have leading or trailing whitespace',
    ],
  ],
  'labels and annotations': [(draft) => void ((draft.metadata!.labels = { a: 'b' }), (draft.metadata!.annotations = {})), []],
  'one container more': [
    (draft) => void draft.spec!.containers!.push({ name: 'd', image: 'x' }),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
  'one init container less': [
    (draft) => void (draft.spec!.initContainers = []),
    ['spec.initContainers: Forbidden: pod updates may not add or remove containers'],
  ],
  'a deadline': [(draft) => void (draft.spec!.activeDeadlineSeconds = 5), []],
  'no time at all': [
    (draft) => void (draft.spec!.activeDeadlineSeconds = -1),
    [
      'spec.activeDeadlineSeconds: Invalid value: -1: must be between 1 and 2147483647, inclusive',
      'spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  ],
  'more tolerations': [(draft) => void (draft.spec!.tolerations = [{ key: 'b', operator: 'Exists' }]), []],
  'a toleration that is none': [
    (draft) => void (draft.spec!.tolerations = [{ key: 'b', operator: 'Gt' }]),
    [
      'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"',
      'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"',
    ],
  ],
  gates: [
    (draft) => void (draft.spec!.schedulingGates = [{ name: 'a' }]),
    ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
  ],
  'profiles in annotations': [
    (draft) => void (draft.metadata!.annotations = { [APP_ARMOR]: 'unconfined', [MIRROR]: 'x' }),
    [
      'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Forbidden: may not add AppArmor annotations',
      'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation',
    ],
  ],
});

updateCases(pods, tolerant, {
  'a shorter deadline': [(draft) => void (draft.spec!.activeDeadlineSeconds = 9), []],
  'a longer deadline': [
    (draft) => void (draft.spec!.activeDeadlineSeconds = 11),
    ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
  ],
  'no deadline any more': [
    (draft) => void delete draft.spec!.activeDeadlineSeconds,
    ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ],
  'other seconds': [(draft) => void (draft.spec!.tolerations![0]!.tolerationSeconds = 7), []],
  'another toleration': [
    (draft) => void (draft.spec!.tolerations![0]!.key = 'b'),
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
  'no toleration': [
    (draft) => void (draft.spec!.tolerations = []),
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
});

updateCases(pods, pod({ terminationGracePeriodSeconds: -1 }), {
  'one second instead of less than nothing': [(draft) => void (draft.spec!.terminationGracePeriodSeconds = 1), []],
});

updateCases(pods, pod({ nodeName: 'n' }, { annotations: { [APP_ARMOR]: 'unconfined', [MIRROR]: 'x' } }), {
  'annotations that stay as they are': [
    (draft) => void (draft.metadata!.annotations = { [APP_ARMOR]: 'runtime/default' }),
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Forbidden: may not remove or update AppArmor annotations',
      'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation',
    ],
  ],
});

const terms = (...nodeSelectorTerms: object[]): object => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});
const requirement = (key: string): object => ({ key, operator: 'Exists' });
const gated = pod({
  schedulingGates: [{ name: 'g' }, { name: 'h' }],
  nodeSelector: { zone: 'a' },
  affinity: terms({ matchExpressions: [requirement('a')] }, {}),
});
const affine = (affinity: object) => (draft: { spec?: object }) => void Object.assign(draft.spec!, { affinity });

updateCases(pods, gated, {
  'a gate less': [(draft) => void draft.spec!.schedulingGates!.pop(), []],
  'another gate': [
    (draft) => void (draft.spec!.schedulingGates![1]!.name = 'i'),
    ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'i'"],
  ],
  'a narrower selector': [(draft) => void (draft.spec!.nodeSelector!['disk'] = 'b'), []],
  'another selector': [
    (draft) => void (draft.spec!.nodeSelector = { zone: 'b' }),
    ['spec.nodeSelector: Invalid value: {"zone":"b"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)'],
  ],
  'narrower terms': [affine(terms({ matchExpressions: [requirement('a'), requirement('b')] }, {})), []],
  'other terms': [
    affine(terms({ matchExpressions: [requirement('b')] }, { matchExpressions: [requirement('c')] })),
    [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: {"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}: only additions are allowed (no mutations or deletions)',
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[1]: Invalid value: {"MatchExpressions":[{"Key":"c","Operator":"Exists","Values":null}],"MatchFields":null}: only additions are allowed (no mutations or deletions)',
    ],
  ],
  'fewer terms': [
    affine(terms({ matchExpressions: [requirement('a')] })),
    [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Invalid value: [{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null}]: no additions/deletions to non-empty NodeSelectorTerms list are allowed',
    ],
  ],
  'a preference': [
    affine({
      nodeAffinity: {
        ...(terms({ matchExpressions: [requirement('a')] }, {}) as { nodeAffinity: object }).nodeAffinity,
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }],
      },
    }),
    [],
  ],
});

updateCases(pods, pod({ schedulingGates: [{ name: 'g' }] }), {
  'terms where there were none': [affine(terms({ matchExpressions: [requirement('a')] })), []],
  'a selector where there was none': [(draft) => void (draft.spec!.nodeSelector = { zone: 'a' }), []],
  'a priority while there are gates': [
    (draft) => void (draft.spec!.priority = 5),
    [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n  core.PodSpec{\n  \t... // 8 identical fields\n- \tPriority: nil,\n+ \tPriority: 5,\n  }\n',
    ],
  ],
});

test('a change of what stays shows the difference', () => {
  const [line] = updateFindings(pods, created(pods, pod()), (draft) => void (draft.spec!.nodeName = 'n1'));
  assert.match(
    line!,
    /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,`spec.initContainers\[\*\].image`/,
  );
  assert.match(
    line!,
    /,`spec.activeDeadlineSeconds`,`spec.tolerations` \(only additions to existing tolerations\),`spec.terminationGracePeriodSeconds`/,
  );
  assert.match(line!, /\n\+ \tNodeName: "n1",\n/);
});

test('a change of the spec makes a generation', () => {
  const stored = created(pods, container({}));
  assert.equal(updated(pods, stored, (draft) => void (draft.spec!.containers![0]!.image = 'nginx:2')).metadata.generation, 2);
  assert.equal(updated(pods, stored, (draft) => void (draft.metadata!.labels = { a: 'b' })).metadata.generation, 1);
});
