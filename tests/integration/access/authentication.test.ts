/**
 * Who is let in, and as whom, over a real port: tokens of files, providers and webhooks, front proxies, impersonation, anonymous users.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLocalPeer } from '#apiserver/testing/local-peer.ts';
import { openOidcPeer } from '#apiserver/testing/oidc-peer.ts';
import { openTestServer, type TestReply, type TestRequest, type TestServer } from '#apiserver/testing/test-server.ts';
import type { SecurityConfig } from '#apiserver/security.ts';
import { systemClock } from '#base/clock.ts';

const ROOT = { token: 'root', user: { name: 'root', groups: ['system:masters'] } };
const open = (security: SecurityConfig = {}): Promise<TestServer> =>
  openTestServer({ security: { ...security, staticTokens: [ROOT, ...(security.staticTokens ?? [])] } });

interface Review {
  readonly status: {
    readonly userInfo: {
      readonly username: string;
      readonly uid?: string;
      readonly groups: readonly string[];
      readonly extra?: Record<string, readonly string[]>;
    };
  };
}

const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
const whoAmI = (server: TestServer, request: TestRequest): Promise<TestReply> => server.ask(REVIEWS, { method: 'POST', body: review, ...request });
const identity = async (server: TestServer, request: TestRequest) => {
  const reply = await whoAmI(server, request);
  assert.equal(reply.code, 201, reply.text);
  return reply.json<Review>().status.userInfo;
};

test('static tokens', async () => {
  await using server = await open({ staticTokens: [{ token: 'a1', user: { name: 'alice', uid: '7', groups: ['dev'] } }] });
  assert.deepEqual(await identity(server, { token: 'a1' }), { username: 'alice', uid: '7', groups: ['dev', 'system:authenticated'] });
  const refused = await whoAmI(server, { token: 'a2' });
  assert.equal(refused.code, 401);
  assert.equal(refused.json().message, 'Unauthorized');
});

test('users of an OpenID provider, while its keys change', async () => {
  await using provider = await openOidcPeer(() => systemClock.now() / 1000);
  const jwt = [
    {
      issuer: provider.issuer,
      certificateAuthority: provider.peer.ca,
      audiences: ['app'],
      username: { claim: 'sub', prefix: 'oidc:' },
      groups: { claim: 'groups', prefix: 'oidc:' },
    },
  ];
  await using server = await open({ jwt });
  const alice = await identity(server, { token: provider.token({ groups: ['dev'] }) });
  assert.deepEqual(alice, { username: 'oidc:alice', groups: ['oidc:dev', 'system:authenticated'] });
  await systemClock.sleep(1_000);
  provider.rotate('ES256');
  assert.equal((await identity(server, { token: provider.token({ sub: 'bob' }) })).username, 'oidc:bob');
  for (const claims of [{ aud: 'other' }, { exp: 1 }, { sub: undefined }])
    assert.equal((await whoAmI(server, { token: provider.token(claims) })).code, 401, JSON.stringify(claims));
  // The cluster's own tokens are still known.
  assert.equal((await identity(server, { token: 'root' })).username, 'root');
});

test('users of a webhook, and a webhook that is down', async () => {
  await using peer = await openLocalPeer(({ body }) => {
    const { spec } = JSON.parse(body) as { spec: { token: string } };
    const known = spec.token === 'good';
    return {
      json: {
        ...(JSON.parse(body) as object),
        status: known ? { authenticated: true, user: { username: 'carl', groups: ['dev'] } } : { authenticated: false },
      },
    };
  });
  await using server = await open({ tokenWebhook: { address: { url: new URL(peer.url), ca: peer.ca }, version: 'v1', cacheMs: 120_000 } });
  assert.deepEqual(await identity(server, { token: 'good' }), { username: 'carl', groups: ['dev', 'system:authenticated'] });
  assert.equal((await whoAmI(server, { token: 'bad' })).code, 401);
  await peer[Symbol.asyncDispose]();
  assert.equal((await identity(server, { token: 'good' })).username, 'carl', 'what it said is still believed');
  assert.equal((await whoAmI(server, { token: 'new' })).code, 401);
  assert.equal((await identity(server, { token: 'root' })).username, 'root');
});

test('front proxies', async () => {
  await using server = await open();
  const certificate = server.pki.frontProxyClient();
  const headers = { 'X-Remote-User': 'dora', 'X-Remote-Group': ['a', 'b'], 'X-Remote-Uid': '9', 'X-Remote-Extra-Acme.com%2Fproject': ['x'] };
  assert.deepEqual(await identity(server, { certificate, headers }), {
    username: 'dora',
    uid: '9',
    groups: ['a', 'b', 'system:authenticated'],
    extra: { 'acme.com/project': ['x'] },
  });
  // The same headers from anybody else mean nothing.
  assert.equal((await whoAmI(server, { headers })).code, 401);
  const other = await identity(server, { certificate: server.pki.issueClient({ name: 'eve', groups: ['x'] }), headers });
  assert.equal(other.username, 'eve');
  await using strict = await open({ frontProxy: { allowedNames: ['somebody-else'] } });
  assert.equal((await whoAmI(strict, { certificate: strict.pki.frontProxyClient(), headers })).code, 401);
});

test('impersonation', async () => {
  await using server = await open({ staticTokens: [{ token: 'h', user: { name: 'helper', groups: [] } }] });
  const as = (headers: Record<string, string | string[]>, token = 'root'): Promise<TestReply> => whoAmI(server, { token, headers });
  const full = await as({ 'Impersonate-User': 'dora', 'Impersonate-Group': ['a'], 'Impersonate-Uid': '3', 'Impersonate-Extra-Scopes': ['x', 'y'] });
  assert.deepEqual(full.json<Review>().status.userInfo, {
    username: 'dora',
    uid: '3',
    groups: ['a', 'system:authenticated'],
    extra: { scopes: ['x', 'y'] },
  });
  const account = await as({ 'Impersonate-User': 'system:serviceaccount:ns:robot' });
  assert.deepEqual(account.json<Review>().status.userInfo.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
  const groupless = await as({ 'Impersonate-Group': ['a'] });
  assert.equal(groupless.code, 500);
  assert.equal(groupless.json().message, `Internal Server Error: "${REVIEWS}": requested [{Group  a    }] without impersonating a user`);
  const refusals = [
    [
      { 'Impersonate-User': 'dora' },
      'users "dora" is forbidden: User "helper" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
    [
      { 'Impersonate-User': 'system:serviceaccount:ns:robot' },
      'serviceaccounts "robot" is forbidden: User "helper" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "ns"',
    ],
  ] as const;
  for (const [headers, message] of refusals) {
    const reply = await as(headers, 'h');
    assert.equal(reply.code, 403);
    assert.equal(reply.json().message, message);
  }
  await server.ask('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    token: 'root',
    method: 'POST',
    body: { metadata: { name: 'imp' }, rules: [{ verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['dora'] }] },
  });
  await server.ask('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    token: 'root',
    method: 'POST',
    body: {
      metadata: { name: 'imp' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'imp' },
      subjects: [{ kind: 'User', name: 'helper', apiGroup: 'rbac.authorization.k8s.io' }],
    },
  });
  assert.equal((await as({ 'Impersonate-User': 'dora' }, 'h')).code, 201);
  const extra = await as({ 'Impersonate-User': 'dora', 'Impersonate-Extra-Scopes': 'x' }, 'h');
  assert.equal(
    extra.json().message,
    'userextras.authentication.k8s.io "x" is forbidden: User "helper" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
  );
  const uid = await as({ 'Impersonate-User': 'dora', 'Impersonate-Uid': '1' }, 'h');
  assert.equal(
    uid.json().message,
    'uids.authentication.k8s.io "1" is forbidden: User "helper" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
  );
});

test('anonymous users', async () => {
  const code = async (server: TestServer, path: string): Promise<number> => (await server.ask(path)).code;
  await using usual = await open();
  assert.deepEqual(
    [await code(usual, '/livez'), await code(usual, '/livez/ping'), await code(usual, '/version'), await code(usual, '/api')],
    [200, 403, 200, 401],
  );
  await using exact = await open({ anonymous: { paths: ['/livez'] } });
  assert.deepEqual([await code(exact, '/livez'), await code(exact, '/livez/ping'), await code(exact, '/version')], [200, 401, 401]);
  await using never = await open({ anonymous: 'nowhere' });
  assert.equal(await code(never, '/livez'), 401);
  await using everywhere = await open({ anonymous: 'everywhere' });
  const refused = await everywhere.ask('/api/v1/pods');
  assert.equal(refused.code, 403);
  assert.equal(refused.json().message, 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope');
});

test('service account tokens: asked for, reviewed, verified elsewhere', async () => {
  await using server = await open({ maxTokenSeconds: 7_200, jwksUri: 'https://keys.example/jwks' });
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  assert.equal((await server.ask(accounts, { token: 'root', method: 'POST', body: { metadata: { name: 'robot' } } })).code, 201);
  const ask = (spec: object): Promise<TestReply> =>
    server.ask(`${accounts}/robot/token`, {
      token: 'root',
      method: 'POST',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
    });
  const short = await ask({ expirationSeconds: 60 });
  assert.equal(short.code, 422);
  assert.match(short.json().message, /spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes/);
  const long = await ask({ expirationSeconds: 86_400 });
  assert.equal(long.headers['warning'], '299 - "requested expiration of 86400 seconds shortened to 7200 seconds"');
  assert.equal(long.json<{ spec: { expirationSeconds: number } }>().spec.expirationSeconds, 7_200);
  const { status } = (await ask({ audiences: ['vault'] })).json<{ status: { token: string } }>();
  assert.equal((await whoAmI(server, { token: status.token })).code, 401, 'a token for others is none for the server');
  const tokenReview = async (spec: object) => {
    const reply = await server.ask('/apis/authentication.k8s.io/v1/tokenreviews', {
      token: 'root',
      method: 'POST',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
    });
    return reply.json<{ status: { authenticated?: boolean; audiences?: string[]; error?: string; user: { username?: string } } }>().status;
  };
  const good = await tokenReview({ token: status.token, audiences: ['vault', 'other'] });
  assert.deepEqual([good.authenticated, good.audiences, good.user.username], [true, ['vault'], 'system:serviceaccount:default:robot']);
  const bad = await tokenReview({ token: status.token, audiences: ['other'] });
  assert.equal(bad.authenticated, undefined);
  assert.match(bad.error ?? '', /token audiences \["vault"\] is invalid for the target audiences \["other"\]/);
  assert.deepEqual(await tokenReview({ token: 'nonsense' }), { user: {}, error: 'invalid bearer token' });
  const documents = await server.ask('/.well-known/openid-configuration', { token: 'root' });
  assert.equal(documents.json<{ jwks_uri: string }>().jwks_uri, 'https://keys.example/jwks');
  const keys = await server.ask('/openid/v1/jwks', { token: 'root' });
  assert.deepEqual(
    [keys.headers['content-type'], keys.headers['cache-control'], keys.json<{ keys: unknown[] }>().keys.length],
    ['application/jwk-set+json', 'public, max-age=3600', 1],
  );
  await using plain = await open();
  const { jwks_uri: usual } = (await plain.ask('/.well-known/openid-configuration', { token: 'root' })).json<{ jwks_uri: string }>();
  assert.equal(usual, `https://127.0.0.1:${plain.port}/openid/v1/jwks`);
});

test('tokens in secrets: noted when used, refused when replaced', async () => {
  await using server = await open();
  const base = '/api/v1/namespaces/default';
  const post = (path: string, body: object): Promise<TestReply> => server.ask(`${base}/${path}`, { token: 'root', method: 'POST', body });
  const account = (await post('serviceaccounts', { metadata: { name: 'old' }, secrets: [{ name: 'old-token' }] })).json<{
    metadata: { uid: string };
  }>();
  const token = server.server.signer.signLegacy('default', { name: 'old', uid: account.metadata.uid }, 'old-token');
  const data = { token: Buffer.from(token).toString('base64') };
  const annotations = { 'kubernetes.io/service-account.name': 'old', 'kubernetes.io/service-account.uid': account.metadata.uid };
  await post('secrets', { metadata: { name: 'old-token', annotations }, type: 'kubernetes.io/service-account-token', data });
  const reply = await whoAmI(server, { token });
  assert.equal(reply.json<Review>().status.userInfo.username, 'system:serviceaccount:default:old');
  assert.match(
    String(reply.headers['warning']),
    /Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens\./,
  );
  const today = new Date(systemClock.now()).toISOString().slice(0, 10);
  for (let label = ''; label !== today;) {
    const secret = (await server.ask(`${base}/secrets/old-token`, { token: 'root' })).json<{ metadata: { labels?: Record<string, string> } }>();
    label = secret.metadata.labels?.['kubernetes.io/legacy-token-last-used'] ?? '';
  }
  await server.ask(`${base}/secrets/old-token`, {
    token: 'root',
    method: 'PATCH',
    body: { data: { token: 'eA==' } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  assert.equal((await whoAmI(server, { token })).code, 401);
});

test('client certificates', async () => {
  await using server = await open();
  await using stranger = await open();
  const alice = await identity(server, { certificate: server.pki.issueClient({ name: 'alice', groups: ['dev', 'ops'] }) });
  assert.deepEqual([alice.username, alice.groups], ['alice', ['dev', 'ops', 'system:authenticated']]);
  assert.match(alice.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=[0-9a-f]{64}$/);
  for (const [what, certificate] of [
    ['of another authority', stranger.pki.issueClient({ name: 'alice', groups: ['system:masters'] })],
    ['nobody', server.pki.issueClient({ name: '', groups: ['system:masters'] })],
    ['for servers', server.pki.serving(['alice'])],
    ['of the past', server.pki.issueClient({ name: 'alice', groups: [] }, -600_000)],
  ] as const) {
    assert.equal((await whoAmI(server, { certificate })).code, 401, what);
    // Another credential of the same request still counts.
    assert.equal((await whoAmI(server, { certificate, token: 'root' })).code, 201, what);
  }
  await using open2 = await open({ clientAuthorities: [stranger.pki.caCert], frontProxy: { authorities: [stranger.pki.frontProxyCaCert] } });
  assert.equal((await identity(open2, { certificate: stranger.pki.issueClient({ name: 'guest', groups: [] }) })).username, 'guest');
  assert.equal((await identity(open2, { certificate: stranger.pki.frontProxyClient(), headers: { 'x-remote-user': 'dora' } })).username, 'dora');
  const shown = await open2.ask('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', { token: 'root' });
  const { data } = shown.json<{ data: Record<string, string> }>();
  assert.equal(data['client-ca-file'], open2.pki.caCert + stranger.pki.caCert);
  assert.equal(data['requestheader-client-ca-file'], stranger.pki.frontProxyCaCert);
});
