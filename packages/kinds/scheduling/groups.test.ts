import assert from 'node:assert/strict';
import test from 'node:test';
import { testContext } from '../testing/objects.ts';
import { createCases, statusCases, updateCases } from '../testing/tables.ts';
import { podGroups } from './pod-group/kind.ts';
import { workloads } from './workload/kind.ts';

const apiVersion = 'scheduling.k8s.io/v1alpha2';
const metadata = { name: 'train', namespace: 'default' };
const gang = { gang: { minCount: 2 } };
const template = (members: object = {}): object => ({ name: 'workers', schedulingPolicy: gang, ...members });
const workload = (spec: object): object => ({ kind: 'Workload', apiVersion, metadata, spec: { podGroupTemplates: [template()], ...spec } });
const group = (spec: object): object => ({ kind: 'PodGroup', apiVersion, metadata, spec: { schedulingPolicy: gang, ...spec } });
const claim = (members: object): object => group({ resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu-1', ...members }] });
const CLAIM = 'spec.resourceClaims[0]';
const LABEL = 'must not contain dots';

createCases(workloads, {
  workload: [workload({ controllerRef: { apiGroup: 'batch', kind: 'Job', name: 'train' } }), []],
  'no templates': [workload({ podGroupTemplates: [] }), ['spec.podGroupTemplates: Required value']],
  'too many templates': [
    workload({ podGroupTemplates: Array.from({ length: 9 }, (_, index) => template({ name: `t${index}` })) }),
    ['spec.podGroupTemplates: Too many: 9: must have at most 8 items'],
  ],
  'a template twice': [
    workload({ podGroupTemplates: [template(), template()] }),
    ['spec.podGroupTemplates[1]: Duplicate value: {"name":"workers","schedulingPolicy":{"gang":{"minCount":2}}}'],
  ],
  'bad names': [
    workload({ podGroupTemplates: [template({ name: '' }), template({ name: 'a.b' })] }),
    ['spec.podGroupTemplates[0].name: Required value', `spec.podGroupTemplates[1].name: Invalid value: "a.b": ${LABEL}`],
  ],
  'bad controller': [
    workload({ controllerRef: { kind: '', name: 'a/b' } }),
    ['spec.controllerRef.kind: Required value', `spec.controllerRef.name: Invalid value: "a/b": may not contain '/'`],
  ],
});
updateCases(workloads, workload({}), {
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  templates: [
    (draft) => void (draft.spec!.podGroupTemplates![0]!.name = 'others'),
    ['spec.podGroupTemplates: Invalid value: [{"name":"others","schedulingPolicy":{"gang":{"minCount":2}}}]: field is immutable'],
  ],
  controller: [
    (draft) => void (draft.spec!.controllerRef = { kind: 'Job', name: 'train' }),
    ['spec.controllerRef: Invalid value: {"kind":"Job","name":"train"}: field is immutable'],
  ],
});

createCases(podGroups, {
  group: [group({ podGroupTemplateRef: { workload: { workloadName: 'train', podGroupTemplateName: 'workers' } } }), []],
  'no policy': [group({ schedulingPolicy: {} }), ['spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`']],
  'two policies': [
    group({ schedulingPolicy: { basic: {}, ...gang } }),
    ['spec.schedulingPolicy: Invalid value: "{`basic`, `gang`}": exactly one of `basic`, `gang` is required, but multiple fields are set'],
  ],
  'no count': [group({ schedulingPolicy: { gang: { minCount: 0 } } }), ['spec.schedulingPolicy.gang.minCount: Required value']],
  'negative count': [group({ schedulingPolicy: { gang: { minCount: -1 } } }), ['spec.schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than 0']],
  'bad reference': [
    group({ podGroupTemplateRef: { workload: { workloadName: '', podGroupTemplateName: 'a.b' } } }),
    ['spec.podGroupTemplateRef.workload.workloadName: Required value', `spec.podGroupTemplateRef.workload.podGroupTemplateName: Invalid value: "a.b": ${LABEL}`],
  ],
  'reference to nothing': [group({ podGroupTemplateRef: {} }), ['spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`']],
  topology: [
    group({ schedulingConstraints: { topology: [{ key: '' }, { key: 'topology.kubernetes.io/rack' }] } }),
    ['spec.schedulingConstraints.topology: Too many: 2: must have at most 1 items', 'spec.schedulingConstraints.topology[0].key: Required value'],
  ],
  'claim of two kinds': [
    claim({ resourceClaimTemplateName: 'gpus' }),
    [`${CLAIM}: Invalid value: "{\`resourceClaimName\`, \`resourceClaimTemplateName\`}": exactly one of \`resourceClaimName\`, \`resourceClaimTemplateName\` is required, but multiple fields are set`],
  ],
  'nameless claim': [claim({ name: '' }), [`${CLAIM}.name: Required value`]],
  'too many claims': [
    group({ resourceClaims: Array.from({ length: 5 }, (_, index) => ({ name: `c${index}`, resourceClaimName: 'x' })) }),
    ['spec.resourceClaims: Too many: 5: must have at most 4 items'],
  ],
  preemption: [
    group({ disruptionMode: 'Node', priority: 1_000_000_001, priorityClassName: 'a b' }),
    [
      'spec.disruptionMode: Unsupported value: "Node": supported values: "Pod", "PodGroup"',
      `spec.priorityClassName: Invalid value: "a b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      'spec.priority: Invalid value: 1000000001: must be less than or equal to 1000000000',
    ],
  ],
});
updateCases(podGroups, group({}), {
  everything: [
    (draft) => void Object.assign(draft.spec!, { schedulingPolicy: { basic: {} }, disruptionMode: 'PodGroup', priority: 5 }),
    [
      'spec.schedulingPolicy: Invalid value: {"basic":{}}: field is immutable',
      'spec.disruptionMode: Invalid value: "PodGroup": field is immutable',
      'spec.priority: Invalid value: 5: field is immutable',
    ],
  ],
});
statusCases(podGroups, group({}), {
  scheduled: [{}, { conditions: [{ type: 'PodGroupScheduled', status: 'True', reason: 'Scheduled', message: '', lastTransitionTime: '2026-01-02T03:04:05Z' }] }, []],
  'claims twice': [
    {},
    { resourceClaimStatuses: [{ name: 'a' }, { name: 'a', resourceClaimName: 'A' }] },
    [
      'status.resourceClaimStatuses[1]: Duplicate value: {"name":"a","resourceClaimName":"A"}',
      `status.resourceClaimStatuses[1].resourceClaimName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
});

test('pods of a group are displaced one by one where that can be said', () => {
  const filled = (on: boolean): string | undefined => {
    const draft = structuredClone(group({})) as Parameters<NonNullable<typeof podGroups.defaults>>[0];
    podGroups.defaults!(draft, { ...testContext, gate: () => on });
    return draft.spec?.disruptionMode;
  };
  assert.equal(filled(true), 'Pod');
  assert.equal(filled(false), undefined);
});
