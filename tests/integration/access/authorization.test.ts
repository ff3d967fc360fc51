/**
 * What users may do, over a real port: webhooks, modes, rights that nobody may grant beyond their own, and the reviews that tell.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openLocalPeer, type LocalPeer } from '#apiserver/testing/local-peer.ts';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';
import type { AuthorizerConfig, SecurityConfig } from '#apiserver/security.ts';

const USERS = [
  { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
  { token: 'a', user: { name: 'alice', groups: ['dev'] } },
];
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const open = (security: SecurityConfig = {}): Promise<TestServer> => openTestServer({ security: { staticTokens: USERS, ...security } });
const post = (server: TestServer, path: string, body: object, token = 'root'): Promise<TestReply> =>
  server.ask(path, { token, method: 'POST', body });

function webhook(peer: LocalPeer, onFailure: 'NoOpinion' | 'Deny' = 'NoOpinion'): AuthorizerConfig {
  return {
    type: 'Webhook',
    address: { url: new URL(peer.url), ca: peer.ca },
    version: 'v1',
    authorizedMs: 0,
    unauthorizedMs: 0,
    timeoutMs: 200,
    onFailure,
  };
}

test('a webhook allows, refuses, and is asked only after those before it', async () => {
  await using peer = await openLocalPeer(({ body }) => {
    const review = JSON.parse(body) as { spec: { resourceAttributes?: { resource: string } } };
    const resource = review.spec.resourceAttributes?.resource;
    return {
      json: {
        ...review,
        status:
          resource === 'pods'
            ? { allowed: true }
            : resource === 'secrets'
              ? { allowed: false, denied: true, reason: 'never' }
              : { allowed: false, reason: 'not by me' },
      },
    };
  });
  await using server = await open({ authorizers: [webhook(peer), { type: 'RBAC' }] });
  assert.equal((await server.ask('/api/v1/pods', { token: 'a' })).code, 200);
  assert.equal(
    (await server.ask('/api/v1/secrets', { token: 'a' })).json().message,
    'secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" at the cluster scope: never',
  );
  assert.equal(
    (await server.ask('/api/v1/nodes', { token: 'a' })).json().message,
    'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope: not by me',
  );
  const asked = peer.requests.length;
  assert.equal((await server.ask('/api/v1/nodes', { token: 'root' })).code, 200);
  assert.equal(peer.requests.length, asked, 'nobody is asked about masters');
  const rules = await post(
    server,
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', spec: { namespace: 'default' } },
    'a',
  );
  const { status } = rules.json<{ status: { incomplete: boolean; evaluationError: string; nonResourceRules: unknown[] } }>();
  assert.deepEqual([status.incomplete, status.evaluationError], [true, 'webhook authorizer does not support user rule resolution']);
});

test('a webhook that says nothing', async () => {
  await using peer = await openLocalPeer(() => undefined);
  for (const [onFailure, denied] of [
    ['NoOpinion', undefined],
    ['Deny', true],
  ] as const) {
    await using server = await open({ authorizers: [webhook(peer, onFailure)] });
    const reply = await server.ask('/api/v1/pods', { token: 'a' });
    assert.equal(reply.code, 500);
    assert.match(reply.json().message, /^Internal Server Error: "\/api\/v1\/pods": Post "https:\/\/127.0.0.1:\d+\/": context deadline exceeded$/);
    const review = await post(server, '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      kind: 'SubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { user: 'bob', resourceAttributes: { verb: 'get', resource: 'pods' } },
    });
    const { status } = review.json<{ status: { allowed: boolean; denied?: boolean; evaluationError: string } }>();
    assert.deepEqual([status.allowed, status.denied], [false, denied]);
    assert.match(status.evaluationError, /context deadline exceeded/);
    assert.equal((await server.ask('/readyz', { token: 'root' })).code, 200);
  }
  await using fallback = await open({ authorizers: [webhook(peer), { type: 'AlwaysAllow' }] });
  assert.equal((await fallback.ask('/api/v1/pods', { token: 'a' })).code, 200, 'who comes after may still allow');
  await using strict = await open({ authorizers: [webhook(peer, 'Deny'), { type: 'AlwaysAllow' }] });
  assert.equal((await strict.ask('/api/v1/pods', { token: 'a' })).code, 500);
});

test('modes without rules', async () => {
  await using all = await open({ authorizers: [{ type: 'AlwaysAllow' }] });
  assert.equal((await all.ask('/api/v1/secrets', { token: 'a' })).code, 200);
  await using none = await open({ authorizers: [{ type: 'AlwaysDeny' }] });
  assert.equal(
    (await none.ask('/api/v1/pods', { token: 'a' })).json().message,
    'pods is forbidden: User "alice" cannot list resource "pods" in API group "" at the cluster scope: Everything is forbidden.',
  );
  assert.equal((await none.ask('/api/v1/pods', { token: 'root' })).code, 200);
});

let server: TestServer;
const rule = (verbs: string[], resources: string[], apiGroups = ['']) => ({ verbs, apiGroups, resources });
const bind = (name: string, role: string, user = 'alice') => ({
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
});

before(async () => {
  server = await open();
  const granted = [
    rule(['*'], ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'], ['rbac.authorization.k8s.io']),
    rule(['get', 'list'], ['pods']),
  ];
  await post(server, `${RBAC}/clusterroles`, {
    metadata: { name: 'manager' },
    rules: granted.map((one, index) => (index === 0 ? { ...one, verbs: ['create', 'update', 'patch', 'get', 'delete'] } : one)),
  });
  await post(server, `${RBAC}/clusterrolebindings`, bind('manager', 'manager'));
  await post(server, `${RBAC}/clusterroles`, { metadata: { name: 'reader' }, rules: [rule(['get'], ['secrets', 'configmaps'])] });
});
after(() => server[Symbol.asyncDispose]());

const GRANT = 'user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:';

test('roles with more than their author holds', async () => {
  const path = `${RBAC}/namespaces/default/roles`;
  assert.equal((await post(server, path, { metadata: { name: 'fine' }, rules: [rule(['get'], ['pods'])] }, 'a')).code, 201);
  const more = await post(server, path, { metadata: { name: 'more' }, rules: [rule(['get', 'watch', 'delete'], ['pods', 'pods/log'])] }, 'a');
  assert.equal(more.code, 403);
  assert.equal(
    more.json().message,
    `roles.rbac.authorization.k8s.io "more" is forbidden: ${GRANT}\n{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}\n{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "watch" "delete"]}`,
  );
  const patch = (name: string, body: object): Promise<TestReply> =>
    server.ask(`${path}/${name}`, { token: 'a', method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json' } });
  assert.equal((await patch('fine', { rules: [rule(['*'], ['pods'])] })).code, 403);
  // What somebody else granted can be let go, but not touched otherwise.
  await post(server, path, { metadata: { name: 'foreign' }, rules: [rule(['get'], ['secrets'])] });
  assert.equal((await patch('foreign', { metadata: { finalizers: ['a/b'] } })).code, 200);
  assert.equal((await patch('foreign', { metadata: { labels: { a: 'b' } } })).code, 403);
  const aggregated = await post(
    server,
    `${RBAC}/clusterroles`,
    { metadata: { name: 'sum' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
    'a',
  );
  assert.equal(
    aggregated.json().message,
    'clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  );
});

test('bindings to more than their author holds', async () => {
  const path = `${RBAC}/namespaces/default/rolebindings`;
  const refused = await post(server, path, bind('b', 'reader', 'bob'), 'a');
  assert.equal(
    refused.json().message,
    `rolebindings.rbac.authorization.k8s.io "b" is forbidden: ${GRANT}\n{APIGroups:[""], Resources:["configmaps"], Verbs:["get"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`,
  );
  const missing = await post(server, path, bind('b', 'missing', 'bob'), 'a');
  assert.equal(missing.code, 404);
  assert.equal(missing.json().message, 'clusterrole.rbac.authorization.k8s.io "missing" not found');
  // The verb bind lifts it, for the role that it names.
  await post(server, `${RBAC}/clusterroles`, {
    metadata: { name: 'binder' },
    rules: [{ ...rule(['bind'], ['clusterroles'], ['rbac.authorization.k8s.io']), resourceNames: ['reader'] }],
  });
  await post(server, `${RBAC}/clusterrolebindings`, bind('binder', 'binder'));
  assert.equal((await post(server, path, bind('b', 'reader', 'bob'), 'a')).code, 201);
  assert.equal((await post(server, `${RBAC}/clusterrolebindings`, bind('b', 'cluster-admin', 'bob'), 'a')).code, 403);
  // The verb escalate lifts it for roles.
  await post(server, `${RBAC}/clusterroles`, {
    metadata: { name: 'climber' },
    rules: [rule(['escalate'], ['roles'], ['rbac.authorization.k8s.io'])],
  });
  await post(server, `${RBAC}/clusterrolebindings`, bind('climber', 'climber'));
  assert.equal(
    (await post(server, `${RBAC}/namespaces/default/roles`, { metadata: { name: 'high' }, rules: [rule(['*'], ['*'], ['*'])] }, 'a')).code,
    201,
  );
});

test('access reviews', async () => {
  const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
  const sent = (kind: string, spec: object, metadata: object = {}) => ({ apiVersion: 'authorization.k8s.io/v1', kind, metadata, spec });
  const subject = async (spec: object) =>
    (await post(server, `${AUTHORIZATION}/subjectaccessreviews`, sent('SubjectAccessReview', spec))).json<{ status: object; message: string }>();
  assert.deepEqual((await subject({ user: 'alice', resourceAttributes: { verb: 'get', resource: 'pods' } })).status, {
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "manager" of ClusterRole "manager" to User "alice"',
  });
  assert.deepEqual((await subject({ user: 'alice', resourceAttributes: { verb: 'delete', resource: 'pods' } })).status, { allowed: false });
  assert.deepEqual((await subject({ user: 'x', groups: ['system:masters'], nonResourceAttributes: { path: '/x', verb: 'get' } })).status, {
    allowed: true,
  });
  const node = { user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const pods = { verb: 'list', resource: 'pods', version: 'v1' };
  assert.deepEqual((await subject({ ...node, resourceAttributes: pods })).status, {
    allowed: false,
    reason: 'can only list/watch pods with spec.nodeName field selector',
  });
  assert.deepEqual(
    (
      await subject({
        ...node,
        resourceAttributes: { ...pods, fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }] } },
      })
    ).status,
    { allowed: true },
  );
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ user: 'a' }, /spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified/],
    [{ resourceAttributes: pods }, /spec.user: Invalid value: "": at least one of user or group must be specified/],
    [{ user: 'a', resourceAttributes: pods, nonResourceAttributes: { path: '/' } }, /cannot be specified in combination with resourceAttributes/],
    [
      { user: 'a', resourceAttributes: { ...pods, fieldSelector: {} } },
      /spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required/,
    ],
    [
      { user: 'a', resourceAttributes: { ...pods, labelSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] } } },
      /may not specified at the same time as requirements/,
    ],
    [
      { user: 'a', resourceAttributes: { ...pods, labelSelector: { requirements: [{ key: 'a', operator: 'In' }] } } },
      /must be specified when `operator` is 'In' or 'NotIn'/,
    ],
  ];
  for (const [spec, message] of wrong) assert.match((await subject(spec)).message, message);
  const local = await post(
    server,
    `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`,
    sent(
      'LocalSubjectAccessReview',
      { user: 'alice', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'other' } },
      { namespace: 'default' },
    ),
  );
  assert.match(local.json().message, /spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace/);
  const self = await post(
    server,
    `${AUTHORIZATION}/selfsubjectaccessreviews`,
    sent('SelfSubjectAccessReview', { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } }),
    'a',
  );
  assert.equal(self.json<{ status: { allowed: boolean } }>().status.allowed, true);
  const rules = await post(server, `${AUTHORIZATION}/selfsubjectrulesreviews`, sent('SelfSubjectRulesReview', { namespace: 'default' }), 'a');
  const { status } = rules.json<{
    status: { incomplete: boolean; resourceRules: { resources: string[]; verbs: string[] }[]; nonResourceRules: { nonResourceURLs: string[] }[] };
  }>();
  assert.equal(status.incomplete, false);
  assert.ok(status.resourceRules.some(({ resources, verbs }) => resources.includes('pods') && verbs.includes('list')));
  assert.ok(status.nonResourceRules.some(({ nonResourceURLs }) => nonResourceURLs.includes('/version')));
});
