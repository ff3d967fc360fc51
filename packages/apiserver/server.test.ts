import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { memoryPkiFiles } from './pki/pki-files.ts';
import { openPki } from './pki/pki.ts';
import { rawClient } from './testing/raw-client.ts';
import { type TestServer, openTestServer } from './testing/test-server.ts';

const { signal } = new AbortController();
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
let cluster: TestServer;

before(async () => {
  cluster = await openTestServer({
    security: {
      staticTokens: [
        { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
        { token: 'bob', user: { name: 'bob', groups: ['devs'] } },
      ],
    },
  });
});
after(() => cluster[Symbol.asyncDispose]());

test('a new server is ready and has its namespaces, roles and classes', async () => {
  assert.equal((await cluster.ask('/readyz')).text, 'ok');
  const verbose = await cluster.ask('/readyz?verbose&exclude=ping');
  assert.match(verbose.text, /^\[\+\]ping excluded: ok\n\[\+\]log ok\n\[\+\]etcd ok\n[\s\S]+readyz check passed\n$/);
  assert.equal((await cluster.ask('/livez/etcd', { token: 'root' })).text, 'ok');
  const names = (await cluster.admin.of(namespaces).list({}, signal)).items.map((one) => one.metadata.name);
  assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  const edit = await cluster.admin.of(clusterRoles).get('edit', signal);
  assert.ok(edit.rules.some((rule) => rule.resources?.includes('deployments')), 'aggregated rules are there from the start');
});

test('who is not known gets 401, except for health and version', async () => {
  for (const path of ['/api', '/api/v1/pods', '/metrics', '/openapi/v2']) {
    const reply = await cluster.ask(path);
    assert.equal(reply.code, 401, path);
    assert.deepEqual(reply.json(), { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  }
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) assert.equal((await cluster.ask(path)).code, 200, path);
  assert.equal((await cluster.ask('/version')).json<{ gitVersion: string }>().gitVersion, 'v1.36.0');
  assert.equal((await cluster.ask('/healthz', { token: 'wrong' })).code, 401);
});

test('who may not is told what they may not', async () => {
  const list = await cluster.ask('/api/v1/namespaces/default/pods', { token: 'bob' });
  assert.equal(list.code, 403);
  assert.equal(list.json().message, 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"');
  const scale = await cluster.ask('/apis/apps/v1/namespaces/x/deployments/d/scale', { token: 'bob', method: 'PUT', body: {} });
  assert.equal(scale.json().message, 'deployments.apps "d" is forbidden: User "bob" cannot update resource "deployments/scale" in API group "apps" in the namespace "x"');
  const nodes = await cluster.ask('/api/v1/nodes', { token: 'bob', method: 'POST', body: {} });
  assert.equal(nodes.json().message, 'nodes is forbidden: User "bob" cannot create resource "nodes" in API group "" at the cluster scope');
  const path = await cluster.ask('/metrics', { token: 'bob' });
  assert.equal(path.json().message, 'forbidden: User "bob" cannot get path "/metrics"');
});

test('a new binding holds at once, and a role that is missing is named', async () => {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'later' };
  const subjects = [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' }];
  await cluster.admin.of(clusterRoleBindings).create({ kind: 'ClusterRoleBinding', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'devs' }, roleRef, subjects }, {}, signal);
  assert.match((await cluster.ask('/api/v1/nodes', { token: 'bob' })).json().message, / at the cluster scope: RBAC: clusterrole\.rbac\.authorization\.k8s\.io "later" not found$/);
  const rules = [{ verbs: ['list'], apiGroups: [''], resources: ['nodes'] }];
  await cluster.admin.of(clusterRoles).create({ kind: 'ClusterRole', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'later' }, rules }, {}, signal);
  assert.equal((await cluster.ask('/api/v1/nodes', { token: 'bob' })).code, 200);
  await cluster.admin.of(clusterRoleBindings).delete('devs', {}, signal);
  assert.equal((await cluster.ask('/api/v1/nodes', { token: 'bob' })).code, 403);
});

test('replies carry what clients rely on', async () => {
  const created = await cluster.ask(CONFIG_MAPS, { token: 'root', method: 'POST', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: 'b' } } });
  assert.equal(created.code, 201);
  const reply = await cluster.ask(`${CONFIG_MAPS}/one`, { token: 'root', headers: { 'audit-id': 'my-own-id' } });
  assert.equal(reply.headers['audit-id'], 'my-own-id');
  assert.equal(reply.headers['cache-control'], 'no-cache, private');
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.match(reply.headers['x-kubernetes-pf-flowschema-uid'] as string, /^[0-9a-f-]{36}$/);
  assert.match(reply.headers['x-kubernetes-pf-prioritylevel-uid'] as string, /^[0-9a-f-]{36}$/);
  assert.ok(reply.text.startsWith('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"one"'));
  const pretty = await cluster.ask(`${CONFIG_MAPS}/one`, { token: 'root', headers: { 'user-agent': 'curl/8' } });
  assert.ok(pretty.text.startsWith('{\n  "kind": "ConfigMap",\n'));
  const yaml = await cluster.ask(`${CONFIG_MAPS}/one`, { token: 'root', headers: { accept: 'application/yaml' } });
  assert.match(yaml.text, /^kind: ConfigMap\napiVersion: v1\n/);
  assert.equal(yaml.headers['content-type'], 'application/yaml');
  const protobuf = await cluster.ask(`${CONFIG_MAPS}/one`, { token: 'root', headers: { accept: 'application/vnd.kubernetes.protobuf' } });
  assert.ok(protobuf.text.startsWith('k8s\0'));
});

