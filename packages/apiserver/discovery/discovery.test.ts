import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './group-order.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

interface Resources {
  groupVersion: string;
  resources: { name: string; kind: string; group?: string; storageVersionHash?: string }[];
}
interface Groups {
  groups: { name: string; versions: { version: string }[]; preferredVersion: { version: string } }[];
}
interface Aggregated {
  kind: string;
  apiVersion: string;
  items: {
    metadata: { name?: string };
    versions: { version: string; resources: { resource: string; subresources?: { subresource: string; responseKind: { kind: string } }[] }[] }[];
  }[];
}

const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const V2BETA1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

test('groups in their order', async () => {
  await using server = await openTestRegistry();
  const { groups } = await server.caller.do<Groups>('GET', '/apis');
  assert.deepEqual(
    groups.slice(0, 6).map(({ name }) => name),
    ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling'],
  );
  assert.deepEqual(
    groups.find(({ name }) => name === 'autoscaling')!.versions.map(({ version }) => version),
    ['v2', 'v1'],
  );
  assert.deepEqual(await server.caller.do('GET', '/api'), {
    kind: 'APIVersions',
    apiVersion: 'v1',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
  });
});

test('resources of a version', async () => {
  await using server = await openTestRegistry();
  const { resources } = await server.caller.do<Resources>('GET', '/api/v1');
  assert.equal(resources.find(({ name }) => name === 'configmaps')!.storageVersionHash, 'qFsyl6wFWjQ=');
  const names = resources.map(({ name }) => name);
  assert.deepEqual(names, names.toSorted());
  assert.equal(resources.find(({ name }) => name === 'pods/eviction')!.group, 'policy');
  assert.equal(resources.find(({ name }) => name === 'pods/log')!.kind, 'Pod');
  const apps = await server.caller.do<Resources>('GET', '/apis/apps/v1');
  assert.equal(apps.groupVersion, 'apps/v1');
  const reply = await server.caller.reply('GET', '/apis/nonsense/v1');
  assert.ok(reply.type === 'raw' && reply.code === 404);
});

test('aggregated discovery with tags', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const accept = `${V2},${V2BETA1},application/json`;
  const reply = await caller.reply('GET', '/apis', { headers: { accept } });
  assert.ok(reply.type === 'raw');
  assert.equal(reply.headers['Content-Type'], V2);
  const document = JSON.parse(reply.body.toString()) as Aggregated;
  assert.equal(document.apiVersion, 'apidiscovery.k8s.io/v2');
  const apps = document.items.find(({ metadata }) => metadata.name === 'apps')!;
  const deployments = apps.versions[0]!.resources.find(({ resource }) => resource === 'deployments')!;
  assert.deepEqual(
    deployments.subresources!.map(({ subresource, responseKind }) => [subresource, responseKind.kind]),
    [
      ['scale', 'Scale'],
      ['status', 'Deployment'],
    ],
  );
  const again = await caller.reply('GET', '/apis', { headers: { accept, 'if-none-match': reply.headers['ETag']! } });
  assert.ok(again.type === 'raw' && again.code === 304);
  const old = await caller.reply('GET', '/api', { headers: { accept: `${V2BETA1},application/json` } });
  assert.ok(old.type === 'raw');
  assert.equal(old.headers['Content-Type'], V2BETA1);
  assert.equal((JSON.parse(old.body.toString()) as Aggregated).items.length, 1);
});

test('OpenAPI documents', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const { paths } = await caller.do<{ paths: Record<string, { serverRelativeURL: string }> }>('GET', '/openapi/v3');
  const url = paths['apis/apps/v1']!.serverRelativeURL;
  const reply = await caller.reply('GET', url);
  assert.ok(reply.type === 'raw' && reply.code === 200);
  assert.equal(reply.headers['Cache-Control'], 'public, immutable');
  assert.ok('/apis/apps/v1/namespaces/{namespace}/deployments' in (JSON.parse(reply.body.toString()) as { paths: object }).paths);
  const moved = await caller.reply('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
  assert.ok(moved.type === 'raw' && moved.code === 301 && moved.headers['Location'] === url);
  const v2 = await caller.do<{ swagger: string; definitions: object }>('GET', '/openapi/v2');
  assert.equal(v2.swagger, '2.0');
  const protobuf = await caller.reply('GET', '/openapi/v2', { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } });
  assert.ok(protobuf.type === 'raw' && protobuf.headers['Content-Type']!.endsWith('+protobuf') && protobuf.body.length > 100_000);
});

test('versions by stability and number', () => {
  const versions = ['v1beta1', 'v10', 'v1', 'foo1', 'v2', 'v12alpha1', 'v11beta2', 'v3beta1', 'foo10'];
  assert.deepEqual(versions.toSorted(compareVersions), ['v10', 'v2', 'v1', 'v11beta2', 'v3beta1', 'v1beta1', 'v12alpha1', 'foo1', 'foo10']);
});
