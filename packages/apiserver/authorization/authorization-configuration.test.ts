import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAuthorizationConfiguration } from './authorization-configuration.ts';

const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n';
const WEBHOOK = {
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  matchConditionSubjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/k' },
};
const read = (authorizers: readonly object[]) => readAuthorizationConfiguration(`${HEAD}authorizers: ${JSON.stringify(authorizers)}`, 'authz.yaml');

const conditional = (...expressions: string[]): object[] => [
  { type: 'Webhook', name: 'w', webhook: { ...WEBHOOK, matchConditions: expressions.map((expression) => ({ expression })) } },
];

test('authorizers in order', () => {
  assert.deepEqual(
    read([
      { type: 'Node', name: 'node' },
      { type: 'Webhook', name: 'hook', webhook: { ...WEBHOOK, cacheUnauthorizedRequests: false } },
      { type: 'RBAC', name: 'rbac' },
    ]),
    [
      { type: 'Node' },
      {
        type: 'Webhook',
        kubeConfigFile: '/k',
        settings: { version: 'v1', authorizedMs: 300_000, unauthorizedMs: 0, timeoutMs: 3_000, onFailure: 'Deny' },
      },
      { type: 'RBAC' },
    ],
  );
});

test('conditions on which a webhook is asked', () => {
  const [webhook] = read(conditional("request.resourceAttributes.namespace == 'a'", "!('system:nodes' in request.groups)"));
  assert.ok(webhook?.type === 'Webhook');
  assert.deepEqual(webhook.settings.conditions?.map(({ expression }) => expression), ["request.resourceAttributes.namespace == 'a'", "!('system:nodes' in request.groups)"]);
});

test('what is wrong with a configuration', () => {
  const cases: readonly (readonly [readonly object[], string])[] = [
    [[], 'authorizers: Required value: at least one authorization mode must be defined'],
    [
      [{ type: 'X', name: 'x' }],
      'authorizers[0].type: Unsupported value: "X": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
    ],
    [
      [
        { type: 'RBAC', name: 'a' },
        { type: 'RBAC', name: 'b' },
      ],
      'authorizers[1].type: Duplicate value: "RBAC"',
    ],
    [
      [
        { type: 'RBAC', name: 'a' },
        { type: 'Node', name: 'a' },
      ],
      'authorizers[1].name: Duplicate value: "a"',
    ],
    [[{ type: 'Webhook', name: 'w' }], 'authorizers[0].webhook: Required value: required when type=Webhook'],
    [[{ type: 'RBAC', name: 'a', webhook: WEBHOOK }], 'authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook'],
    [
      [{ type: 'Webhook', name: 'w', webhook: { ...WEBHOOK, timeout: '31s' } }],
      'authorizers[0].webhook.timeout: Invalid value: "31s": must be <= 30s',
    ],
    [
      [{ type: 'Webhook', name: 'w', webhook: { ...WEBHOOK, failurePolicy: 'Fail' } }],
      'authorizers[0].webhook.failurePolicy: Unsupported value: "Fail": supported values: "NoOpinion", "Deny"',
    ],
    [conditional('x'), "authorizers[0].webhook.matchConditions[0].expression: Invalid value: \"x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^"],
    [conditional('request.user'), 'authorizers[0].webhook.matchConditions[0].expression: Invalid value: "request.user": must evaluate to bool but got string'],
    [conditional(' '), 'authorizers[0].webhook.matchConditions[0].expression: Required value'],
    [conditional('true', 'true'), 'authorizers[0].webhook.matchConditions[1].expression: Duplicate value: "true"'],
    [conditional(...Array.from({ length: 65 }, (_, i) => `${i} > 0`)), 'authorizers[0].webhook.matchConditions: Too many: 65: must have at most 64 items'],
    [
      [{ type: 'Webhook', name: 'w', webhook: { ...WEBHOOK, matchConditionSubjectAccessReviewVersion: undefined, matchConditions: [{ expression: 'true' }] } }],
      'authorizers[0].webhook.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified',
    ],
    [
      [{ type: 'Webhook', name: 'w', webhook: { ...WEBHOOK, connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'k' } } }],
      'authorizers[0].webhook.connectionInfo.kubeConfigFile: Invalid value: "k": must be an absolute path',
    ],
  ];
  for (const [authorizers, message] of cases) assert.throws(() => read(authorizers), { message: `authz.yaml: ${message}` });
  assert.throws(() => readAuthorizationConfiguration('{', 'f'), /^ConfigurationError: f: /);
  assert.throws(() => readAuthorizationConfiguration(`${HEAD}authoriser: []`, 'f'), /unknown field "authoriser"/);
});
