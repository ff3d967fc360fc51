/** What clients may get wrong, over HTTP: each is answered in upstream's words, and nothing harms the server. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestServer, type TestRequest } from './testing/test-server.ts';

const server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
after(() => server[Symbol.asyncDispose]());

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const typed = (type: string, body = '{}'): TestRequest => ({ headers: { 'content-type': type }, body });
const accepts = (accept: string): TestRequest => ({ headers: { accept } });

const WRONG_METHOD = [405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'] as const;
const UNKNOWN = [404, 'NotFound', 'the server could not find the requested resource'] as const;
const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const PATCHES = 'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml';
const wrongType = (types: string) => [415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${types}`] as const;
const notAcceptable = (types: string) => [406, 'NotAcceptable', `only the following media types are accepted: ${types}`] as const;
const bad = (message: string) => [400, 'BadRequest', message] as const;
const options = (kind: string, message: string) => [422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: ${message}`] as const;
const unrecognized = (why: string) => bad(`the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why}`);
const STRUCT = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

type Case = readonly [method: string, path: string, request: TestRequest, expected: readonly [number, string, string]];

const METHODS: readonly Case[] = [
  ['POST', `${MAPS}/x`, { body: {} }, WRONG_METHOD],
  ['PUT', MAPS, { body: {} }, WRONG_METHOD],
  ['PATCH', MAPS, { body: {} }, WRONG_METHOD],
  ['OPTIONS', MAPS, {}, WRONG_METHOD],
  ['TRACE', MAPS, {}, WRONG_METHOD],
  ['POST', '/api/v1/pods', { body: {} }, WRONG_METHOD],
  ['DELETE', '/api/v1/pods', {}, WRONG_METHOD],
  ['DELETE', '/api/v1/componentstatuses', {}, WRONG_METHOD],
  ['POST', '/version', { body: {} }, WRONG_METHOD],
  ['POST', '/api', { body: {} }, WRONG_METHOD],
  ['DELETE', '/api/v1', {}, WRONG_METHOD],
  ['PUT', '/apis/apps/v1', { body: {} }, WRONG_METHOD],
  ['DELETE', '/.well-known/openid-configuration', {}, WRONG_METHOD],
  ['POST', `${PODS}/a/status`, { body: {} }, WRONG_METHOD],
  ['DELETE', `${DEPLOYMENTS}/d/scale`, {}, WRONG_METHOD],
  ['GET', `${PODS}/a/binding`, {}, WRONG_METHOD],
  ['PUT', `${PODS}/a/eviction`, { body: {} }, WRONG_METHOD],
  ['DELETE', `${PODS}/a/log`, {}, WRONG_METHOD],
  ['PUT', `${PODS}/a/exec`, {}, WRONG_METHOD],
  ['GET', '/api/v1/namespaces/default/serviceaccounts/a/token', {}, WRONG_METHOD],
  ['GET', '/api/v1/namespaces/default/finalize', {}, WRONG_METHOD],
  ['PATCH', '/api/v1/namespaces/default/finalize', { body: {} }, WRONG_METHOD],
  ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {}, WRONG_METHOD],
];

const PATHS: readonly Case[] = [
  ['GET', `${PODS}/a/nothing`, {}, UNKNOWN],
  ['PUT', `${PODS}/a/constructor`, { body: {} }, UNKNOWN],
  ['GET', `${PODS}/a/status/more`, {}, UNKNOWN],
  ['GET', `${PODS}/a/exec/more`, {}, UNKNOWN],
  ['GET', '/api/v1/pods/a', {}, UNKNOWN],
  ['PUT', '/apis/apps/v1/deployments/a', { body: {} }, UNKNOWN],
  ['GET', '/api/v1/namespaces/default/nodes', {}, UNKNOWN],
  ['GET', '/api/v1/namespaces/default/nodes/n', {}, UNKNOWN],
  ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/clusterroles', { body: {} }, UNKNOWN],
  ['GET', '/api/v1/namespaces/a/namespaces/b', {}, UNKNOWN],
  ['GET', '/api//v1/pods', {}, UNKNOWN],
  ['GET', '/api/v1/namespaces/default/../kube-system/secrets', {}, UNKNOWN],
  ['GET', `${MAPS}/..%2f..`, {}, UNKNOWN],
  ['GET', `${MAPS}/a%2Fb/c`, {}, UNKNOWN],
  ['GET', `${MAPS}/%2e%2e`, {}, [404, 'NotFound', 'configmaps ".." not found']],
  ['GET', `${MAPS}/%zz`, {}, bad(`invalid URL escape in path ${JSON.stringify(`${MAPS}/%zz`)}`)],
  ['GET', `${MAPS}/${'n'.repeat(200_000)}`, {}, [404, 'NotFound', `configmaps "${'n'.repeat(200_000)}" not found`]],
  ['GET', '/api/v1/watch', {}, [400, 'BadRequest', 'unable to determine kind and namespace from url, /api/v1/watch']],
];

const TYPES: readonly Case[] = [
  ['POST', MAPS, typed('text/plain', 'x'), wrongType(ACCEPTED)],
  ['PUT', `${MAPS}/a`, typed('application/xml'), wrongType(ACCEPTED)],
  ['DELETE', `${MAPS}/a`, typed('text/plain', 'x'), wrongType(ACCEPTED)],
  ['PATCH', `${MAPS}/a`, typed('application/json'), wrongType(PATCHES)],
  ['PATCH', `${MAPS}/a`, typed(''), wrongType(PATCHES)],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { ...accepts('application/json;as=Table;v=v1;g=meta.k8s.io'), body: {} }, notAcceptable(ACCEPTED)],
  ['GET', MAPS, accepts('text/html'), notAcceptable(ACCEPTED)],
  ['GET', MAPS, accepts('application/json;as=Table;v=v9;g=meta.k8s.io'), notAcceptable(ACCEPTED)],
  ['GET', `${MAPS}?watch=1`, accepts('text/html'), notAcceptable(ACCEPTED)],
  ['POST', MAPS, { body: Buffer.alloc(3 * 1024 * 1024 + 1, 'x') }, [413, 'RequestEntityTooLarge', 'Request entity is too large: limit is 3145728']],
];

const QUERIES: readonly Case[] = [
  ['GET', `${MAPS}?limit=x`, {}, bad('strconv.ParseInt: parsing "x": invalid syntax')],
  ['GET', `${MAPS}?limit=x&limit=1`, {}, bad('strconv.ParseInt: parsing "x": invalid syntax')],
  ['GET', `${MAPS}?limit=99999999999999999999`, {}, bad('strconv.ParseInt: parsing "99999999999999999999": value out of range')],
  ['GET', `${MAPS}?timeoutSeconds=1.5`, {}, bad('strconv.ParseInt: parsing "1.5": invalid syntax')],
  ['GET', `${MAPS}?timeout=x`, {}, bad('invalid timeout specified in the request URL - time: invalid duration "x"')],
  ['GET', `${MAPS}?resourceVersion=-1`, {}, bad('resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax')],
  ['GET', `${MAPS}?fieldSelector=a`, {}, bad("invalid selector: 'a'; can't understand 'a'")],
  ['GET', `${MAPS}?labelSelector=a%20b`, {}, bad("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")],
  ['GET', `${MAPS}?continue=x&resourceVersion=5`, {}, bad('specifying resource version is not allowed when using continue')],
  ['GET', `${MAPS}?resourceVersionMatch=Exact`, {}, options('ListOptions', 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided')],
  ['GET', `${MAPS}?sendInitialEvents=true`, {}, options('ListOptions', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
  ['DELETE', `${MAPS}/a?gracePeriodSeconds=x`, {}, bad('strconv.ParseInt: parsing "x": invalid syntax')],
  ['DELETE', `${MAPS}/a?propagationPolicy=x`, {}, options('DeleteOptions', 'propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"')],
  ['POST', `${MAPS}?dryRun=x`, { body: {} }, options('CreateOptions', 'dryRun: Unsupported value: ["x"]: supported values: "All"')],
  ['POST', `${MAPS}?fieldValidation=x`, { body: {} }, options('CreateOptions', 'fieldValidation: Unsupported value: "x": supported values: "Ignore", "Strict", "Warn"')],
  ['PATCH', `${MAPS}/a`, typed('application/apply-patch+yaml'), options('PatchOptions', 'fieldManager: Required value: is required for apply patch')],
  ['PATCH', `${MAPS}/a?force=true`, typed('application/merge-patch+json'), options('PatchOptions', 'force: Forbidden: may not be specified for non-apply patch')],
];

const BODIES: readonly Case[] = [
  ['POST', MAPS, {}, unrecognized('unexpected end of JSON input (<empty>)')],
  ['POST', MAPS, { body: '{' }, unrecognized('unexpected end of JSON input ({)')],
  ['POST', MAPS, { body: '{"data":{"a":"b"},"immutable":tru}' }, unrecognized('invalid character \'}\' in literal true (expecting \'e\') ({"data":{"a":"b"},"immutable": ...)')],
  ['POST', MAPS, { body: '\u0000' }, unrecognized("invalid character '\\x00' looking for beginning of value (00)")],
  ['POST', MAPS, { body: '[]' }, unrecognized(`json: cannot unmarshal array into Go value of type ${STRUCT} (5b5d)`)],
  ['POST', MAPS, { body: 'null' }, [422, 'Invalid', 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required']],
  ['POST', MAPS, { body: {} }, [422, 'Invalid', 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required']],
  ['POST', MAPS, { body: { data: 5 } }, bad('ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string')],
  ['POST', MAPS, { body: { kind: 'Secret', apiVersion: 'v1' } }, bad('Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion')],
  ['POST', MAPS, { body: { apiVersion: 'v2', kind: 'ConfigMap' } }, bad('the API version in the data (v2) does not match the expected API version (v1)')],
  ['PUT', `${MAPS}/a`, { body: { metadata: { name: 'b' } } }, bad('the name of the object (b) does not match the name on the URL (a)')],
  ['PUT', `${MAPS}/a`, { body: { metadata: { name: 'a', namespace: 'x' } } }, bad('the namespace of the object (x) does not match the namespace on the request (default)')],
  ['POST', MAPS, { body: { metadata: { name: 'a', namespace: 'x' } } }, bad('the namespace of the provided object does not match the namespace sent on the request')],
  ['POST', '/api/v1/namespaces/none/configmaps', { body: { metadata: { name: 'a' } } }, [404, 'NotFound', 'namespaces "none" not found']],
];

for (const [what, cases] of Object.entries({ METHODS, PATHS, TYPES, QUERIES, BODIES })) {
  test(`wrong ${what.toLowerCase()}`, async () => {
    for (const [method, path, request, expected] of cases) {
      const reply = await server.ask(path, { token: 'root', method, ...request });
      const { code, reason, message } = reply.json();
      const [expectedCode, expectedReason, expectedMessage] = expected;
      const label = `${method} ${path.slice(0, 100)} ${JSON.stringify(request).slice(0, 60)}`;
      assert.deepEqual([reply.code, code, reason, message], [expectedCode, expectedCode, expectedReason, expectedMessage], label);
      assert.match(String(reply.headers['content-type']), /^application\/json$/, label);
    }
    assert.equal((await server.ask('/readyz')).text, 'ok');
  });
}

test('odd, but understood', async () => {
  for (const [method, path, code] of [
    ['HEAD', MAPS, 405],
    ['HEAD', `${MAPS}/none`, 405],
    ['HEAD', `${PODS}/a/log`, 405],
    ['HEAD', '/version', 405],
    ['HEAD', '/api/v1', 405],
    ['HEAD', '/apis', 200],
    ['HEAD', '/healthz', 200],
    ['HEAD', '/openapi/v2', 200],
    ['GET', '/api/v1/pods/', 200],
    ['GET', '/api/v1/pods//', 200],
    ['GET', '/api/v1/namespaces/%00/pods', 200],
    ['GET', `${MAPS}?limit=-1`, 200],
    ['GET', `${MAPS}?limit=1&limit=x`, 200],
    ['GET', `${MAPS}?%zz&a;b&unknown=1`, 200],
    ['GET', `${MAPS}?labelSelector=${encodeURIComponent(Array.from({ length: 20_000 }, (_, i) => `a${i}`).join(','))}`, 200],
    ['POST', '/apis', 200],
    ['POST', '/apis/apps', 200],
    ['OPTIONS', '/healthz', 200],
  ] as const) {
    const { code: seen } = await server.ask(path, { token: 'root', method });
    assert.equal(seen, code, `${method} ${path.slice(0, 80)}`);
  }
});
