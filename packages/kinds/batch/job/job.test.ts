import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext, updated } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { jobs } from './kind.ts';
import type { JobStatus } from './schema.ts';

const uid = '0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11';
const template = (spec: object = {}): object => ({ spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never', ...spec } });
const job = (spec: object): object => ({
  kind: 'Job',
  apiVersion: 'batch/v1',
  metadata: { name: 'once', namespace: 'default', uid },
  spec: { template: template(), ...spec },
});

test('defaults and generated labels', () => {
  const { spec, metadata } = created(jobs, job({}));
  assert.equal(spec.completions, 1);
  assert.equal(spec.parallelism, 1);
  assert.equal(spec.backoffLimit, 6);
  assert.equal(spec.completionMode, 'NonIndexed');
  assert.equal(spec.suspend, false);
  assert.equal(spec.podReplacementPolicy, 'TerminatingOrFailed');
  const labels = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'once', 'controller-uid': uid, 'job-name': 'once' };
  assert.deepEqual(spec.selector?.matchLabels, { 'batch.kubernetes.io/controller-uid': uid });
  assert.deepEqual(spec.template.metadata.labels, labels);
  assert.deepEqual(metadata.labels, labels);
});

createCases(jobs, {
  'work queue': [job({ parallelism: 3 }), []],
  'restart policy': [
    job({ template: template({ restartPolicy: 'Always' }) }),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  'no restart policy': [
    job({ template: template({ restartPolicy: undefined }) }),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  'negative numbers': [
    job({ parallelism: -1, completions: -1, backoffLimit: -1, activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1 }),
    [
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.completions: Invalid value: -1: must be greater than or equal to 0',
      'spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  'indexed without completions': [
    job({ completionMode: 'Indexed', parallelism: 2 }),
    ['spec.completions: Required value: when completion mode is Indexed'],
  ],
  'bad completion mode': [
    job({ completionMode: 'Other' }),
    ['spec.completionMode: Unsupported value: "Other": supported values: "NonIndexed", "Indexed"'],
  ],
  'manual selector of other pods': [
    job({ manualSelector: true, selector: { matchLabels: { app: 'x' } } }),
    ['spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`'],
  ],
  'failure policy that restarts': [
    job({
      template: template({ restartPolicy: 'OnFailure' }),
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] },
    }),
    ['spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'],
  ],
  'failure policy': [
    job({ podFailurePolicy: { rules: [{ action: 'Other', onExitCodes: { operator: 'In', values: [2, 1, 0] } }] } }),
    [
      'spec.podFailurePolicy.rules[0].action: Unsupported value: "Other": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1,0]: must be ordered',
    ],
  ],
  'success policy without indexes': [
    job({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
    ['spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode'],
  ],
});

updateCases(jobs, job({}), {
  parallelism: [(draft) => void (draft.spec!.parallelism = 0), []],
  completions: [(draft) => void (draft.spec!.completions = 5), ['spec.completions: Invalid value: 5: field is immutable']],
  template: [
    (draft) => void (draft.spec!.template!.spec!.containers![0]!.image = 'busybox:2'),
    [
      'spec.template: Invalid value: {"metadata":{"labels":{"batch.kubernetes.io/controller-uid":"0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11","batch.kubernetes.io/job-name":"once","controller-uid":"0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11","job-name":"once"}},"spec":{"containers":[{"name":"c","image":"busybox:2","resources":{},"imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"restartPolicy":"Never","dnsPolicy":"ClusterFirst","securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"}}: field is immutable',
    ],
  ],
  selector: [
    (draft) => void (draft.spec!.selector = { matchLabels: { app: 'x' } }),
    [
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: `selector` not auto-generated',
      'spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11","batch.kubernetes.io/job-name":"once","controller-uid":"0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11","job-name":"once"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ],
  ],
  'completion mode': [
    (draft) => void (draft.spec!.completionMode = 'Indexed'),
    ['spec.completionMode: Invalid value: "Indexed": field is immutable'],
  ],
});

test('a suspended job may be scheduled elsewhere', () => {
  const stored = created(jobs, job({ suspend: true }));
  const next = updated(jobs, stored, (draft) => void (draft.spec!.template!.spec!.nodeSelector = { zone: 'a' }));
  assert.deepEqual(jobs.strategy.validateUpdate!(next, stored, testContext), []);
});

test('columns', () => {
  const shown = (spec: object, status: JobStatus): unknown[] => {
    const cells = row(jobs, { ...created(jobs, job(spec)), status }, 3600);
    return [cells['Status'], cells['Completions'], cells['Duration']];
  };
  assert.deepEqual(shown({}, {}), ['Running', '0/1', '']);
  assert.deepEqual(shown({}, { startTime: '2026-01-02T03:04:05Z', active: 1 }), ['Running', '0/1', '60m']);
  assert.deepEqual(
    shown(
      { completions: 2 },
      { succeeded: 2, startTime: '2026-01-02T03:04:05Z', completionTime: '2026-01-02T03:04:15Z', conditions: [{ type: 'Complete', status: 'True' }] },
    ),
    ['Complete', '2/2', '10s'],
  );
  assert.deepEqual(shown({ completions: undefined, parallelism: 3 }, {}), ['Running', '0/1 of 3', '']);
  assert.deepEqual(shown({}, { conditions: [{ type: 'Failed', status: 'True' }] }), ['Failed', '0/1', '']);
});
