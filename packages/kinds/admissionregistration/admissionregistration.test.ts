import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../testing/objects.ts';
import { createCases, row } from '../testing/tables.ts';
import { mutatingAdmissionPolicies } from './mutating-admission-policy/kind.ts';
import { mutatingWebhookConfigurations } from './mutating-webhook-configuration/kind.ts';
import { validatingAdmissionPolicyBindings } from './validating-admission-policy-binding/kind.ts';
import { validatingAdmissionPolicies } from './validating-admission-policy/kind.ts';

const object = (kind: string, members: object): object => ({
  kind,
  apiVersion: 'admissionregistration.k8s.io/v1',
  metadata: { name: 'web' },
  ...members,
});
const rule = (members: object = {}): object => ({ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], ...members });
const hook = (members: object): object =>
  object('MutatingWebhookConfiguration', {
    webhooks: [
      {
        name: 'a.example.com',
        clientConfig: { service: { name: 'hook', namespace: 'default', path: '/mutate' } },
        rules: [rule()],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...members,
      },
    ],
  });
const policy = (spec: object): object =>
  object('ValidatingAdmissionPolicy', { spec: { matchConstraints: { resourceRules: [rule()] }, validations: [{ expression: 'true' }], ...spec } });
const binding = (spec: object): object =>
  object('ValidatingAdmissionPolicyBinding', { spec: { policyName: 'web', validationActions: ['Deny'], ...spec } });
const mutating = (spec: object): object =>
  object('MutatingAdmissionPolicy', {
    spec: {
      matchConstraints: { resourceRules: [rule()] },
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
      ...spec,
    },
  });

test('defaults of webhooks', () => {
  const [webhook] = created(mutatingWebhookConfigurations, hook({})).webhooks!;
  assert.equal(webhook!.failurePolicy, 'Fail');
  assert.equal(webhook!.matchPolicy, 'Equivalent');
  assert.equal(webhook!.timeoutSeconds, 10);
  assert.equal(webhook!.reinvocationPolicy, 'Never');
  assert.equal(webhook!.clientConfig.service!.port, 443);
  assert.deepEqual(webhook!.namespaceSelector, {});
  assert.equal(webhook!.rules![0]!.scope, '*');
});

