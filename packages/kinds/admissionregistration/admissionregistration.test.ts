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
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/spec/paused"}]' } }],
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
        { key: 'b', valueExpression: 'has(object.spec) ? null : "none"' },
        { key: 'c', valueExpression: 'null' },
        { key: 'a', valueExpression: '' },
      ],
    }),
    [
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
      `spec.auditAnnotations[1].valueExpression: Invalid value: "has(object.spec) ? null : \\"none\\"": compilation failed: ERROR: <input>:1:18: found no matching overload for '_?_:_' applied to '(bool, null, string)'\n | has(object.spec) ? null : "none"\n | .................^`,
      'spec.auditAnnotations[3].valueExpression: Required value: valueExpression is not specified',
      'spec.auditAnnotations[3].key: Duplicate value: "a"',
    ],
  ],
});

createCases(validatingAdmissionPolicies, {
  'expressions that compile': [
    policy({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [
        { name: 'containers', expression: 'object.spec.containers' },
        { name: 'images', expression: 'variables.containers.map(c, string(c.image))' },
      ],
      matchConditions: [{ name: 'a', expression: "request.operation == 'CREATE' && !('system:masters' in request.userInfo.groups)" }],
      validations: [
        {
          expression: "variables.images.all(i, i.startsWith(params.data.registry)) && namespaceObject.metadata.name == request.namespace && oldObject == null",
          messageExpression: "'images must be of ' + params.data.registry",
        },
        { expression: "authorizer.group('').resource('pods').namespace('a').check('create').allowed() && authorizer.requestResource.check('use').allowed()" },
      ],
      auditAnnotations: [{ key: 'a', valueExpression: "'images: ' + variables.images.join(',')" }],
    }),
    [],
  ],
  'expressions that do not compile': [
    policy({
      variables: [
        { name: 'a', expression: 'variables.b' },
        { name: 'b', expression: '1' },
        { name: 'c', expression: 'variables.b + "x"' },
      ],
      matchConditions: [{ name: 'a', expression: 'variables.b == 1' }],
      validations: [
        { expression: 'params.x', messageExpression: '1' },
        { expression: 'object.spec.x', messageExpression: "authorizer.path('/').check('get').reason()" },
        { expression: 'request.uid == ""' },
        { expression: 'variables.c' },
      ],
    }),
    [
      "spec.matchConditions[0].expression: Invalid value: \"variables.b == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.b == 1\n | ^",
      "spec.variables[0].expression: Invalid value: \"variables.b\": compilation failed: ERROR: <input>:1:10: undefined field 'b'\n | variables.b\n | .........^",
      `spec.variables[2].expression: Invalid value: "variables.b + \\"x\\"": compilation failed: ERROR: <input>:1:13: found no matching overload for '_+_' applied to '(int, string)'\n | variables.b + "x"\n | ............^`,
      "spec.validations[0].expression: Invalid value: \"params.x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^",
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
      'spec.validations[1].expression: Invalid value: "object.spec.x": must evaluate to bool but got dyn',
      `spec.validations[1].messageExpression: Invalid value: "authorizer.path('/').check('get').reason()": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.path('/').check('get').reason()\n | ^`,
      'spec.validations[2].expression: Invalid value: "request.uid == \\"\\"": compilation failed: ERROR: <input>:1:8: undefined field \'uid\'\n | request.uid == ""\n | .......^',
      "spec.validations[3].expression: Invalid value: \"variables.c\": compilation failed: ERROR: <input>:1:10: undefined field 'c'\n | variables.c\n | .........^",
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
  'mutations that compile': [
    mutating({
      variables: [{ name: 'patch', expression: 'JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: "x"}' }],
      mutations: [
        { patchType: 'JSONPatch', jsonPatch: { expression: '[variables.patch, JSONPatch{op: "test", path: "/spec", value: Object.spec{paused: true}}]' } },
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: object.spec.replicas + 1, paused: has(object.x)}}' } },
      ],
    }),
    [],
  ],
  'mutations that do not': [
    mutating({
      mutations: [
        { patchType: 'JSONPatch', jsonPatch: { expression: 'Object{}' } },
        { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{verb: "add"}]' } },
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: '{"spec": 1}' } },
      ],
    }),
    [
      'spec.mutations[0].jsonPatch.expression: Invalid value: "Object{}": must evaluate to list(JSONPatch) but got Object',
      `spec.mutations[1].jsonPatch.expression: Invalid value: "[JSONPatch{verb: \\"add\\"}]": compilation failed: ERROR: <input>:1:16: undefined field 'verb'\n | [JSONPatch{verb: "add"}]\n | ...............^`,
      'spec.mutations[2].applyConfiguration.expression: Invalid value: "{\\"spec\\": 1}": must evaluate to Object but got map(string, int)',
    ],
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
    '&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}',
  ]);
});
