import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '#machinery/status.ts';
import { TargetParser, parseRequestInfo, parseTarget } from './request-info.ts';

function brief(method: string, url: string): string {
  const { rawPath, query } = parseTarget(url);
  const info = parseRequestInfo(method, rawPath, query);
  if (!info.isResource) return `${info.verb} path ${info.path}`;
  return [info.verb, `${info.group}/${info.version}`, info.namespace || '-', info.resource, info.name || '-', info.subresource || '-', info.trailing || '-'].join(' ');
}

const CASES: readonly [string, string, string][] = [
  ['GET', '/', 'get path /'],
  ['GET', '/api', 'get path /api'],
  ['GET', '/api/v1', 'get path /api/v1'],
  ['GET', '/apis/apps/v1', 'get path /apis/apps/v1'],
  ['POST', '/healthz/ping', 'post path /healthz/ping'],
  ['GET', '/api/v1/pods', 'list /v1 - pods - - -'],
  ['GET', '/api/v1/pods/', 'list /v1 - pods - - -'],
  ['GET', '/api/v1/namespaces', 'list /v1 - namespaces - - -'],
  ['GET', '/api/v1/namespaces/a', 'get /v1 a namespaces a - -'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update /v1 a namespaces a finalize -'],
  ['PUT', '/api/v1/namespaces/a/status', 'update /v1 a namespaces a status -'],
  ['GET', '/api/v1/namespaces/a/pods', 'list /v1 a pods - - -'],
  ['GET', '/api/v1/namespaces/a/pods/p', 'get /v1 a pods p - -'],
  ['GET', '/api/v1/namespaces/a/pods/p/log', 'get /v1 a pods p log -'],
  ['POST', '/api/v1/namespaces/a/pods', 'create /v1 a pods - - -'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps/v1 a deployments d scale -'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps/v1 a deployments - - -'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments/d', 'delete apps/v1 a deployments d - -'],
  ['GET', '/api/v1/pods?watch=1', 'watch /v1 - pods - - -'],
  ['GET', '/api/v1/pods?watch=true', 'watch /v1 - pods - - -'],
  ['GET', '/api/v1/pods?watch=false', 'list /v1 - pods - - -'],
  ['GET', '/api/v1/pods?watch=0', 'list /v1 - pods - - -'],
  ['GET', '/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds', 'list /v1 a secrets s - -'],
  ['GET', '/api/v1/namespaces/a/secrets?watch=1&fieldSelector=metadata.name=s', 'watch /v1 a secrets s - -'],
  ['GET', '/api/v1/namespaces/a/secrets?fieldSelector=metadata.name!=s', 'list /v1 a secrets - - -'],
  ['GET', '/api/v1/watch/namespaces/a/pods/p', 'watch /v1 a pods p - -'],
  ['GET', '/api/v1/watch/pods', 'watch /v1 - pods - - -'],
  ['GET', '/api/v1/namespaces/a/pods/p/proxy', 'get /v1 a pods p proxy -'],
  ['GET', '/api/v1/namespaces/a/pods/p/proxy/', 'get /v1 a pods p proxy /'],
  ['POST', '/api/v1/namespaces/a/services/https:s:web/proxy/x/y%2Fz', 'create /v1 a services https:s:web proxy /x/y%2Fz'],
  ['GET', '/api/v1/nodes/n/proxy/metrics/cadvisor', 'get /v1 - nodes n proxy /metrics/cadvisor'],
  ['OPTIONS', '/api/v1/pods', ' /v1 - pods - - -'],
];

for (const [method, url, expected] of CASES) {
  test(`${method} ${url}`, () => assert.equal(brief(method, url), expected));
}

test('paths that cannot be understood are refused', () => {
  assert.throws(() => brief('GET', '/api/v1/pods/%zz'), (error) => error instanceof StatusError && error.code === 400);
  assert.throws(() => brief('GET', '/api/v1/watch'), (error) => error instanceof StatusError && error.code === 400);
});

test('remembered targets are the same as parsed ones', () => {
  const parser = new TargetParser();
  for (const [method, url] of CASES) {
    const { rawPath, query } = parseTarget(url);
    const first = parser.parse(method, url);
    assert.deepEqual(first.info, parseRequestInfo(method, rawPath, query));
    assert.deepEqual(parser.parse(method, url), first);
  }
  for (let i = 0; i < 3_000; i++) assert.equal(parser.parse('GET', `/api/v1/namespaces/n${i}`).info.name, `n${i}`);
});
