import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { stringify } from 'yaml';
import { defineKind, type KubeObject } from '../kind.ts';
import { objectMeta, typeMeta } from '../meta.ts';
import { bool, embedded, int32, list, map, message, oneOf, optional, pointer, quantity, required, string, time } from '../schema.ts';
import { describeFrom } from './descriptions.ts';
import { allSteps } from './steps.ts';
import type { Json, OpenApiSource } from './source.ts';
import { encodeOpenApiV2 } from './v2-protobuf.ts';
import { openApiV2 } from './v2.ts';
import { documentHash, documentPaths, openApiV3, openApiV3Index } from './v3.ts';

const port = message('shop/v1.Port', { port: required(1, int32), protocol: optional(2, oneOf('TCP', 'UDP'), { default: 'TCP' }) }, 'atomic');
const spec = message('shop/v1.WidgetSpec', {
  ports: optional(1, list(port), { listType: 'map', keys: ['port'], patch: 'merge', mergeKey: 'port' }),
  words: required(2, list(string)),
  limits: optional(3, map(quantity)),
  until: pointer(4, time),
  name: optional(5, string, { mustBeSet: true }),
});
const widget = message('shop/v1.Widget', { ...typeMeta, metadata: embedded(1, objectMeta), spec: embedded(2, spec) });
const scale = message('autoscaling/v1.Scale', { ...typeMeta, metadata: embedded(1, objectMeta) });
const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const kind = defineKind<KubeObject>({
  group: 'shop.k8s.io',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
  schema: widget,
  subresources: {
    scale: { type: scaleType, verbs: ['get', 'patch', 'update'] },
    exec: { type: { group: '', version: 'v1', kind: 'PodExecOptions' }, verbs: ['create', 'get'] },
  },
});
const source: OpenApiSource = {
  kinds: [kind],
  types: [{ ...scaleType, schema: scale }],
  title: 'Kubernetes',
  version: 'v1.36.0',
  describe: describeFrom({ 'shop/v1.Widget': { '': 'A widget.', spec: 'What it is.' }, 'shop/v1.Port': { port: 'The number.' } }),
};

const get = (value: unknown, ...path: readonly string[]): unknown => path.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], value);

test('v2: definitions carry requirements, markers and references', () => {
  const document = allSteps(openApiV2(source));
  const definitions = document['definitions'] as Json;
  assert.deepEqual(definitions['io.k8s.api.shop.v1.Port'], {
    type: 'object',
    required: ['port'],
    properties: {
      port: { description: 'The number.', type: 'integer', format: 'int32' },
      protocol: { default: 'TCP', type: 'string', enum: ['TCP', 'UDP'] },
    },
    'x-kubernetes-map-type': 'atomic',
  });
  assert.deepEqual(get(definitions, 'io.k8s.api.shop.v1.WidgetSpec', 'required'), ['name', 'words']);
  assert.deepEqual(get(definitions, 'io.k8s.api.shop.v1.WidgetSpec', 'properties'), {
    limits: { type: 'object', additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' } },
    name: { type: 'string' },
    ports: {
      type: 'array',
      items: { $ref: '#/definitions/io.k8s.api.shop.v1.Port' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'port',
    },
    until: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time' },
    words: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
  });
  assert.deepEqual(get(definitions, 'io.k8s.api.shop.v1.Widget', 'properties', 'spec'), {
    description: 'What it is.',
    $ref: '#/definitions/io.k8s.api.shop.v1.WidgetSpec',
  });
  assert.deepEqual(get(definitions, 'io.k8s.api.shop.v1.Widget', 'x-kubernetes-group-version-kind'), [
    { group: 'shop.k8s.io', kind: 'Widget', version: 'v1' },
  ]);
  assert.deepEqual(get(definitions, 'io.k8s.api.autoscaling.v1.Scale', 'x-kubernetes-group-version-kind'), [
    { group: 'autoscaling', kind: 'Scale', version: 'v1' },
  ]);
});

test('v2: paths name their operations as clients expect', () => {
  const paths = allSteps(openApiV2(source))['paths'] as Json;
  const base = '/apis/shop.k8s.io/v1/namespaces/{namespace}/widgets';
  const ids = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Json)
      .filter(([method]) => method !== 'parameters')
      .map(([method, one]) => `${method} ${path} ${String(get(one, 'operationId'))}`),
  );
  assert.deepEqual(
    ids.sort(),
    [
      `delete ${base} deleteShopV1CollectionNamespacedWidget`,
      `delete ${base}/{name} deleteShopV1NamespacedWidget`,
      'get /.well-known/openid-configuration/ getServiceAccountIssuerOpenIDConfiguration',
      'get /api/ getCoreAPIVersions',
      'get /apis/ getAPIVersions',
      'get /apis/shop.k8s.io/ getShopAPIGroup',
      'get /apis/shop.k8s.io/v1/ getShopV1APIResources',
      'get /openid/v1/jwks/ getServiceAccountIssuerOpenIDKeyset',
      'get /version/ getCodeVersion',
      `get ${base} listShopV1NamespacedWidget`,
      'get /apis/shop.k8s.io/v1/widgets listShopV1WidgetForAllNamespaces',
      `get ${base.replace('/v1/', '/v1/watch/')} watchShopV1NamespacedWidgetList`,
      `get ${base.replace('/v1/', '/v1/watch/')}/{name} watchShopV1NamespacedWidget`,
      'get /apis/shop.k8s.io/v1/watch/widgets watchShopV1WidgetListForAllNamespaces',
      `get ${base}/{name} readShopV1NamespacedWidget`,
      `get ${base}/{name}/exec connectShopV1GetNamespacedWidgetExec`,
      `get ${base}/{name}/scale readShopV1NamespacedWidgetScale`,
      `patch ${base}/{name} patchShopV1NamespacedWidget`,
      `patch ${base}/{name}/scale patchShopV1NamespacedWidgetScale`,
      `post ${base} createShopV1NamespacedWidget`,
      `post ${base}/{name}/exec connectShopV1PostNamespacedWidgetExec`,
      `put ${base}/{name} replaceShopV1NamespacedWidget`,
      `put ${base}/{name}/scale replaceShopV1NamespacedWidgetScale`,
    ].sort(),
  );
  assert.deepEqual(get(paths, `${base}/{name}/scale`, 'get', 'responses', '200', 'schema'), {
    $ref: '#/definitions/io.k8s.api.autoscaling.v1.Scale',
  });
});

