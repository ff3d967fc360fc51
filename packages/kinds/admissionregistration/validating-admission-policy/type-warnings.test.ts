/** Expressions against the types that a policy matches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinKinds } from '../../registry.ts';
import { created } from '../../testing/objects.ts';
import { validatingAdmissionPolicies } from './kind.ts';
import { typeWarnings } from './type-warnings.ts';

interface Shape {
  readonly rule?: object;
  readonly spec?: object;
}

function warnings(expression: string, { rule = {}, spec = {} }: Shape = {}): (readonly [string, string])[] {
  const policy = created(validatingAdmissionPolicies, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: {
      matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'], ...rule }] },
      validations: [{ expression }],
      ...spec,
    },
  });
  return typeWarnings(policy, builtinKinds).map(({ fieldRef, warning }) => [fieldRef, warning]);
}

test('expressions that fit', () => {
  assert.deepEqual(warnings('object.spec.replicas > 0 && object.metadata.namespace == oldObject.metadata.namespace'), []);
  assert.deepEqual(warnings("object.spec.template.spec.containers.all(c, c.image != '' && c.resources.limits.exists(k, k == 'cpu'))"), []);
  assert.deepEqual(warnings("object.metadata.creationTimestamp < timestamp('2026-01-01T00:00:00Z') && object.spec.strategy.rollingUpdate.maxSurge == 1"), []);
});

test('expressions that do not', () => {
  const text = 'object.spec.replicas > "0"';
  const found = (kind: string): string => `${kind}: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n | ${text}\n | .....................^`;
  assert.deepEqual(warnings(text), [['spec.validations[0].expression', found('apps/v1, Kind=Deployment')]]);
  assert.deepEqual(warnings(text, { rule: { resources: ['replicasets', 'deployments', 'deployments/scale'] } }), [
    ['spec.validations[0].expression', `${found('apps/v1, Kind=Deployment')}\n${found('apps/v1, Kind=ReplicaSet')}`],
  ]);
  assert.deepEqual(warnings(text, { rule: { apiVersions: ['*'] } }), []);
  assert.deepEqual(warnings(text, { rule: { resources: ['*'] } }), []);
});

test('parameters, variables and messages', () => {
  const spec = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'replicas', expression: 'object.spec.replicas' }],
    validations: [{ expression: 'variables.replicas < int(params.data.most)', messageExpression: "params.spec.text + 'x'" }],
  };
  assert.deepEqual(warnings('', { spec }), [
    ['spec.validations[0].messageExpression', "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'spec'\n | params.spec.text + 'x'\n | ......^"],
  ]);
});
