import { createCases, statusCases } from '../testing/tables.ts';
import { flowSchemas } from './flow-schema/kind.ts';
import { priorityLevelConfigurations } from './priority-level-configuration/kind.ts';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
const flow = (rule: object, spec: object = {}): object => ({
  kind: 'FlowSchema',
  apiVersion,
  metadata: { name: 'f' },
  spec: { priorityLevelConfiguration: { name: 'p' }, rules: [{ subjects: [{ kind: 'User', user: { name: '*' } }], resourceRules: [everything], ...rule }], ...spec },
});
const subject = (members: object): object => flow({ subjects: [members] });
const resources = (members: object): object => flow({ resourceRules: [{ ...everything, ...members }] });
const paths = (...nonResourceURLs: readonly string[]): object => flow({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] });
const SUBJECT = 'spec.rules[0].subjects[0]';
const RESOURCES = 'spec.rules[0].resourceRules[0]';
const PATHS = 'spec.rules[0].nonResourceRules[0]';

createCases(flowSchemas, {
  'no rules': [flow({}, { rules: [] }), []],
  negative: [flow({}, { matchingPrecedence: -1 }), ['spec.matchingPrecedence: Invalid value: -1: must be a positive value']],
  'flows by nothing': [flow({}, { distinguisherMethod: { type: 'ByLuck' } }), ['spec.distinguisherMethod.type: Unsupported value: {"type":"ByLuck"}: supported values: "ByNamespace", "ByUser"']],
  'subject of no kind': [subject({ kind: 'Robot' }), [`${SUBJECT}.kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`]],
  'user that is not said': [subject({ kind: 'User' }), [`${SUBJECT}.user: Required value: user is required when subject kind is 'User'`]],
  'any account': [subject({ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'default' } }), []],
  'account of no namespace': [
    subject({ kind: 'ServiceAccount', serviceAccount: { name: 'a', namespace: '' } }),
    [`${SUBJECT}.serviceAccount.namespace: Required value: must specify namespace for service account`],
  ],
  'unknown verbs': [
    resources({ verbs: ['fly'] }),
    [`${RESOURCES}.verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`],
  ],
  'no verbs, groups, resources': [
    resources({ verbs: [], apiGroups: [], resources: [] }),
    [
      `${RESOURCES}.verbs: Required value: verbs must contain at least one value`,
      `${RESOURCES}.apiGroups: Required value: resource rules must supply at least one api group`,
      `${RESOURCES}.resources: Required value: resource rules must supply at least one resource`,
    ],
  ],
  'star and others': [
    resources({ apiGroups: ['*', 'apps'], resources: ['pods', '*'], namespaces: ['*', 'a'] }),
    [
      `${RESOURCES}.apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
      `${RESOURCES}.resources: Invalid value: ["pods","*"]: if '*' is present, must not specify other resources`,
      `${RESOURCES}.namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces`,
    ],
  ],
  'bad namespace': [resources({ namespaces: ['a.b'] }), [`${RESOURCES}.namespaces[0]: Invalid value: "a.b": each member of this list must be '*' or a DNS-1123 label; must not contain dots`]],
  'good paths': [paths('/', '/healthz', '/healthz/*'), []],
  'bad paths': [
    paths('', '/a b', '//a', '/*a'),
    ['must not be empty', 'must not contain white-space', 'must not contain double slash', 'wildcard can only do suffix matching'].map(
      (text, index) => `${PATHS}.nonResourceURLs[${index}]: Invalid value: ${JSON.stringify(['', '/a b', '//a', '/*a'][index])}: ${text}`,
    ),
  ],
  'no paths': [paths(), [`${PATHS}.nonResourceURLs: Required value: nonResourceURLs must contain at least one value`]],
  'all paths and others': [paths('*', '/a'), [`${PATHS}.nonResourceURLs: Invalid value: ["*","/a"]: if '*' is present, must not specify other non-resource URLs`]],
});
statusCases(flowSchemas, flow({}), {
  dangling: [{}, { conditions: [{ type: 'Dangling', status: 'True' }] }, []],
  'conditions twice': [
    {},
    { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, { type: '' }] },
    ['status.conditions[1].type: Duplicate value: "Dangling"', 'status.conditions[2].type: Required value: must not be empty'],
  ],
});

const level = (spec: object): object => ({ kind: 'PriorityLevelConfiguration', apiVersion, metadata: { name: 'p' }, spec });
const limited = (members: object): object => level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...members } });
const queuing = (members: object): object => limited({ limitResponse: { type: 'Queue', queuing: members } });
const QUEUING = 'spec.limited.limitResponse.queuing';
createCases(priorityLevelConfigurations, {
  'another type': [level({ type: 'Free' }), ['spec.type: Unsupported value: "Free": supported values: "Exempt", "Limited"']],
  'exempt and limited': [level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } }, exempt: {} }), ['spec.exempt: Forbidden: must be nil if the type is Limited']],
  'shares, lent and borrowed': [
    limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
    [
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
    ],
  ],
  'queues of those who are refused': [
    limited({ limitResponse: { type: 'Reject', queuing: {} } }),
    [`${QUEUING}: Forbidden: must be nil if limited.limitResponse.type is not Limited`],
  ],
  'negative queues': [
    queuing({ queues: -1, handSize: -1, queueLengthLimit: -1 }),
    ['queueLengthLimit', 'queues', 'handSize'].map((name) => `${QUEUING}.${name}: Invalid value: -1: must be positive`),
  ],
  'too many queues': [queuing({ queues: 10_000_001, handSize: 1 }), [`${QUEUING}.queues: Invalid value: 10000001: must not be greater than 10000000`]],
});
