/** The documents as generators read them: everything is defined, named once and answered. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestServer } from '../testing/test-server.ts';

type Json = { readonly [key: string]: unknown };
interface Operation {
  readonly operationId: string;
  readonly responses: Json;
  readonly tags: readonly string[];
  readonly 'x-kubernetes-action'?: string;
  readonly 'x-kubernetes-group-version-kind'?: Json;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly definitions?: Json;
  readonly components?: { readonly schemas?: Json };
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options'];
const server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
after(() => server[Symbol.asyncDispose]());
const get = async <T>(path: string): Promise<T> => (await server.ask(path, { token: 'root' })).json<T>();

function operations({ paths }: Document): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method): [string, Operation] => [`${method} ${path}`, item[method] as Operation]));
}

/** What generators insist on. */
function check(document: Document): void {
  const text = JSON.stringify(document);
  const defined = document.definitions ?? document.components?.schemas ?? {};
  for (const [, name] of text.matchAll(/"\$ref":"#\/(?:definitions|components\/schemas)\/([^"]+)"/g)) assert.ok(Object.hasOwn(defined, name!), name);
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const shared = (item['parameters'] ?? []) as NonNullable<Operation['parameters']>;
    const inPath = shared.filter((one) => one.in === 'path').map((one) => one.name!);
    assert.deepEqual(inPath.toSorted(), wanted.toSorted(), path);
    const names = shared.map((one) => `${one.in} ${one.name}`);
    assert.equal(new Set(names).size, names.length, path);
  }
  for (const [name, operation] of operations(document)) {
    assert.ok(!ids.has(operation.operationId), operation.operationId);
    ids.add(operation.operationId);
    assert.ok(operation.responses['200'] && operation.responses['401'], name);
    assert.equal(operation.tags.length, 1, name);
    const isDiscovery = operation['x-kubernetes-action'] === undefined;
    assert.equal(operation['x-kubernetes-group-version-kind'] === undefined, isDiscovery, name);
    assert.equal(/^get \/(?:api|apis|version|openid|\.well-known)\/.*$/.test(name) && name.endsWith('/'), isDiscovery, name);
  }
}

test('version 2: one document of everything', async () => {
  const document = await get<Document>('/openapi/v2');
  check(document);
  const at = (path: string): Operation => document.paths[path]!['get'] as Operation;
  for (const [path, id, tag] of [
    ['/api/', 'getCoreAPIVersions', 'core'],
    ['/api/v1/', 'getCoreV1APIResources', 'core_v1'],
    ['/apis/', 'getAPIVersions', 'apis'],
    ['/apis/rbac.authorization.k8s.io/', 'getRbacAuthorizationAPIGroup', 'rbacAuthorization'],
    ['/apis/rbac.authorization.k8s.io/v1/', 'getRbacAuthorizationV1APIResources', 'rbacAuthorization_v1'],
    ['/version/', 'getCodeVersion', 'version'],
    ['/.well-known/openid-configuration/', 'getServiceAccountIssuerOpenIDConfiguration', 'WellKnown'],
    ['/openid/v1/jwks/', 'getServiceAccountIssuerOpenIDKeyset', 'openid'],
  ] as const)
    assert.deepEqual([at(path).operationId, at(path).tags], [id, [tag]], path);
  // Every path without parameters is answered.
  for (const path of Object.keys(document.paths)) if (!path.includes('{') && !path.includes('/watch/') && document.paths[path]!['get']) assert.equal((await server.ask(path, { token: 'root' })).code, 200, path);
});

test('version 3: a document for each group version, and for what is found on the way to it', async () => {
  const { paths } = await get<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
  for (const path of ['.well-known/openid-configuration', 'api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'openid/v1/jwks', 'version']) assert.ok(paths[path], path);
  const ids: string[] = [];
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const document = await get<Document>(serverRelativeURL);
    check(document);
    assert.ok(Object.keys(document.paths).every((one) => one.startsWith(`/${path}/`)), path);
    ids.push(...operations(document).map(([, { operationId }]) => operationId));
  }
  const all = operations(await get<Document>('/openapi/v2')).map(([, { operationId }]) => operationId);
  assert.deepEqual(ids.toSorted(), all.toSorted(), 'both versions describe the same');
  const version = await get<{ components: { schemas: Record<string, { required: string[]; properties: Json }> } }>('/openapi/v3/version');
  const info = version.components.schemas['io.k8s.apimachinery.pkg.version.Info']!;
  assert.deepEqual(Object.keys(info.properties).toSorted(), Object.keys(await get<Json>('/version')).toSorted());
  assert.equal((await server.ask('/openapi/v3/apis/none', { token: 'root' })).code, 404);
});
