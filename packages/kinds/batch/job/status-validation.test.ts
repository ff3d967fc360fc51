import { statusCases } from '../../testing/tables.ts';
import { jobs } from './kind.ts';
import type { JobStatus } from './schema.ts';

const job = (spec: object = {}): object => ({
  kind: 'Job',
  apiVersion: 'batch/v1',
  metadata: { name: 'once', namespace: 'default', uid: '0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11' },
  spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never' } }, ...spec },
});
const startTime = '2026-01-02T03:04:05Z';
const completionTime = '2026-01-02T03:05:05Z';
const conditions = (...types: readonly string[]): JobStatus => ({ conditions: types.map((type) => ({ type, status: 'True' })) as JobStatus['conditions'] });
const running: JobStatus = { startTime, active: 1, ready: 1 };
const complete: JobStatus = { startTime, completionTime, succeeded: 1, ...conditions('SuccessCriteriaMet', 'Complete') };
const failed: JobStatus = { startTime, failed: 1, ...conditions('FailureTarget', 'Failed') };

statusCases(jobs, job(), {
  starts: [{}, running, []],
  completes: [running, complete, []],
  fails: [running, failed, []],
  'a condition that is not true says nothing': [running, { ...running, conditions: [{ type: 'Complete', status: 'False' }] }, []],
  'negative counts': [
    {},
    { active: -1, succeeded: -1, failed: -1, ready: -2, terminating: -1 },
    [
      'status.active: Invalid value: -1: must be greater than or equal to 0',
      'status.succeeded: Invalid value: -1: must be greater than or equal to 0',
      'status.failed: Invalid value: -1: must be greater than or equal to 0',
      'status.ready: Invalid value: -2: must be greater than or equal to 0',
      'status.terminating: Invalid value: -1: must be greater than or equal to 0',
      'status.failed: Invalid value: -1: cannot decrease the failed counter',
      'status.succeeded: Invalid value: -1: cannot decrease the succeeded counter',
    ],
  ],
  'pods counted twice': [
    running,
    { ...running, uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a', 'b'] } },
    [
      'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
  ],
  'complete and failed': [
    complete,
    { ...complete, ...conditions('SuccessCriteriaMet', 'Complete', 'Failed') },
    [
      'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
      'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
    ],
  ],
  'complete and about to fail': [
    complete,
    { ...complete, ...conditions('SuccessCriteriaMet', 'Complete', 'FailureTarget') },
    [
      'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
      'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
    ],
  ],
  'completion time while it runs': [
    running,
    { ...running, completionTime },
    ['status.completionTime: Invalid value: "2026-01-02T03:05:05Z": cannot set completionTime when there is no Complete=True condition'],
  ],
  'complete at no time': [running, { ...complete, completionTime: undefined }, ['status.completionTime: Required value: completionTime is required for Complete jobs']],
  'complete before it started': [
    running,
    { ...complete, completionTime: '2026-01-02T03:04:04Z' },
    ['status.completionTime: Invalid value: "2026-01-02T03:04:04Z": completionTime cannot be set before startTime'],
  ],
  'failed without a reason': [
    running,
    { ...failed, ...conditions('Failed') },
    ['status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition'],
  ],
  'complete without a reason': [
    running,
    { ...complete, ...conditions('Complete') },
    ['status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
  ],
  'finished with pods': [
    running,
    { ...complete, active: 1, terminating: 1, uncountedTerminatedPods: { succeeded: ['a'] } },
    [
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.uncountedTerminatedPods: Invalid value: {"succeeded":["a"]}: uncountedTerminatedPods needs to be empty for finished job',
      'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
    ],
  ],
  'finished but never started': [{}, { ...failed, startTime: undefined }, ['status.startTime: Required value: startTime is required for finished job']],
  'what was wrong before may stay': [{ ...complete, active: 1 }, { ...complete, active: 1, ready: 1 }, []],
  'indexes of a job that has none': [
    running,
    { ...running, completedIndexes: '0', failedIndexes: '' },
    [
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
  ],
  'more ready than active': [running, { ...running, ready: 2 }, ['status.ready: Invalid value: 2: cannot set more ready pods than active']],
  'no longer complete': [
    complete,
    { ...complete, completionTime: undefined, conditions: [] },
    [
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
      'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
    ],
  ],
  'no longer failed': [
    failed,
    { ...failed, conditions: [] },
    [
      'status.conditions: Invalid value: cannot disable the terminal Failed=True condition',
      'status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition',
    ],
  ],
  'fewer than before': [
    { ...running, failed: 2, succeeded: 2 },
    { ...running, failed: 1, succeeded: 1 },
    ['status.failed: Invalid value: 1: cannot decrease the failed counter', 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter'],
  ],
  'completed at another time': [
    complete,
    { ...complete, completionTime: '2026-01-02T04:00:00Z' },
    ['status.completionTime: Invalid value: "2026-01-02T04:00:00Z": completionTime cannot be mutated'],
  ],
  'started at another time': [
    running,
    { ...running, startTime: completionTime },
    ['status.startTime: Required value: startTime cannot be removed for unsuspended job'],
  ],
  'criteria met after the end': [
    { ...complete, ...conditions('Complete') },
    complete,
    ['status.conditions: Invalid value: cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'],
  ],
});

statusCases(jobs, job({ suspend: true }), {
  'a suspended job starts anew': [running, { active: 0, ready: 0 }, []],
});

statusCases(jobs, job({ completionMode: 'Indexed', completions: 5, parallelism: 2, backoffLimitPerIndex: 1 }), {
  indexes: [running, { ...running, completedIndexes: '0-1,3', failedIndexes: '2' }, []],
  'indexes that cannot be': [
    running,
    { ...running, completedIndexes: '3,1', failedIndexes: '7' },
    [
      'status.completedIndexes: Invalid value: "3,1": error parsing completedIndexes: non-increasing order, previous: 3, current: 1',
      'status.failedIndexes: Invalid value: "7": error parsing failedIndexes: too large index: "7"',
    ],
  ],
  'both succeeded and failed': [
    running,
    { ...running, completedIndexes: '0,2-4', failedIndexes: '1,3' },
    ['status.failedIndexes: Invalid value: "1,3": failedIndexes and completedIndexes overlap at index: 3'],
  ],
  'indexes that a smaller job no longer has': [{ ...running, completedIndexes: '9' }, { ...running, completedIndexes: '9', failed: 1 }, []],
});

statusCases(jobs, job({ completionMode: 'Indexed', completions: 2, parallelism: 2, successPolicy: { rules: [{ succeededCount: 1 }] } }), {
  'an elastic job shrinks': [{ ...running, succeeded: 2 }, { ...running, succeeded: 1 }, []],
  'complete against its policy': [
    running,
    { ...complete, ...conditions('Complete') },
    [
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.conditions: Invalid value: cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
    ],
  ],
});
