import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestServer } from '../testing/test-server.ts';

const server = await openTestServer({
  flags: { 'bind-address': '127.0.0.1' },
  security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }, { token: 'bob', user: { name: 'bob', groups: [] } }, { token: 'probe', user: { name: 'probe', groups: ['system:monitoring'] } }] },
});
let isWell = true;
server.server.addHealthCheck({
  name: 'extra',
  of: ['livez'],
  check() {
    if (!isWell) throw new Error('it is broken');
  },
});
after(() => server[Symbol.asyncDispose]());
const ask = (path: string, token = 'root', method = 'GET') => server.ask(path, { token, method });

test('the root lists all paths, sorted, to those who may see it', async () => {
  for (const path of ['/', '/index.html']) {
    const reply = await ask(path);
    assert.equal(reply.code, 200);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.match(reply.text, /^\{\n {2}"paths": \[\n {4}"\/\.well-known\/openid-configuration",\n {4}"\/api",\n/);
    const { paths } = reply.json<{ paths: string[] }>();
    assert.deepEqual(paths, paths.toSorted());
    assert.equal(new Set(paths).size, paths.length);
    for (const one of ['/api/v1', '/apis', '/apis/', '/apis/apps', '/apis/apps/v1', '/healthz/poststarthook/rbac/bootstrap-roles', '/livez/ping', '/readyz/informer-sync', '/metrics/slis', '/openapi/v3/', '/openid/v1/jwks', '/version', '/flagz'])
      assert.ok(paths.includes(one), one);
    assert.deepEqual(paths.filter((one) => one.startsWith('/navarch') || one.startsWith('/debug')), []);
  }
  assert.equal((await ask('/', 'bob')).json().message, 'forbidden: User "bob" cannot get path "/"');
  for (const path of (await ask('/')).json<{ paths: string[] }>().paths) assert.equal((await ask(path)).code, 200, path);
});

test('paths that mean nothing are not found', async () => {
  for (const path of ['/nothing', '/healthz/', '/healthz/nothing', '/livez/ping/', '/metrics/', '/metricsx', '/index.htm', '/configz', '/debug/pprof/', '/logs/', '/apis/nothing', '/apis/nothing/v1/things', '//api/v1/pods', '/apix']) {
    const reply = await ask(path);
    assert.deepEqual([reply.code, reply.text, reply.headers['content-type'], reply.headers['x-content-type-options']], [404, '404 page not found\n', 'text/plain; charset=utf-8', 'nosniff'], path);
  }
});

test('below what is there, a Status says that something is not', async () => {
  for (const path of ['/version/x', '/apis/apps/v9', '/apis/apps/v9/deployments', '/api/v2', '/api/v2/pods', '/api/v1/nothing', '/openid/v1/jwks/x']) {
    const reply = await ask(path);
    assert.deepEqual([reply.code, reply.json().reason, reply.json().message], [404, 'NotFound', 'the server could not find the requested resource'], path);
  }
});

test('health checks: all, each alone, those left out, those that fail', async () => {
  const verbose = (await ask('/livez?verbose&exclude=etcd&exclude=zz&exclude=aa')).text;
  assert.match(verbose, /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd excluded: ok\n\[\+\]poststarthook\/start-apiserver-admission-initializer ok\n/);
  assert.match(verbose, /\n\[\+\]autoregister-completion ok\n\[\+\]extra ok\nwarn: some health checks cannot be excluded: no matches for "aa","zz"\nlivez check passed\n$/);
  assert.match((await ask('/readyz?verbose')).text, /\n\[\+\]etcd-readiness ok\n\[\+\]informer-sync ok\n[\s\S]+\[\+\]shutdown ok\nreadyz check passed\n$/);
  assert.deepEqual([(await ask('/livez/extra', 'probe')).text, (await ask('/readyz/poststarthook/bootstrap-controller')).text], ['ok', 'ok']);
  assert.equal((await ask('/readyz/extra')).code, 404, 'a check of another endpoint');
  isWell = false;
  const failed = await server.ask('/livez');
  assert.deepEqual([failed.code, failed.headers['x-content-type-options']], [500, 'nosniff']);
  assert.match(failed.text, /\[-\]extra failed: reason withheld\nlivez check failed\n$/);
  const one = await ask('/livez/extra');
  assert.deepEqual([one.code, one.text], [500, 'internal server error: it is broken\n']);
  const slis = (await ask('/metrics/slis', 'probe')).text;
  assert.match(slis, /^# HELP kubernetes_healthcheck .+\n# TYPE kubernetes_healthcheck gauge\n/);
  for (const line of ['kubernetes_healthcheck{name="extra",type="livez"} 0', 'kubernetes_healthcheck{name="ping",type="livez"} 1', 'kubernetes_healthchecks_total{name="extra",type="livez",status="error"} 2'])
    assert.ok(slis.includes(`${line}\n`), line);
  isWell = true;
  assert.equal((await server.ask('/livez')).text, 'ok');
});

test('the version, with and without a slash, can only be read', async () => {
  const { text, headers } = await server.ask('/version');
  assert.equal(headers['content-type'], 'application/json');
  const members = 'major minor emulationMajor emulationMinor minCompatibilityMajor minCompatibilityMinor gitVersion gitCommit gitTreeState buildDate goVersion compiler platform';
  assert.equal(Object.keys(JSON.parse(text) as object).join(' '), members);
  assert.equal((await ask('/version/')).text, text);
  const refused = await ask('/version', 'root', 'POST');
  assert.deepEqual([refused.code, refused.json().message], [405, 'the server does not allow this method on the requested resource']);
  assert.equal((await ask('/healthz', 'root', 'POST')).text, 'ok', 'health checks take any method');
});

test('pages for people: status and flags', async () => {
  const status = await ask('/statusz', 'probe');
  assert.equal(status.headers['content-type'], 'text/plain; charset=utf-8');
  assert.match(status.text, /^\nkube-apiserver statusz\nWarning: .+\n\nStarted: \w{3} \w{3} [ \d]\d [\d:]{8} UTC \d{4}\nUp: 0 hr 00 min \d\d sec\n[\s\S]+\nUseful Endpoints: .*\/readyz/);
  assert.match((await ask('/flagz', 'probe')).text, /^\nkube-apiserver flags\nWarning: .+\n\nbind-address=127\.0\.0\.1\n$/);
  assert.equal((await server.ask('/statusz', { token: 'root', headers: { accept: 'application/json' } })).code, 406);
  assert.equal((await ask('/statusz', 'bob')).code, 403);
});

test('metrics have the names that dashboards know', async () => {
  await ask('/api/v1/endpoints');
  const text = (await ask('/metrics', 'probe')).text;
  for (const name of ['apiserver_request_total', 'apiserver_request_duration_seconds_bucket', 'authenticated_user_requests', 'authentication_attempts', 'authorization_attempts_total', 'process_start_time_seconds', 'apiserver_flowcontrol_current_executing_requests'])
    assert.match(text, new RegExp(`^${name}[{ ]`, 'm'), name);
  for (const line of [
    'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    'apiserver_storage_objects{resource="namespaces"} 4',
    'apiserver_resource_objects{group="rbac.authorization.k8s.io",resource="roles"} 7',
    'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1',
  ])
    assert.ok(text.includes(`${line}\n`), line);
});
