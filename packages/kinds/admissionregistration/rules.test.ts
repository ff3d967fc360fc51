import { createCases, statusCases, updateCases } from '../testing/tables.ts';
import { mutatingAdmissionPolicies } from './mutating-admission-policy/kind.ts';
import { mutatingAdmissionPolicyBindings } from './mutating-admission-policy-binding/kind.ts';
import { validatingAdmissionPolicies } from './validating-admission-policy/kind.ts';
import { validatingAdmissionPolicyBindings } from './validating-admission-policy-binding/kind.ts';
import { validatingWebhookConfigurations } from './validating-webhook-configuration/kind.ts';

const object = (kind: string, members: object): object => ({ kind, apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'web' }, ...members });
const rule = (members: object = {}): object => ({ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], ...members });
const hook = (members: object): object => ({
  name: 'a.example.com',
  clientConfig: { service: { name: 'hook', namespace: 'default' } },
  rules: [rule()],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...members,
});
const hooks = (...members: readonly object[]): object => object('ValidatingWebhookConfiguration', { webhooks: members.map(hook) });
const HOOK = 'webhooks[0]';
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));

createCases(validatingWebhookConfigurations, {
  'no webhooks': [object('ValidatingWebhookConfiguration', {}), []],
  'a URL': [hooks({ clientConfig: { url: 'https://hook.example.com/validate' } }), []],
  'no address': [hooks({ clientConfig: {} }), [`${HOOK}.clientConfig: Required value: exactly one of url or service is required`]],
  'no name': [hooks({ name: '' }), [`${HOOK}.name: Required value`]],
  'a name twice': [hooks({}, {}), ['webhooks[1].name: Duplicate value: "a.example.com"']],
  'no time': [hooks({ timeoutSeconds: 0 }), [`${HOOK}.timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds`]],
  'bad policies': [
    hooks({ failurePolicy: 'Retry', matchPolicy: 'Near' }),
    [
      `${HOOK}.failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"`,
      `${HOOK}.matchPolicy: Unsupported value: "Near": supported values: "Equivalent", "Exact"`,
    ],
  ],
  'bad selectors': [
    hooks({ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] }, objectSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }),
    [
      `${HOOK}.namespaceSelector.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
      `${HOOK}.objectSelector.matchExpressions[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
  ],
  'all resources and others': [
    hooks({ rules: [rule({ resources: ['*/*', 'pods'] })] }),
    [`${HOOK}.rules[0].resources: Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources`],
  ],
  'unknown operation': [
    hooks({ rules: [rule({ operations: ['READ'], resources: [''] })] }),
    [`${HOOK}.rules[0].operations[0]: Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`, `${HOOK}.rules[0].resources[0]: Required value`],
  ],
  'too many conditions': [
    hooks({ matchConditions: many(65, (index) => ({ name: `c${index}`, expression: 'true' })) }),
    [`${HOOK}.matchConditions: Too many: 65: must have at most 64 items`],
  ],
});
updateCases(validatingWebhookConfigurations, hooks({}), {
  address: [(draft) => void (draft.webhooks![0]!.clientConfig = { url: 'https://a.example.com' }), []],
  'side effects': [
    (draft) => void (draft.webhooks![0]!.sideEffects = 'Some'),
    [`${HOOK}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`],
  ],
});

const policy = (spec: object): object =>
  object('ValidatingAdmissionPolicy', { spec: { matchConstraints: { resourceRules: [rule()] }, validations: [{ expression: 'true' }], ...spec } });
