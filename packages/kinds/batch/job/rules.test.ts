import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext, updated } from '../../testing/objects.ts';
import { createCases, updateCases, warningCases } from '../../testing/tables.ts';
import { jobs } from './kind.ts';
import type { Job } from './schema.ts';

const uid = '0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11';
const template = (spec: object = {}): object => ({ spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never', ...spec } });
const job = (spec: object, name = 'once'): object => ({
  kind: 'Job',
  apiVersion: 'batch/v1',
  metadata: { name, namespace: 'default', uid },
  spec: { template: template(), ...spec },
});
const indexed = (spec: object): object => job({ completionMode: 'Indexed', completions: 5, parallelism: 2, ...spec });
const failurePolicy = (...rules: readonly object[]): object => job({ podFailurePolicy: { rules } });
const exitCodes = (onExitCodes: object): object => failurePolicy({ action: 'Count', onExitCodes });
const successPolicy = (...rules: readonly object[]): object => indexed({ successPolicy: { rules } });
const FAILURE = 'spec.podFailurePolicy.rules';
const SUCCESS = 'spec.successPolicy.rules';
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));

createCases(jobs, {
  indexed: [indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 5 }), []],
  'indexes without completions': [
    indexed({ completions: undefined, parallelism: 100_001 }),
    [
      'spec.completions: Required value: when completion mode is Indexed',
      'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
    ],
  ],
  'more failures than completions': [
    indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 6 }),
    ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
  ],
  'many completions': [
    indexed({ completions: 100_001, backoffLimitPerIndex: 1 }),
    ['spec.maxFailedIndexes: Required value: must be specified when completions is above 100000'],
  ],
  'many completions at once': [
    indexed({ completions: 200_000, parallelism: 10_001, backoffLimitPerIndex: 1, maxFailedIndexes: 100_001 }),
    [
      'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000',
      'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
    ],
  ],
  'limits per index without indexes': [
    job({ backoffLimitPerIndex: 1, maxFailedIndexes: 1 }),
    [
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
      'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
    ],
  ],
  'failed indexes without a limit': [
    indexed({ maxFailedIndexes: -1 }),
    [
      'spec.maxFailedIndexes: Invalid value: -1: must be greater than or equal to 0',
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
  ],
  'a name that pods cannot have': [
    { ...indexed({}), metadata: { name: 'a.b', namespace: 'default', uid } },
    [
      `metadata.name: Invalid value: "a.b": will not able to create pod with invalid DNS label: a.b-4`,
    ],
  ],
  'managed by': [job({ managedBy: 'example.com/controller' }), []],
  'managed by nobody': [job({ managedBy: 'me' }), ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")']],
  'managed by a long name': [
    job({ managedBy: `example.com/${'a'.repeat(60)}` }),
    ['spec.managedBy: Too long: may not be more than 63 bytes'],
  ],
  'replacement policy': [job({ podReplacementPolicy: 'Never' }), ['spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"']],
  'replacement policy with a failure policy': [
    job({ podReplacementPolicy: 'TerminatingOrFailed', podFailurePolicy: { rules: [{ action: 'Count', onPodConditions: [{ type: 'DisruptionTarget' }] }] } }),
    ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
  ],
  'restart policy of another kind': [
    job({ template: template({ restartPolicy: 'Sometimes' }) }),
    [
      'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "OnFailure", "Never"',
    ],
  ],
  'failure policy': [failurePolicy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }, { action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'In', values: [1, 2] } }), []],
  'failure rule without action': [
    failurePolicy({ onExitCodes: { operator: 'NotIn', values: [0] } }),
    [`${FAILURE}[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
  ],
  'failure rule for an index': [
    failurePolicy({ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }),
    [`${FAILURE}[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
  ],
  'failure rules that match nothing, or twice': [
    failurePolicy({ action: 'Count' }, { action: 'Count', onExitCodes: { operator: 'In', values: [1] }, onPodConditions: [{ type: 'A' }] }),
    [
      `${FAILURE}[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
      `${FAILURE}[1]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
    ],
  ],
  'too many failure rules': [
    failurePolicy(...many(21, () => ({ action: 'Count', onPodConditions: [{ type: 'A' }] }))),
    [`${FAILURE}: Too many: 21: must have at most 20 items`],
  ],
  'too many conditions': [
    failurePolicy({ action: 'Count', onPodConditions: many(21, () => ({ type: 'A' })) }),
    [`${FAILURE}[0].onPodConditions: Too many: 21: must have at most 20 items`],
  ],
  'bad condition': [
    failurePolicy({ action: 'Count', onPodConditions: [{ type: 'A', status: 'Maybe' }] }),
    [`${FAILURE}[0].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`],
  ],
  'exit codes of no container': [
    exitCodes({ containerName: 'x', operator: 'Is', values: [1, 1] }),
    [
      `${FAILURE}[0].onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"`,
      `${FAILURE}[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
      `${FAILURE}[0].onExitCodes.values[1]: Duplicate value: 1`,
    ],
  ],
  'no operator, no codes': [
    exitCodes({ values: [] }),
    [
      `${FAILURE}[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`,
      `${FAILURE}[0].onExitCodes.values: Invalid value: []: at least one value is required`,
    ],
  ],
  'too many codes': [
    exitCodes({ operator: 'In', values: many(256, (index) => index + 1) }),
    [`${FAILURE}[0].onExitCodes.values: Too many: 256: must have at most 255 items`],
  ],
  'success policy': [successPolicy({ succeededIndexes: '0,2-4', succeededCount: 4 }), []],
  'success policy without rules': [successPolicy(), [`${SUCCESS}: Required value: at least one rules must be specified when the successPolicy is specified`]],
  'too many success rules': [successPolicy(...many(21, () => ({ succeededCount: 1 }))), [`${SUCCESS}: Too many: 21: must have at most 20 items`]],
  'empty success rule': [successPolicy({}), [`${SUCCESS}[0]: Required value: at least one of succeededCount or succeededIndexes must be specified`]],
  'success with too many': [
    successPolicy({ succeededCount: 6 }, { succeededIndexes: '0-1', succeededCount: 3 }, { succeededCount: -1 }),
    [
      `${SUCCESS}[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`,
      `${SUCCESS}[1].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)`,
      `${SUCCESS}[2].succeededCount: Invalid value: -1: must be greater than or equal to 0`,
    ],
  ],
  'success with bad indexes': [
    successPolicy(...['a', '1-2-3', '9', '3,1', '2-2', '1-9'].map((succeededIndexes) => ({ succeededIndexes }))),
    [
      `${SUCCESS}[0].succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a"`,
      `${SUCCESS}[1].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
      `${SUCCESS}[2].succeededIndexes: Invalid value: "9": error parsing succeededIndexes: too large index: "9"`,
      `${SUCCESS}[3].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1`,
      `${SUCCESS}[4].succeededIndexes: Invalid value: "2-2": error parsing succeededIndexes: non-increasing order, previous: 2, current: 2`,
      `${SUCCESS}[5].succeededIndexes: Invalid value: "1-9": error parsing succeededIndexes: too large index: "9"`,
    ],
  ],
  'labels that are not the generated ones': [
    job({ template: { ...template(), metadata: { labels: { 'job-name': 'other' } } } }),
    [
      `spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"${uid}","batch.kubernetes.io/job-name":"once","controller-uid":"${uid}","job-name":"other"}: must be 'once'`,
    ],
  ],
});

updateCases(jobs, indexed({}), {
  'elastic size': [(draft) => void Object.assign(draft.spec!, { completions: 3, parallelism: 3 }), []],
  'completions alone': [
    (draft) => void (draft.spec!.completions = 4),
    ['spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism'],
  ],
  'what is fixed': [
    (draft) => void Object.assign(draft.spec!, { backoffLimitPerIndex: 1, managedBy: 'example.com/x', successPolicy: { rules: [{ succeededCount: 1 }] } }),
    [
      'spec.backoffLimitPerIndex: Invalid value: 1: field is immutable',
      'spec.managedBy: Invalid value: "example.com/x": field is immutable',
      'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: field is immutable',
    ],
  ],
  'what is not': [(draft) => void Object.assign(draft.spec!, { suspend: true, activeDeadlineSeconds: 5, ttlSecondsAfterFinished: 5, backoffLimit: 1 }), []],
});

type Change = Parameters<typeof updated<Job>>[2];
const moves: Readonly<Record<string, Change>> = {
  'node selector': (draft) => void (draft.spec!.template!.spec!.nodeSelector = { zone: 'a' }),
  tolerations: (draft) => void (draft.spec!.template!.spec!.tolerations = [{ key: 'a', operator: 'Exists' }]),
  annotations: (draft) => void (draft.spec!.template!.metadata!.annotations = { a: 'b' }),
  'node affinity': (draft) =>
    void (draft.spec!.template!.spec!.affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }] },
    }),
  resources: (draft) => void (draft.spec!.template!.spec!.containers![0]!.resources = { requests: { cpu: '1' } }),
};
const findings = (stored: Job, change: Change, gate = testContext.gate): number => {
  const next = updated(jobs, stored, change);
  return jobs.strategy.validateUpdate!(next, stored, { ...testContext, gate }).length;
};
for (const [name, change] of Object.entries(moves)) {
  test(`a template's ${name} may change while the job waits`, () => {
    const waiting = created(jobs, job({ suspend: true }));
    const startTime = '2026-01-02T03:04:05Z';
    assert.equal(findings(waiting, change), 0);
    assert.equal(findings({ ...waiting, status: { startTime } }, change), 0);
    assert.equal(findings({ ...waiting, status: { startTime, active: 1 } }, change), 1);
    assert.equal(findings(created(jobs, job({})), change), 1);
    const off = (gate: string): boolean => !gate.startsWith('Mutable');
    assert.equal(findings(waiting, change, off), name === 'resources' ? 1 : 0);
    assert.equal(findings({ ...waiting, status: { startTime } }, change, off), 1);
  });
}

test('other affinities do not change', () => {
  const change: Change = (draft) => void (draft.spec!.template!.spec!.affinity = { podAntiAffinity: {} });
  assert.equal(findings(created(jobs, job({ suspend: true })), change), 1);
});

warningCases(jobs, {
  'more indexes than can be tracked': [
    indexed({ completions: 100_001, parallelism: 10_001 }),
    [
      'spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    ],
  ],
});