test('lists omit the type of their items, in every syntax, and are compressed when asked', async () => {
  const all = cluster.admin.of(configMaps).namespace('kube-public');
  const data = { payload: 'x'.repeat(2_000) };
  await Promise.all(Array.from({ length: 200 }, (_, i) => all.create({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `cm-${i}` }, data }, {}, signal)));
  const path = '/api/v1/namespaces/kube-public/configmaps';
  const list = (await cluster.ask(path, { token: 'root' })).json<{ kind: string; metadata: { resourceVersion: string }; items: { kind?: string; metadata: { name: string } }[] }>();
  assert.equal(list.kind, 'ConfigMapList');
  assert.equal(list.items.length, 200);
  assert.equal(list.items[0]!.kind, undefined);
  const yaml = await cluster.ask(`${path}?limit=2`, { token: 'root', headers: { accept: 'application/yaml' } });
  assert.match(yaml.text, /^kind: ConfigMapList\n/);
  const table = await cluster.ask(path, { token: 'root', headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } });
  assert.equal(table.json<{ kind: string }>().kind, 'Table');
  const gzip = await rawGet(path, 'Accept-Encoding: gzip\r\n');
  assert.match(gzip.head, /Content-Encoding: gzip/i);
  assert.deepEqual(JSON.parse(gunzipSync(gzip.body).toString()), list);
  const empty = await cluster.ask('/api/v1/namespaces/kube-node-lease/pods', { token: 'root' });
  assert.deepEqual(empty.json<{ items: unknown[] }>().items, []);
});

test('documents are compressed once, cached under a tag, and say how to cache them', async () => {
  const plain = await cluster.ask('/openapi/v2', { token: 'root' });
  assert.equal(plain.headers['cache-control'], 'public');
  assert.equal(plain.headers['content-encoding'], undefined);
  const small = await rawGet('/openapi/v2', 'Accept-Encoding: gzip\r\n');
  assert.match(small.head, /Content-Encoding: gzip/i);
  assert.match(small.head, /Vary: Accept, Accept-Encoding/i);
  assert.equal(small.head.match(/Cache-Control/gi)?.length, 1);
  assert.equal(gunzipSync(small.body).toString(), plain.text);
  const known = await cluster.ask('/openapi/v2', { token: 'root', headers: { 'if-none-match': plain.headers['etag'] as string } });
  assert.deepEqual([known.code, known.text], [304, '']);
});