test('v2: every reference is defined', () => {
  const text = JSON.stringify(allSteps(openApiV2(source)));
  const defined = new Set(Object.keys((JSON.parse(text) as { definitions: Json }).definitions));
  for (const [, name] of text.matchAll(/"#\/definitions\/([^"]+)"/g)) assert.ok(defined.has(name!), name);
});

test('v3: references are wrapped and values have defaults', () => {
  const document = allSteps(openApiV3(source, 'apis/shop.k8s.io/v1'));
  const schemas = get(document, 'components', 'schemas');
  assert.deepEqual(get(schemas, 'io.k8s.api.shop.v1.Widget', 'properties', 'spec'), {
    description: 'What it is.',
    default: {},
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.shop.v1.WidgetSpec' }],
  });
  assert.deepEqual(get(schemas, 'io.k8s.api.shop.v1.WidgetSpec', 'properties', 'words'), {
    type: 'array',
    items: { default: '', type: 'string' },
    'x-kubernetes-list-type': 'atomic',
  });
  assert.deepEqual(get(schemas, 'io.k8s.api.shop.v1.Port', 'properties', 'port'), {
    description: 'The number.',
    default: 0,
    type: 'integer',
    format: 'int32',
  });
  assert.deepEqual(get(allSteps(openApiV3(source, 'apis/other/v1')), 'paths'), {});
  assert.deepEqual(documentPaths(source), ['api', 'apis', 'version', '.well-known/openid-configuration', 'openid/v1/jwks', 'apis/shop.k8s.io', 'apis/shop.k8s.io/v1']);
  assert.deepEqual(
    openApiV3Index(['api/v1'], () => 'AB'),
    { paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=AB' } } },
  );
  assert.match(documentHash('x'), /^[0-9A-F]{128}$/);
});

const PROTO = `syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message TypeItem { repeated string value = 1; }
message ItemsItem { repeated Schema schema = 1; }
message NamedSchema { string name = 1; Schema value = 2; }
message Properties { repeated NamedSchema additional_properties = 1; }
message Schema { string ref = 1; string format = 2; string description = 4; Any default = 5; repeated string required = 19; repeated Any enum = 20; TypeItem type = 22; ItemsItem items = 23; Properties properties = 25; repeated NamedAny vendor_extension = 31; }
message Query { string in = 2; string name = 4; string type = 6; }
message NonBody { Query query = 3; Query path = 4; }
message Parameter { NonBody non_body = 2; }
message ParametersItem { Parameter parameter = 1; }
message Operation { string operation_id = 5; repeated ParametersItem parameters = 8; repeated NamedAny vendor_extension = 13; }
message PathItem { Operation get = 2; Operation patch = 8; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 2; }
message Info { string title = 1; string version = 2; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Properties definitions = 9; }`;

test('v2 as protobuf says the same', () => {
  const document = allSteps(openApiV2(source));
  const Document = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('Document');
  const read = Document.toObject(Document.decode(allSteps(encodeOpenApiV2(document)))) as Json;
  assert.deepEqual([read['swagger'], get(read, 'info', 'title')], ['2.0', 'Kubernetes']);
  const definitions = get(read, 'definitions', 'additional_properties') as { name: string; value: Json }[];
  assert.deepEqual(
    definitions.map((one) => one.name),
    Object.keys(document['definitions'] as Json),
  );
  const widgetSpec = definitions.find((one) => one.name.endsWith('WidgetSpec'))!.value;
  assert.deepEqual(widgetSpec['required'], ['name', 'words']);
  const ports = (get(widgetSpec, 'properties', 'additional_properties') as { name: string; value: Json }[]).find(
    (one) => one.name === 'ports',
  )!.value;
  assert.deepEqual(get(ports, 'items'), { schema: [{ ref: '#/definitions/io.k8s.api.shop.v1.Port' }] });
  assert.deepEqual(
    (ports['vendor_extension'] as Json[]).map((one) => [one['name'], get(one, 'value', 'yaml')]),
    [
      ['x-kubernetes-list-type', 'map\n'],
      ['x-kubernetes-list-map-keys', '- port\n'],
      ['x-kubernetes-patch-strategy', 'merge\n'],
      ['x-kubernetes-patch-merge-key', 'port\n'],
    ],
  );
  const paths = get(read, 'paths', 'path') as { name: string; value: Json }[];
  assert.deepEqual(
    paths.map((one) => one.name),
    Object.keys(document['paths'] as Json),
  );
  const patch = paths.find((one) => one.name.endsWith('/{name}'))!.value['patch'];
  assert.ok((get(patch, 'parameters') as Json[]).some((one) => get(one, 'parameter', 'non_body', 'query', 'name') === 'dryRun'));
});

test('what a subresource takes in its query stands among its parameters', () => {
  const options = message('core/v1.PodExecOptions', { ...typeMeta, tty: optional(1, bool), command: required(2, list(string)), limit: pointer(3, int32) });
  const types = [...source.types, { group: '', version: 'v1', kind: 'PodExecOptions', schema: options }];
  const paths = allSteps(openApiV2({ ...source, types }))['paths'] as Json;
  const parameters = get(paths, '/apis/shop.k8s.io/v1/namespaces/{namespace}/widgets/{name}/exec', 'parameters') as { name: string; type: string }[];
  assert.deepEqual(parameters.map(({ name, type }) => `${name} ${type}`), ['name string', 'namespace string', 'pretty string', 'command string', 'limit integer', 'tty boolean']);
});

test('watches of the old kind answer events, and types of all versions are marked with all', () => {
  const document = allSteps(openApiV3(source, 'apis/shop.k8s.io/v1'));
  const watch = get(document, 'paths', '/apis/shop.k8s.io/v1/watch/widgets', 'get', 'responses', '200', 'content', 'application/json;stream=watch', 'schema');
  assert.deepEqual(watch, { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent' });
  const marks = get(document, 'components', 'schemas', 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', 'x-kubernetes-group-version-kind');
  assert.deepEqual(marks, [{ group: 'shop.k8s.io', kind: 'DeleteOptions', version: 'v1' }]);
});

test('texts of values are the same as a YAML library writes', () => {
  const values: readonly unknown[] = [['a', 'b.c/d'], ['yes', '1'], [], {}, { group: '', kind: 'A', version: 'v1' }, [{ group: 'a.b', kind: 'A', version: 'v1' }, { group: '', kind: 'On', version: 'y' }], 'atomic', 'no', 0, { a: 1 }];
  for (const value of values) {
    const document = { swagger: '2.0', paths: {}, definitions: { a: { 'x-a': value } }, info: {}, security: [], securityDefinitions: {} };
    assert.ok(allSteps(encodeOpenApiV2(document)).includes(stringify(value)), JSON.stringify(value));
  }
});