const ANNOTATIONS = many(21, (index) => ({ key: `k${index}`, valueExpression: "'x'" }));
createCases(validatingAdmissionPolicies, {
  'audit alone': [policy({ validations: [], auditAnnotations: [{ key: 'a', valueExpression: "'x'" }] }), []],
  'no constraints': [policy({ matchConstraints: undefined }), ['spec.matchConstraints: Required value']],
  'too many annotations': [
    policy({ auditAnnotations: ANNOTATIONS }),
    [`spec.auditAnnotations: Invalid value: ${JSON.stringify(ANNOTATIONS)}: must not have more than 20 auditAnnotations`],
  ],
  'names of resources': [
    policy({ matchConstraints: { resourceRules: [rule({ resourceNames: ['a', 'a', 'b/c'] })] } }),
    [
      'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
      `spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain '/'`,
    ],
  ],
  'parameters of no version': [
    policy({ paramKind: { apiVersion: 'rules.example.com/', kind: 'a b' } }),
    [
      'spec.paramKind.apiVersion: Invalid value: "rules.example.com/": version must be specified',
      `spec.paramKind.kind: Invalid value: "a b": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
});
updateCases(validatingAdmissionPolicies, policy({}), {
  validations: [(draft) => void (draft.spec!.validations = [{ expression: 'false' }]), []],
  'failure policy': [(draft) => void (draft.spec!.failurePolicy = 'Retry' as 'Fail'), ['spec.failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"']],
});
statusCases(validatingAdmissionPolicies, policy({}), {
  checked: [{}, { observedGeneration: 1, typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: 'w' }] } }, []],
});

const binding = (spec: object): object => object('ValidatingAdmissionPolicyBinding', { spec: { policyName: 'web', validationActions: ['Deny'], ...spec } });
createCases(validatingAdmissionPolicyBindings, {
  'warn and audit': [binding({ validationActions: ['Warn', 'Audit'], paramRef: { selector: {}, parameterNotFoundAction: 'Allow' } }), []],
  'no parameters': [binding({ paramRef: { parameterNotFoundAction: 'Deny' } }), ['spec.paramRef: Required value: one of name or selector must be specified']],
  'no action without parameters': [binding({ paramRef: { name: 'p', parameterNotFoundAction: 'Wait' } }), ['spec.paramRef.parameterNotFoundAction: Unsupported value: "Wait": supported values: "Deny", "Allow"']],
  'a policy that is a path': [binding({ policyName: 'a/b' }), [`spec.policyName: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`]],
});
updateCases(validatingAdmissionPolicyBindings, binding({}), {
  actions: [(draft) => void (draft.spec!.validationActions = []), ['spec.validationActions: Required value: at least one validation action is required']],
});

const mutating = (spec: object): object =>
  object('MutatingAdmissionPolicy', {
    spec: { matchConstraints: { resourceRules: [rule()] }, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: `[JSONPatch{op: 'remove', path: '/a'}]` } }], ...spec },
  });
createCases(mutatingAdmissionPolicies, {
  'no mutations': [mutating({ mutations: [] }), ['spec.mutations: Required value: mutations must contain at least one item']],
  'no type': [mutating({ mutations: [{ patchType: '' }] }), ['spec.mutations[0].patchType: Required value']],
  'another type': [mutating({ mutations: [{ patchType: 'Diff' }] }), ['spec.mutations[0].patchType: Unsupported value: "Diff": supported values: "ApplyConfiguration", "JSONPatch"']],
  'the other patch': [
    mutating({ mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] }),
    [
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
    ],
  ],
  'what is deleted': [
    mutating({ matchConstraints: { resourceRules: [rule({ operations: ['DELETE'] })] } }),
    ['spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ],
  'reinvoked sometimes': [mutating({ reinvocationPolicy: 'Sometimes' }), ['spec.reinvocationPolicy: Unsupported value: "Sometimes": supported values: "Never", "IfNeeded"']],
});

createCases(mutatingAdmissionPolicyBindings, {
  binding: [object('MutatingAdmissionPolicyBinding', { spec: { policyName: 'web' } }), []],
  'what is deleted': [
    object('MutatingAdmissionPolicyBinding', { spec: { policyName: 'web', matchResources: { resourceRules: [rule({ operations: ['DELETE'] })] } } }),
    ['spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ],
});
