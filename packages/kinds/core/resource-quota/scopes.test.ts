import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { resourceQuotas } from './kind.ts';

const quota = (spec: object): object => ({ kind: 'ResourceQuota', apiVersion: 'v1', metadata: { name: 'q', namespace: 'default' }, spec });
const scoped = (hard: object, ...scopes: string[]): object => quota({ hard, scopes });
const selecting = (hard: object, ...matchExpressions: object[]): object => quota({ hard, scopeSelector: { matchExpressions } });
const by = (scopeName: string, operator: string, values?: string[]): object => ({ scopeName, operator, ...(values ? { values } : {}) });

createCases(resourceQuotas, {
  'pods of the best effort': [scoped({ pods: '1' }, 'BestEffort'), []],
  'what ends': [scoped({ pods: '1', 'limits.cpu': '1', memory: '1Gi' }, 'Terminating', 'NotBestEffort'), []],
  'other counts of what ends': [
    scoped({ services: '1', 'count/deployments.apps': '1' }, 'Terminating'),
    ['spec.scopes: Invalid value: ["Terminating"]: unsupported scope applied to resource'],
  ],
  'two that exclude each other': [
    scoped({ pods: '1' }, 'Terminating', 'NotTerminating'),
    ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
  ],
  'claims by attributes': [selecting({ persistentvolumeclaims: '1', 'requests.storage': '1Gi' }, by('VolumeAttributesClass', 'In', ['gold'])), []],
  'pods by attributes': [
    selecting({ pods: '1' }, by('VolumeAttributesClass', 'Exists')),
    [
      'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"VolumeAttributesClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource',
    ],
  ],
  'a priority': [selecting({ pods: '1' }, by('PriorityClass', 'NotIn', ['low'])), []],
  'a priority of nothing': [
    selecting({ pods: '1' }, by('PriorityClass', 'In')),
    ["spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"],
  ],
  'a priority that exists, with values': [
    selecting({ pods: '1' }, by('PriorityClass', 'DoesNotExist', ['low'])),
    [
      "spec.scopeSelector.matchExpressions.values: Invalid value: [\"low\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
    ],
  ],
  'the best effort in something': [
    selecting({ pods: '1' }, by('BestEffort', 'In', ['a'])),
    [
      'spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be \'Exists\' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity',
    ],
  ],
  'a scope that is none': [
    selecting({ pods: '1' }, by('Sometimes', 'Exists')),
    ['spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Sometimes": unsupported scope'],
  ],
  'two selected that exclude each other': [
    selecting({ pods: '1' }, by('BestEffort', 'Exists'), by('NotBestEffort', 'Exists')),
    ['spec.scopeSelector.matchExpressions: Invalid value: null: conflicting scopes'],
  ],
  'across namespaces': [selecting({ pods: '1' }, by('CrossNamespacePodAffinity', 'Exists')), []],
});

updateCases(resourceQuotas, scoped({ pods: '1' }, 'BestEffort'), {
  'scopes in another order': [(draft) => void (draft.spec!.scopes = ['BestEffort', 'BestEffort']), []],
  'no scopes any more': [(draft) => void delete draft.spec!.scopes, ['spec.scopes: Invalid value: null: field is immutable']],
});

statusCases(resourceQuotas, quota({ hard: { pods: '1' } }), {
  use: [{}, { hard: { pods: '1' }, used: { pods: '1' } }, []],
  'use of less than nothing': [
    {},
    { hard: { pods: '1' }, used: { pods: '-1', bananas: '1' } },
    [
      'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
      'status.used[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'status.used[bananas]: Invalid value: "bananas": must be a standard resource for quota',
    ],
  ],
});
