/**
 * Versions and features that are off unless asked for.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openTestServer, type TestServer } from '#apiserver/testing/test-server.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
import { CERTIFICATES } from '#kinds/testing/certificates.ts';
import { samples } from '#kinds/testing/samples.ts';
import { groupVersionText, resourcePath } from '#machinery/kind.ts';
import { decodeEnvelope } from '#machinery/protobuf/protobuf.ts';

const all = [...builtinKinds, ...prereleaseKinds];
const open = (options: Parameters<typeof openTestServer>[0] = {}): Promise<TestServer> =>
  openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] }, ...options });
const send = (server: TestServer, method: string, path: string, body?: unknown) => server.ask(path, { token: 'root', method, ...(body === undefined ? {} : { body }) });

/** Manifests of kinds that have no GA version. */
const own: Readonly<Record<string, object>> = {
  'v1beta1 resourceclaims': { spec: { devices: { requests: [{ name: 'gpu', deviceClassName: 'gpu.example.com' }] } } },
  'v1beta1 resourceclaimtemplates': { spec: { spec: { devices: { requests: [{ name: 'gpu', firstAvailable: [{ name: 'a', deviceClassName: 'gpu.example.com' }] }] } } } },
  'v1beta1 resourceslices': {
    spec: { driver: 'gpu.example.com', nodeName: 'n', pool: { name: 'n', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0', basic: { attributes: { model: { string: 'a' } } } }] },
  },
  clustertrustbundles: { spec: { trustBundle: CERTIFICATES[0] } },
  podcertificaterequests: {
    spec: { signerName: 'example.com/s', podName: 'p', podUID: 'u', serviceAccountName: 'a', serviceAccountUID: 'u', nodeName: 'n', nodeUID: 'u', stubPKCS10Request: 'MAA=' },
  },
  leasecandidates: { spec: { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.36.0', strategy: 'OldestEmulationVersion' } },
  devicetaintrules: { spec: { taint: { key: 'example.com/a', effect: 'NoSchedule' } } },
  resourcepoolstatusrequests: { spec: { driver: 'gpu.example.com' } },
  workloads: { spec: { podGroupTemplates: [{ name: 'workers', schedulingPolicy: { gang: { minCount: 2 } } }] } },
  podgroups: { spec: { podGroupTemplateRef: { workload: { workloadName: 'w', podGroupTemplateName: 'workers' } }, schedulingPolicy: { basic: {} } } },
  storageversions: { metadata: { name: 'apps.deployments' }, spec: {} },
  storageversionmigrations: { spec: { resource: { group: '', resource: 'secrets' } } },
};

test('nothing of it is served unless asked for', async () => {
  await using server = await open();
  for (const kind of prereleaseKinds) assert.equal((await send(server, 'GET', resourcePath(kind))).code, 404, kind.plural);
  const groups = (await send(server, 'GET', '/apis')).json<{ groups: { name: string; versions: { version: string }[] }[] }>().groups;
  assert.ok(groups.every(({ versions }) => versions.every(({ version }) => /^v\d+$/.test(version))));
});

describe('asked for', () => {
  test('every kind and version is discovered, described and works', async () => {
    await using server = await open({ kinds: servedKinds(all, parseRuntimeConfig('api/all=true')) });
    for (const kind of prereleaseKinds) {
      const what = `${groupVersionText(kind)} ${kind.plural}`;
      const listed = (await send(server, 'GET', `/apis/${groupVersionText(kind)}`)).json<{ resources: { name: string }[] }>().resources;
      assert.ok(listed.some(({ name }) => name === kind.plural), what);
      const schema = (await send(server, 'GET', `/openapi/v3/apis/${groupVersionText(kind)}`)).json<{ components: { schemas: Record<string, { 'x-kubernetes-group-version-kind'?: { kind: string; version: string }[] }> } }>();
      assert.ok(Object.values(schema.components.schemas).some((one) => one['x-kubernetes-group-version-kind']?.some((of) => of.kind === kind.kind && of.version === kind.version)), what);
      const manifest = own[`${kind.version} ${kind.plural}`] ?? own[kind.plural] ?? samples.get(`${kind.group}/v1 ${kind.kind}`)!;
      const { name = `pre-${kind.version}` } = ((manifest as { metadata?: { name?: string } }).metadata ?? {}) as { name?: string };
      const path = resourcePath(kind, kind.namespaced ? 'default' : '');
      const made = await send(server, 'POST', `${path}?fieldValidation=Strict`, { ...manifest, kind: kind.kind, apiVersion: groupVersionText(kind), metadata: { name } });
      assert.equal(made.code, 201, `${what}: ${made.text}`);
      const shown = made.json<{ apiVersion: string; kind: string }>();
      assert.deepEqual([shown.apiVersion, shown.kind], [groupVersionText(kind), kind.kind]);
      const bytes = await server.askBytes(`${path}/${name}`, { token: 'root', headers: { accept: 'application/vnd.kubernetes.protobuf' } });
      assert.deepEqual(JSON.parse(JSON.stringify(decodeEnvelope(kind.schema, bytes))), shown);
      assert.equal((await send(server, 'DELETE', `${path}/${name}`)).code, 200, what);
    }
  });

  test('objects are the same in all their versions', async () => {
    await using server = await open({ kinds: servedKinds(all, parseRuntimeConfig('networking.k8s.io/v1beta1=true')) });
    const manifest = { apiVersion: 'networking.k8s.io/v1beta1', kind: 'ServiceCIDR', metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/16'] } };
    assert.equal((await send(server, 'POST', '/apis/networking.k8s.io/v1beta1/servicecidrs', manifest)).code, 201);
    const stable = (await send(server, 'GET', '/apis/networking.k8s.io/v1/servicecidrs/more')).json<{ apiVersion: string; spec: object }>();
    assert.deepEqual([stable.apiVersion, stable.spec], ['networking.k8s.io/v1', manifest.spec]);
  });

  test('what is written differently in an older version is the same object', async () => {
    await using server = await open({ kinds: servedKinds(all, parseRuntimeConfig('resource.k8s.io/v1beta1=true')) });
    const claim = { apiVersion: 'resource.k8s.io/v1beta1', kind: 'ResourceClaim', metadata: { name: 'c' }, ...own['v1beta1 resourceclaims'] };
    const path = (version: string): string => `/apis/resource.k8s.io/${version}/namespaces/default/resourceclaims`;
    assert.equal((await send(server, 'POST', path('v1beta1'), claim)).code, 201);
    const requests = async (version: string) => (await send(server, 'GET', `${path(version)}/c`)).json<{ spec: { devices: { requests: object[] } } }>().spec.devices.requests;
    const exactly = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 };
    assert.deepEqual(await requests('v1'), [{ name: 'gpu', exactly }]);
    assert.deepEqual(await requests('v1beta1'), [{ name: 'gpu', ...exactly }]);
  });
});

test('fields of features that are off are dropped, of those that are on kept', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { hostnameOverride: 'other', schedulingGroup: { podGroupName: 'g' }, containers: [{ name: 'c', image: 'i' }] },
  };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  const made = async (server: TestServer): Promise<Record<string, unknown>> => {
    await send(server, 'POST', '/api/v1/namespaces/default/serviceaccounts', account);
    const reply = await send(server, 'POST', '/api/v1/namespaces/default/pods', pod);
    assert.equal(reply.code, 201, reply.text);
    return reply.json<{ spec: Record<string, unknown> }>().spec;
  };
  await using usual = await open();
  const { hostnameOverride, schedulingGroup } = await made(usual);
  assert.deepEqual([hostnameOverride, schedulingGroup], ['other', undefined]);
  await using eager = await open({ gate: () => true });
  assert.deepEqual((await made(eager))['schedulingGroup'], { podGroupName: 'g' });
});

test('defaults of features that are on are set', async () => {
  await using server = await open();
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } };
  const { spec } = (await send(server, 'POST', '/apis/batch/v1/namespaces/default/jobs', job)).json<{ spec: Record<string, unknown> }>();
  assert.equal(spec['podReplacementPolicy'], 'TerminatingOrFailed');
});
