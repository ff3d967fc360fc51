import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext } from '../testing/objects.ts';
import { createCases, row } from '../testing/tables.ts';
import { flowSchemas } from './flow-schema/kind.ts';
import { mandatoryFlowSchemas, mandatoryLevels } from './mandatory.ts';
import { priorityLevelConfigurations } from './priority-level-configuration/kind.ts';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const everyone = { kind: 'Group', group: { name: 'system:authenticated' } };
const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
const flow = (rule: object, spec: object = {}): object => ({
  kind: 'FlowSchema',
  apiVersion,
  metadata: { name: 'f' },
  spec: { priorityLevelConfiguration: { name: 'p' }, rules: [{ subjects: [everyone], resourceRules: [everything], ...rule }], ...spec },
});
const level = (spec: object): object => ({ kind: 'PriorityLevelConfiguration', apiVersion, metadata: { name: 'p' }, spec });

createCases(flowSchemas, {
  'too early': [
    flow({}, { matchingPrecedence: 1 }),
    [`spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1`],
  ],
  'too late': [flow({}, { matchingPrecedence: 10_001 }), ['spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000']],
  'no level': [
    flow({}, { priorityLevelConfiguration: { name: '' } }),
    ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ],
  nobody: [flow({ subjects: [] }), ['spec.rules[0].subjects: Required value: subjects must contain at least one value']],
  nothing: [flow({ resourceRules: [] }), ['spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty']],
  'subject without name': [flow({ subjects: [{ kind: 'User', user: { name: '' } }] }), ['spec.rules[0].subjects[0].user.name: Required value']],
  'subject of two kinds': [
    flow({ subjects: [{ ...everyone, user: { name: 'a' } }] }),
    [`spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'`],
  ],
  'star and others': [
    flow({ resourceRules: [{ ...everything, verbs: ['*', 'get'] }] }),
    [`spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`],
  ],
  nowhere: [
    flow({ resourceRules: [{ ...everything, namespaces: [], clusterScope: false }] }),
    ['spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace'],
  ],
  'bad path': [
    flow({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['healthz', '/a*b'] }] }),
    [
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*b": wildcard can only do suffix matching',
    ],
  ],
});

createCases(priorityLevelConfigurations, {
  exempt: [level({ type: 'Exempt' }), [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`]],
  'limited without limits': [level({ type: 'Limited' }), ['spec.limited: Required value: must not be empty when type is Limited']],
  'queue without queues': [
    level({ type: 'Limited', limited: { limitResponse: { type: 'Queue' } } }),
    ['spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited'],
  ],
  'large hand': [
    level({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { handSize: 70, queues: 64 } } } }),
    [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 70: should not be greater than queues (64)',
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 70: required entropy bits of deckSize 64 and handSize 70 should not be greater than 60',
    ],
  ],
  'bad response': [
    level({ type: 'Limited', limited: { limitResponse: { type: 'Drop' } } }),
    ['spec.limited.limitResponse.type: Unsupported value: "Drop": supported values: "Queue", "Reject"'],
  ],
});

test('defaults and columns', () => {
  const object = created(priorityLevelConfigurations, level({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } }));
  assert.deepEqual(object.spec.limited!.limitResponse.queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 });
  const cells = row(priorityLevelConfigurations, object);
  assert.deepEqual([cells['Type'], cells['NominalConcurrencyShares'], cells['Queues']], ['Limited', 30, 64]);
  assert.equal(created(flowSchemas, flow({})).spec.matchingPrecedence, 1000);
});

test('what every server needs cannot be changed, except what exempt levels lend', () => {
  const spec = (kind: 'FlowSchema' | 'PriorityLevelConfiguration', name: string, change: object): string[] => {
    const fixed = kind === 'FlowSchema' ? mandatoryFlowSchemas[name as 'exempt'] : mandatoryLevels[name as 'exempt'];
    const strategy = (kind === 'FlowSchema' ? flowSchemas : priorityLevelConfigurations).strategy;
    const object = { kind, apiVersion, metadata: { name }, spec: { ...fixed, ...change }, status: {} };
    return strategy.validate!(object as never, testContext).map(({ message }) => message.replace(/^Invalid value: .*: (?=spec of)/, ''));
  };
  for (const name of ['exempt', 'catch-all']) {
    assert.deepEqual(spec('FlowSchema', name, {}), []);
    assert.deepEqual(spec('PriorityLevelConfiguration', name, {}), []);
    assert.deepEqual(spec('FlowSchema', name, { rules: [] }), [`spec of '${name}' must equal the fixed value`]);
  }
  assert.deepEqual(spec('PriorityLevelConfiguration', 'exempt', { exempt: { nominalConcurrencyShares: 5, lendablePercent: 50 } }), []);
  assert.deepEqual(spec('PriorityLevelConfiguration', 'catch-all', { limited: { nominalConcurrencyShares: 9, limitResponse: { type: 'Reject' } } }), ["spec of 'catch-all' must equal the fixed value"]);
});