createCases(mutatingWebhookConfigurations, {
  'short name': [hook({ name: 'a' }), ['webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots']],
  'no side effects said': [hook({ sideEffects: undefined }), ['webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun']],
  'unknown side effects': [
    hook({ sideEffects: 'Unknown' }),
    ['webhooks[0].sideEffects: Unsupported value: "Unknown": supported values: "None", "NoneOnDryRun"'],
  ],
  'no review versions': [
    hook({ admissionReviewVersions: [] }),
    ['webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
  ],
  'unknown review versions': [
    hook({ admissionReviewVersions: ['v9', 'v9'] }),
    [
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v9": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
    ],
  ],
  'long timeout': [
    hook({ timeoutSeconds: 31 }),
    ['webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
  ],
  'two addresses': [
    hook({ clientConfig: { url: 'https://a', service: { name: 'hook', namespace: 'default' } } }),
    ['webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
  ],
  'bad URL': [
    hook({ clientConfig: { url: 'http://u:p@a.example.com/x?y#z' } }),
    [
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "z": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "y": query parameters are not permitted in the URL',
    ],
  ],
  'bad service': [
    hook({ clientConfig: { service: { name: '', namespace: '', path: 'a//b', port: 0 } } }),
    [
      'webhooks[0].clientConfig.service.name: Required value: service name is required',
      'webhooks[0].clientConfig.service.namespace: Required value: service namespace is required',
      'webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
      `webhooks[0].clientConfig.service.path: Invalid value: "a//b": must start with a '/'`,
      'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[0] may not be empty',
      'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[1] may not be empty',
    ],
  ],
  'bad rule': [
    hook({
      rules: [
        rule({
          operations: ['*', 'CREATE'],
          apiGroups: [],
          apiVersions: ['*', ''],
          resources: ['*', 'pods', 'pods/*', 'pods/status'],
          scope: 'Half',
        }),
      ],
    }),
    [
      `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
      'webhooks[0].rules[0].apiGroups: Required value',
      `webhooks[0].rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
      'webhooks[0].rules[0].apiVersions[1]: Required value',
      `webhooks[0].rules[0].resources[3]: Invalid value: "pods/status": if 'pods/*' is present, must not specify pods/status`,
      `webhooks[0].rules[0].resources: Invalid value: ["*","pods","pods/*","pods/status"]: if '*' is present, must not specify other resources without subresources`,
      'webhooks[0].rules[0].scope: Unsupported value: "Half": supported values: "*", "Cluster", "Namespaced"',
    ],
  ],
  'bad match condition': [
    hook({
      matchConditions: [
        { name: '', expression: ' ' },
        { name: 'a', expression: 'true' },
        { name: 'a', expression: 'true' },
      ],
    }),
    [
      'webhooks[0].matchConditions[0].expression: Required value',
      'webhooks[0].matchConditions[0].name: Required value',
      'webhooks[0].matchConditions[2].name: Duplicate value: "a"',
    ],
  ],
});

createCases(validatingAdmissionPolicies, {
  'nothing to check': [
    policy({ validations: [] }),
    [
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  ],
  'matches nothing': [policy({ matchConstraints: {} }), ['spec.matchConstraints.resourceRules: Required value']],
  'bad parameters': [
    policy({ paramKind: { apiVersion: 'a/b/c', kind: '' } }),
    ['spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c', 'spec.paramKind.kind: Required value'],
  ],
  'bad validation': [
    policy({ validations: [{ expression: ' ', message: 'a\nb', reason: 'Because', messageExpression: ' ' }] }),
    [
      'spec.validations[0].expression: Required value: expression is not specified',
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
      'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  'bad variable': [
    policy({ variables: [{ name: 'in', expression: '' }] }),
    [
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
      'spec.variables[0].expression: Required value: expression is not specified',
    ],
  ],
  'bad annotations': [
    policy({
      auditAnnotations: [
        { key: 'a', valueExpression: '1' },
        { key: 'a', valueExpression: '' },
      ],
    }),
    [
      'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ],
});

createCases(validatingAdmissionPolicyBindings, {
  'no policy': [binding({ policyName: '' }), ['spec.policyName: Required value']],
  'no action': [binding({ validationActions: [] }), ['spec.validationActions: Required value: at least one validation action is required']],
  'deny and warn': [
    binding({ validationActions: ['Deny', 'Warn', 'Deny', 'Other'] }),
    [
      'spec.validationActions[2]: Duplicate value: "Deny"',
      'spec.validationActions[3]: Unsupported value: "Other": supported values: "Audit", "Deny", "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Other"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  ],
  'parameters by name and selector': [
    binding({ paramRef: { name: 'p', selector: {}, parameterNotFoundAction: 'Deny' } }),
    [
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
    ],
  ],
  'no parameters': [
    binding({ paramRef: {} }),
    ['spec.paramRef: Required value: one of name or selector must be specified', 'spec.paramRef.parameterNotFoundAction: Required value'],
  ],
});

createCases(mutatingAdmissionPolicies, {
  policy: [mutating({}), []],
  'of deletions': [
    mutating({ matchConstraints: { resourceRules: [rule({ operations: ['DELETE'] })] } }),
    ['spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ],
  'nothing to do': [
    mutating({ mutations: [], reinvocationPolicy: undefined }),
    ['spec.mutations: Required value: mutations must contain at least one item', 'spec.reinvocationPolicy: Required value'],
  ],
  'other patch': [
    mutating({ mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] }),
    [
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
    ],
  ],
});

test('the generation counts changes of webhooks', () => {
  const stored = created(mutatingWebhookConfigurations, hook({}));
  const next = updated(mutatingWebhookConfigurations, stored, (draft) => void (draft.webhooks![0]!.timeoutSeconds = 5));
  assert.deepEqual([stored.metadata.generation, next.metadata.generation], [1, 2]);
});

test('columns', () => {
  assert.deepEqual(row(mutatingWebhookConfigurations, created(mutatingWebhookConfigurations, hook({}))), {
    Name: 'web',
    Webhooks: 1,
    Age: '<unknown>',
  });
  const shown = created(validatingAdmissionPolicies, policy({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }));
  assert.deepEqual(row(validatingAdmissionPolicies, shown), { Name: 'web', Validations: 1, ParamKind: 'v1/ConfigMap', Age: '<unknown>' });
  const paramText = (paramRef: object | undefined): unknown =>
    row(validatingAdmissionPolicyBindings, created(validatingAdmissionPolicyBindings, binding({ paramRef })))['ParamRef'];
  assert.deepEqual([undefined, { name: 'p' }, { name: 'p', namespace: 'n' }, { selector: { matchLabels: { a: 'b' } } }].map(paramText), [
    '<unset>',
    '*/p',
    'n/p',
    'a=b',
  ]);
});
