import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../testing/objects.ts';
import { createCases, row, updateCases } from '../testing/tables.ts';
import { clusterRoleBindings } from './cluster-role-binding/kind.ts';
import { clusterRoles } from './cluster-role/kind.ts';
import { roleBindings } from './role-binding/kind.ts';
import { roles } from './role/kind.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };
const role = (rule: object): object => ({ kind: 'Role', apiVersion, metadata: { name: 'system:r', namespace: 'default' }, rules: [rule] });
const clusterRole = (members: object): object => ({ kind: 'ClusterRole', apiVersion, metadata: { name: 'r' }, ...members });
const binding = (members: object): object => ({
  kind: 'RoleBinding',
  apiVersion,
  metadata: { name: 'b', namespace: 'default' },
  roleRef,
  ...members,
});

createCases(roles, {
  rule: [role({ verbs: ['get'], apiGroups: [''], resources: ['pods'] }), []],
  'no verbs': [role({ verbs: [], apiGroups: [''], resources: ['pods'] }), ['rules[0].verbs: Required value: verbs must contain at least one value']],
  'no resources': [
    role({ verbs: ['get'] }),
    [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  'paths in a namespace': [
    role({ verbs: ['get'], nonResourceURLs: ['/healthz'] }),
    ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
  ],
});

createCases(clusterRoles, {
  paths: [clusterRole({ rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] }), []],
  'paths and resources': [
    clusterRole({ rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/healthz'] }] }),
    ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs'],
  ],
  'aggregation without selectors': [
    clusterRole({ aggregationRule: { clusterRoleSelectors: [] } }),
    ['aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil'],
  ],
  'bad aggregation': [
    clusterRole({ aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'a b': 'c' } }] } }),
    [
      `aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ],
});

createCases(roleBindings, {
  subjects: [
    binding({
      subjects: [
        { kind: 'User', name: 'a' },
        { kind: 'Group', name: 'g' },
        { kind: 'ServiceAccount', name: 's', namespace: 'default' },
      ],
    }),
    [],
  ],
  'bad role kind': [
    binding({ roleRef: { ...roleRef, kind: 'Other' } }),
    ['roleRef.kind: Unsupported value: "Other": supported values: "Role", "ClusterRole"'],
  ],
  'bad role group': [
    binding({ roleRef: { ...roleRef, apiGroup: 'apps' } }),
    ['roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"'],
  ],
  'no role name': [binding({ roleRef: { ...roleRef, name: '' } }), ['roleRef.name: Required value']],
  'bad subject kind': [
    binding({ subjects: [{ kind: 'Robot', name: 'a' }] }),
    ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
  ],
  'account without namespace': [binding({ subjects: [{ kind: 'ServiceAccount', name: 'a' }] }), []],
  'user of another group': [
    binding({ subjects: [{ kind: 'User', name: 'a', apiGroup: 'apps' }] }),
    ['subjects[0].apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"'],
  ],
  'no subject name': [binding({ subjects: [{ kind: 'User', name: '' }] }), ['subjects[0].name: Required value']],
});

updateCases(roleBindings, binding({}), {
  subjects: [(draft) => void (draft.subjects = [{ kind: 'User', name: 'a', apiGroup: 'rbac.authorization.k8s.io' }]), []],
  role: [
    (draft) => void (draft.roleRef!.name = 'other'),
    ['roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"other"}: cannot change roleRef'],
  ],
});

test('defaults and columns', () => {
  const subjects = [
    { kind: 'User', name: 'a' },
    { kind: 'Group', name: 'g' },
    { kind: 'ServiceAccount', name: 's', namespace: 'default' },
  ];
  const object = created(clusterRoleBindings, {
    ...binding({ subjects, roleRef: { kind: 'ClusterRole', name: 'r' } }),
    kind: 'ClusterRoleBinding',
    metadata: { name: 'b' },
  });
  assert.equal(object.subjects![0]!.apiGroup, 'rbac.authorization.k8s.io');
  assert.equal(object.subjects![2]!.apiGroup, undefined);
  assert.equal(object.roleRef.apiGroup, 'rbac.authorization.k8s.io');
  assert.deepEqual(row(clusterRoleBindings, object), {
    Name: 'b',
    Role: 'ClusterRole/r',
    Age: '<unknown>',
    Users: 'a',
    Groups: 'g',
    ServiceAccounts: 'default/s',
  });
});
