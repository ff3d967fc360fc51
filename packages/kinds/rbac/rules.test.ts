import assert from 'node:assert/strict';
import test from 'node:test';
import { createCases, updateCases } from '../testing/tables.ts';
import { clusterRoleBindings } from './cluster-role-binding/kind.ts';
import { clusterRoles } from './cluster-role/kind.ts';
import { roleBindings } from './role-binding/kind.ts';
import { roles } from './role/kind.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const group = 'rbac.authorization.k8s.io';
const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const role = (...rules: readonly object[]): object => ({ kind: 'Role', apiVersion, metadata: { name: 'r', namespace: 'default' }, rules });
const clusterRole = (...rules: readonly object[]): object => ({ kind: 'ClusterRole', apiVersion, metadata: { name: 'r' }, rules });
const clusterBinding = (members: object): object => ({ kind: 'ClusterRoleBinding', apiVersion, metadata: { name: 'b' }, roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'r' }, ...members });
const roleBinding = (members: object): object => ({ ...clusterBinding({}), kind: 'RoleBinding', metadata: { name: 'b', namespace: 'default' }, ...members });
const subject = (members: object): object => clusterBinding({ subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default', ...members }] });
const EMPTY = ['rules[0].verbs: Required value: verbs must contain at least one value', 'rules[0].apiGroups: Required value: resource rules must supply at least one api group', 'rules[0].resources: Required value: resource rules must supply at least one resource'];

createCases(roles, {
  'no rules': [role(), []],
  names: [role({ ...pods, resourceNames: ['a'] }), []],
  'an empty rule': [role({}), EMPTY],
});
updateCases(roles, role(pods), {
  rules: [(draft) => void (draft.rules = []), []],
  'bad rules': [(draft) => void (draft.rules = [{ verbs: [] }]), EMPTY],
});

createCases(clusterRoles, {
  'paths with names': [
    clusterRole({ verbs: ['get'], nonResourceURLs: ['/a'], resourceNames: ['b'] }),
    ['rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs'],
  ],
  aggregation: [{ ...clusterRole(), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }, []],
});
updateCases(clusterRoles, clusterRole(pods), { 'bad rules': [(draft) => void (draft.rules = [{ verbs: [] }]), EMPTY] });

createCases(clusterRoleBindings, {
  'no subjects': [clusterBinding({}), []],
  'a role of a namespace': [clusterBinding({ roleRef: { apiGroup: group, kind: 'Role', name: 'r' } }), ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']],
  'a role that is a path': [clusterBinding({ roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'a/b' } }), [`roleRef.name: Invalid value: "a/b": may not contain '/'`]],
  'an account of no namespace': [subject({ namespace: '' }), ['subjects[0].namespace: Required value']],
  'an account of a group': [subject({ apiGroup: group }), [`subjects[0].apiGroup: Unsupported value: "${group}": supported values: ""`]],
  'an account of a bad name': [
    subject({ name: 'A' }),
    [
      `subjects[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  'a group of another group': [subject({ kind: 'Group', apiGroup: 'apps' }), [`subjects[0].apiGroup: Unsupported value: "apps": supported values: "${group}"`]],
});
updateCases(clusterRoleBindings, clusterBinding({}), {
  'another role': [
    (draft) => void (draft.roleRef!.name = 'other'),
    [`roleRef: Invalid value: {"apiGroup":"${group}","kind":"ClusterRole","name":"other"}: cannot change roleRef`],
  ],
});

createCases(roleBindings, {
  'a role of the cluster': [roleBinding({}), []],
});

test('names of roles may be anything that fits into a path', () => {
  for (const { strategy } of [roles, clusterRoles, roleBindings, clusterRoleBindings]) {
    assert.deepEqual(strategy.validateName!('system:a', false), []);
    assert.deepEqual(strategy.validateName!('a/b', false), [`may not contain '/'`]);
    assert.deepEqual(strategy.validateName!('..', false), [`may not be '..'`]);
  }
});
