import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PolicyRule } from '#kinds/rbac/rules.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { roleBindings } from '#kinds/rbac/role-binding/kind.ts';
import { roles } from '#kinds/rbac/role/kind.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { type Attributes, resourceAttributes } from './authorizer.ts';
import { uncovered } from './covers.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';

const alice = { name: 'alice', groups: ['team', 'system:authenticated'] };

function setup() {
  const caches = new FakeCaches();
  caches.put(clusterRoles, { metadata: { name: 'reader' }, rules: [{ verbs: ['get', 'list'], apiGroups: ['', 'apps'], resources: ['pods', 'pods/log', 'deployments'] }] });
  caches.put(clusterRoles, { metadata: { name: 'scaler' }, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*/scale'] }, { verbs: ['get'], nonResourceURLs: ['/metrics', '/logs/*'] }] });
  caches.put(roles, { metadata: { namespace: 'ns', name: 'one-map' }, rules: [{ verbs: ['get', 'update'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['settings'] }] });
  return caches;
}

const bind = (role: string, kind: string, subject: object) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role }, subjects: [subject] });
const ask = (verb: string, resource: string, more: Partial<Attributes> = {}): Attributes => resourceAttributes({ verb, resource, ...more });

test('cluster role bindings hold everywhere, role bindings in their namespace', () => {
  const caches = setup();
  const authorizer = new RbacAuthorizer(caches);
  const may = (asked: Attributes): boolean => authorizer.authorize(alice, asked).verdict === 'allow';
  assert.equal(may(ask('get', 'pods', { namespace: 'ns' })), false);
  caches.put(roleBindings, { metadata: { namespace: 'ns', name: 'b' }, ...bind('reader', 'ClusterRole', { kind: 'Group', name: 'team' }) });
  assert.equal(may(ask('get', 'pods', { namespace: 'ns' })), true);
  assert.equal(may(ask('get', 'pods', { namespace: 'ns', subresource: 'log' })), true);
  assert.equal(may(ask('get', 'pods', { namespace: 'ns', subresource: 'exec' })), false);
  assert.equal(may(ask('get', 'pods', { namespace: 'other' })), false);
  assert.equal(may(ask('list', 'pods')), false);
  caches.put(clusterRoleBindings, { metadata: { name: 'b' }, ...bind('reader', 'ClusterRole', { kind: 'User', name: 'alice' }) });
  assert.equal(may(ask('list', 'deployments', { group: 'apps' })), true);
  assert.equal(may(ask('list', 'deployments', { group: 'extensions' })), false);
  assert.equal(authorizer.authorize(alice, ask('list', 'pods')).reason, 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to User "alice"');
  caches.remove(clusterRoleBindings, '', 'b');
  assert.equal(may(ask('list', 'pods')), false);
  assert.equal(authorizer.authorize(alice, ask('get', 'pods', { namespace: 'ns' })).reason, 'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "reader" to Group "team"');
});

test('names, subresource patterns, paths and service accounts', () => {
  const caches = setup();
  const authorizer = new RbacAuthorizer(caches);
  const robot = { name: 'system:serviceaccount:ns:robot', groups: ['system:serviceaccounts'] };
  const may = (asked: Attributes): boolean => authorizer.authorize(robot, asked).verdict === 'allow';
  caches.put(roleBindings, { metadata: { namespace: 'ns', name: 'm' }, ...bind('one-map', 'Role', { kind: 'ServiceAccount', name: 'robot' }) });
  caches.put(clusterRoleBindings, { metadata: { name: 's' }, ...bind('scaler', 'ClusterRole', { kind: 'ServiceAccount', namespace: 'ns', name: 'robot' }) });
  assert.equal(may(ask('get', 'configmaps', { namespace: 'ns', name: 'settings' })), true);
  assert.equal(may(ask('get', 'configmaps', { namespace: 'ns', name: 'other' })), false);
  assert.equal(may(ask('list', 'configmaps', { namespace: 'ns' })), false);
  assert.equal(may(ask('update', 'deployments', { group: 'apps', namespace: 'x', name: 'd', subresource: 'scale' })), true);
  assert.equal(may(ask('update', 'deployments', { group: 'apps', namespace: 'x', name: 'd' })), false);
  const path = (text: string, verb = 'get'): Attributes => ({ ...ask(verb, ''), isResource: false, path: text });
  assert.equal(may(path('/metrics')), true);
  assert.equal(may(path('/metrics/x')), false);
  assert.equal(may(path('/logs/a/b')), true);
  assert.equal(may(path('/metrics', 'post')), false);
});

test('a role that does not exist is named in the reason', () => {
  const caches = setup();
  const authorizer = new RbacAuthorizer(caches);
  caches.put(clusterRoleBindings, { metadata: { name: 'x' }, ...bind('none', 'ClusterRole', { kind: 'User', name: 'alice' }) });
  assert.equal(authorizer.authorize(alice, ask('list', 'pods')).reason, 'RBAC: clusterrole.rbac.authorization.k8s.io "none" not found');
  caches.put(clusterRoles, { metadata: { name: 'none' }, rules: [] });
  assert.equal(authorizer.authorize(alice, ask('list', 'pods')).reason, '');
});

test('what is covered is exactly what holding the rules would allow', () => {
  const words = (...all: string[]) => fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 2 });
  const rule = fc.record({ verbs: words('get', 'list', '*'), apiGroups: words('', 'apps', '*'), resources: words('pods', 'pods/log', '*/log', '*'), resourceNames: fc.option(words('a', 'b'), { nil: undefined }) });
  const clean = (list: readonly { resourceNames?: string[] | undefined }[]) => list.map(({ resourceNames, ...rest }) => (resourceNames ? { ...rest, resourceNames } : rest)) as unknown as PolicyRule[];
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), fc.array(rule, { minLength: 1, maxLength: 2 }), (heldRaw, wantedRaw) => {
      const held = clean(heldRaw);
      const wanted = clean(wantedRaw);
      const missing = uncovered(held, wanted);
      assert.deepEqual(uncovered([...held, ...missing], wanted), [], 'adding what is missing covers everything');
      if (missing.length > 0) return;
      // If wanted is covered, nothing that wanted allows is refused to the holder.
      const allows = (rules: readonly PolicyRule[], asked: Attributes): boolean => {
        const caches = new FakeCaches();
        caches.put(clusterRoles, { metadata: { name: 'r' }, rules });
        caches.put(clusterRoleBindings, { metadata: { name: 'b' }, ...bind('r', 'ClusterRole', { kind: 'User', name: 'alice' }) });
        return new RbacAuthorizer(caches).authorize(alice, asked).verdict === 'allow';
      };
      for (const verb of ['get', 'list', 'create']) {
        for (const group of ['', 'apps', 'x']) {
          for (const [resource, subresource] of [['pods', ''], ['pods', 'log'], ['nodes', ''], ['nodes', 'log']] as const) {
            for (const name of ['', 'a', 'c']) {
              const asked = ask(verb, resource, { group, subresource, name });
              if (allows(wanted, asked)) assert.ok(allows(held, asked));
            }
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