/** A GET whose body, chunked or not, is put together. */
async function rawGet(path: string, headers: string): Promise<{ head: string; body: Buffer }> {
  using client = await rawClient(cluster.port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n${headers}\r\n`);
  const lengthOf = (received: string): number => Number(/Content-Length: (\d+)/i.exec(received.slice(0, 2_000))?.[1] ?? Number.NaN);
  const text = await client.until((received) => received.endsWith('\r\n0\r\n\r\n') || received.length - received.indexOf('\r\n\r\n') - 4 === lengthOf(received));
  const start = text.indexOf('\r\n\r\n') + 4;
  if (!Number.isNaN(lengthOf(text))) return { head: text.slice(0, start), body: Buffer.from(text.slice(start), 'latin1') };
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return { head: text.slice(0, start), body: Buffer.concat(pieces) };
    pieces.push(Buffer.from(text.slice(lineEnd + 2, lineEnd + 2 + size), 'latin1'));
    at = lineEnd + 2 + size + 2;
  }
}

test('a watch is a stream of lines that ends with the server or the client', async () => {
  using client = await rawClient(cluster.port);
  client.send('GET /api/v1/namespaces/kube-system/configmaps?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n\r\n');
  await client.until((received) => received.includes('extension-apiserver-authentication'));
  const { items } = await cluster.admin.of(configMaps).namespace('kube-system').list({}, signal);
  await cluster.admin.of(configMaps).namespace('kube-system').create({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'fresh' } }, {}, signal);
  const text = await client.until((received) => received.includes('"name":"fresh"'));
  assert.match(text, /Transfer-Encoding: chunked/);
  assert.equal(text.match(/"type":"ADDED"/g)?.length, items.length + 1);
  const yaml = await cluster.ask('/api/v1/pods?watch=1', { token: 'root', headers: { accept: 'application/yaml' } });
  assert.equal(yaml.code, 406);
});

test('what cannot be understood is refused with the usual words', async () => {
  const cases: readonly [string, Parameters<TestServer['ask']>[1], number, RegExp][] = [
    ['/nothing', {}, 404, /^404 page not found\n$/],
    ['/api/v1/nothing', {}, 404, /the server could not find the requested resource/],
    ['/apis/none.example/v1/things', {}, 404, /the server could not find the requested resource|404 page not found/],
    [`${CONFIG_MAPS}/missing`, {}, 404, /configmaps \\"missing\\" not found/],
    [CONFIG_MAPS, { headers: { accept: 'text/html' } }, 406, /only the following media types are accepted: application\/json, application\/yaml, application\/vnd\.kubernetes\.protobuf/],
    [CONFIG_MAPS, { method: 'POST', body: '{"kind":', headers: {} }, 400, /BadRequest/],
    [CONFIG_MAPS, { method: 'POST', body: 'x', headers: { 'content-type': 'text/csv' } }, 415, /the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml, application\/vnd\.kubernetes\.protobuf/],
    [CONFIG_MAPS, { method: 'POST', body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } } }, 400, /BadRequest/],
    [`${CONFIG_MAPS}?limit=x`, {}, 400, /BadRequest/],
    [`${CONFIG_MAPS}?labelSelector=(((`, {}, 400, /BadRequest/],
    ['/api/v1/namespaces/default/configmaps/%zz', {}, 400, /BadRequest/],
    ['/api/v1/componentstatuses', { method: 'DELETE' }, 405, /the server does not allow this method on the requested resource/],
    [CONFIG_MAPS, { method: 'POST', body: 'x'.repeat(3 * 1024 * 1024 + 1) }, 413, /Request entity is too large: limit is 3145728/],
    ['/api/v1/namespaces/default/pods/none/log', {}, 404, /pods \\"none\\" not found/],
    ['/api/v1/namespaces/default/pods/none/exec?command=ls', { method: 'POST' }, 404, /pods \\"none\\" not found/],
  ];
  for (const [path, request, code, text] of cases) {
    const reply = await cluster.ask(path, { token: 'root', ...request });
    assert.equal(reply.code, code, `${path}: ${reply.text}`);
    assert.match(reply.text, text, path);
  }
  assert.equal((await cluster.ask('/readyz')).text, 'ok');
});

test('who is not known, or may not, is refused before a body is read', async () => {
  for (const [header, expected] of [['', /^HTTP\/1\.1 401 /], ['Authorization: Bearer bob\r\n', /^HTTP\/1\.1 403 /]] as const) {
    using client = await rawClient(cluster.port);
    client.send(`POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\n${header}Content-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{`);
    assert.match(await client.closed(), expected);
  }
});

test('warnings reach the client', async () => {
  const reply = await cluster.ask(`${CONFIG_MAPS}?fieldValidation=Warn`, { token: 'root', method: 'POST', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'warned' }, unknown: 1 } });
  assert.equal(reply.code, 201);
  assert.equal(reply.headers['warning'], '299 - "unknown field \\"unknown\\""');
});

test('impersonation needs the right to', async () => {
  const as = (token: string, headers: Record<string, string | string[]>) => cluster.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { token, method: 'POST', body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' }, headers });
  const carol = await as('root', { 'impersonate-user': 'carol', 'impersonate-group': ['a', 'b'], 'impersonate-extra-scopes': 'x', 'impersonate-uid': '7' });
  assert.deepEqual(carol.json<{ status: unknown }>().status, { userInfo: { username: 'carol', uid: '7', groups: ['a', 'b', 'system:authenticated'], extra: { scopes: ['x'] } } });
  const account = await as('root', { 'impersonate-user': 'system:serviceaccount:ns:name' });
  assert.deepEqual(account.json<{ status: { userInfo: { groups: string[] } } }>().status.userInfo.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
  const refused = await as('bob', { 'impersonate-user': 'carol' });
  assert.equal(refused.json().message, 'users "carol" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope');
  const nobody = await as('root', { 'impersonate-group': 'a' });
  assert.equal(nobody.code, 500);
  assert.match(nobody.json().message, /requested impersonation without impersonating a user|without impersonating a user/);
});

test('client certificates name users; foreign and expired ones are refused', async () => {
  const who = async (certificate: { cert: string; key: string }) => {
    const reply = await cluster.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { certificate, method: 'POST', body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' } });
    return reply.code === 201 ? reply.json<{ status: { userInfo: { username: string; groups: string[] } } }>().status.userInfo : reply.code;
  };
  const jane = await who(cluster.pki.issueClient({ name: 'jane, "the" + admin', groups: ['g1', 'ünï=code'] }));
  assert.ok(typeof jane === 'object');
  assert.equal(jane.username, 'jane, "the" + admin');
  assert.deepEqual(jane.groups, ['g1', 'ünï=code', 'system:authenticated']);
  const foreign = openPki(memoryPkiFiles(), systemClock, systemRandom);
  assert.equal(await who(foreign.issueClient({ name: 'mallory', groups: ['system:masters'] })), 401);
  assert.equal(await who(cluster.pki.issueClient({ name: 'late', groups: [] }, -1)), 401);
  assert.equal(await who(cluster.pki.serving(['localhost'])), 401, 'a serving certificate is not for clients');
  assert.equal(await who(cluster.pki.frontProxyClient()), 401);
});

test('the front proxy names users', async () => {
  const certificate = cluster.pki.frontProxyClient();
  const headers = { 'x-remote-user': 'dora', 'x-remote-group': ['g1', 'g2'], 'x-remote-extra-a%2Fb': 'c' };
  const body = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' };
  const named = await cluster.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { certificate, headers, method: 'POST', body });
  assert.deepEqual(named.json<{ status: unknown }>().status, { userInfo: { username: 'dora', groups: ['g1', 'g2', 'system:authenticated'], extra: { 'a/b': ['c'] } } });
  const pretender = await cluster.ask('/api/v1/nodes', { certificate: cluster.pki.issueClient({ name: 'eve', groups: [] }), headers: { 'x-remote-user': 'root', 'x-remote-group': 'system:masters' } });
  assert.match(pretender.json().message, /User "eve" cannot list/);
});

test('nobody grants what they do not hold', async () => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'granter' }, rules: [{ verbs: ['create', 'update'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles', 'clusterrolebindings'] }] };
  assert.equal((await cluster.ask('/apis/rbac.authorization.k8s.io/v1/clusterroles', { token: 'root', method: 'POST', body: role })).code, 201);
  const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'granters' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'granter' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'bob' }] };
  assert.equal((await cluster.ask('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { token: 'root', method: 'POST', body: binding })).code, 201);
  const more = { ...role, metadata: { name: 'more' }, rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] }] };
  const refused = await cluster.ask('/apis/rbac.authorization.k8s.io/v1/clusterroles', { token: 'bob', method: 'POST', body: more });
  assert.equal(refused.code, 403);
  assert.equal(
    refused.json().message,
    'clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
  );
  const own = { ...role, metadata: { name: 'own' } };
  assert.equal((await cluster.ask('/apis/rbac.authorization.k8s.io/v1/clusterroles', { token: 'bob', method: 'POST', body: own })).code, 201);
  const toAdmin = { ...binding, metadata: { name: 'to-admin' }, roleRef: { ...binding.roleRef, name: 'cluster-admin' } };
  assert.match((await cluster.ask('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { token: 'bob', method: 'POST', body: toAdmin })).json().message, /attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\]/);
});

test('a second start finds everything as it was and changes nothing', async () => {
  const store = await openMemoryStore();
  const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
  const advertise = { host: '10.0.0.1', port: 6443 };
  const first = await openTestServer({ store, pki, advertise });
  await first.admin.of(clusterRoles).delete('view', {}, signal);
  await first[Symbol.asyncDispose]();
  const revision = await store.currentRevision();
  const second = await openTestServer({ store, pki, advertise });
  assert.equal(await store.currentRevision(), revision + 1, 'only the missing role was written');
  await second[Symbol.asyncDispose]();
  const third = await openTestServer({ store, pki, advertise });
  assert.equal(await store.currentRevision(), revision + 1);
  await third[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('stopping ends watches and closes the port', async () => {
  const short = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  using client = await rawClient(short.port);
  client.send('GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n\r\n');
  await client.until((received) => received.includes('\r\n\r\n'));
  await short[Symbol.asyncDispose]();
  assert.match(await client.closed(), /\r\n0\r\n\r\n$/, 'the stream has a proper end');
  await assert.rejects(short.ask('/readyz'));
});
