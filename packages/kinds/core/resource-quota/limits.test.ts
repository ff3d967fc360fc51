import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { limitRanges } from '../limit-range/kind.ts';
import { resourceQuotas } from './kind.ts';

const metadata = { name: 'q', namespace: 'default' };
const quota = (spec: object): object => ({ kind: 'ResourceQuota', apiVersion: 'v1', metadata, spec });
const range = (limit: object): object => ({ kind: 'LimitRange', apiVersion: 'v1', metadata, spec: { limits: [limit] } });

createCases(resourceQuotas, {
  'counts and amounts': [quota({ hard: { pods: '5', 'requests.cpu': '1', 'count/deployments.apps': '2', 'limits.memory': '1Gi' } }), []],
  'unknown resource': [
    quota({ hard: { bananas: '1' } }),
    [
      'spec.hard[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'spec.hard[bananas]: Invalid value: "bananas": must be a standard resource for quota',
    ],
  ],
  'half a pod': [quota({ hard: { pods: '1.5' } }), ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
  negative: [quota({ hard: { cpu: '-1' } }), ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
  'bad scope': [quota({ hard: { pods: '1' }, scopes: ['Sometimes'] }), ['spec.scopes: Invalid value: ["Sometimes"]: unsupported scope']],
  'conflicting scopes': [
    quota({ hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] }),
    ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  ],
  'scope that does not count it': [
    quota({ hard: { 'requests.cpu': '1' }, scopes: ['BestEffort'] }),
    ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  ],
  'bad scope operator': [
    quota({ hard: { pods: '1' }, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Near' }] } }),
    ['spec.scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator'],
  ],
});

updateCases(resourceQuotas, quota({ hard: { pods: '1' }, scopes: ['BestEffort'] }), {
  hard: [(draft) => void (draft.spec!.hard = { pods: '2' }), []],
  scopes: [(draft) => void (draft.spec!.scopes = ['NotBestEffort']), ['spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable']],
});

createCases(limitRanges, {
  'minimum above maximum': [
    range({ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }),
    [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ],
  ],
  'default above maximum': [
    range({ type: 'Container', default: { cpu: '2' }, max: { cpu: '1' } }),
    [
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
    ],
  ],
  'request above default': [
    range({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '2' } }),
    ['spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1'],
  ],
  'default of pods': [
    range({ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }),
    [
      `spec.limits[0].default: Forbidden: may not be specified when \`type\` is 'Pod'`,
      `spec.limits[0].defaultRequest: Forbidden: may not be specified when \`type\` is 'Pod'`,
    ],
  ],
  'claims without limits': [
    range({ type: 'PersistentVolumeClaim', default: { storage: '1Gi' } }),
    ['spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
  ],
  'small ratio': [
    range({ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }),
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
  ],
});

test('defaults of limit ranges follow the maximum', () => {
  const limit = created(limitRanges, range({ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } })).spec.limits[0]!;
  assert.deepEqual(limit.default, { cpu: '2' });
  assert.deepEqual(limit.defaultRequest, { cpu: '2' });
});

test('columns', () => {
  const object = {
    ...created(resourceQuotas, quota({ hard: { pods: '5', 'limits.cpu': '2' } })),
    status: { hard: { pods: '5', 'limits.cpu': '2' }, used: { pods: '1', 'limits.cpu': '500m' } },
  };
  assert.deepEqual(row(resourceQuotas, object), { Name: 'q', Request: 'pods: 1/5', Limit: 'limits.cpu: 500m/2', Age: '<unknown>' });
});
