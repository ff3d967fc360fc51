/**
 * Server-side apply where it meets other machinery: subresources with types of their own, versions of a kind.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';

const APPLY = 'application/apply-patch+yaml';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
let server: TestServer;

before(async () => {
  server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
});
after(() => server[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, type = 'application/json'): Promise<TestReply> =>
  server.ask(path, { token: 'root', method, ...(body === undefined ? {} : { body, headers: { 'content-type': type } }) });
const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
});
const scale = (name: string, replicas: number, metadata = {}) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, ...metadata }, spec: { replicas } });

interface Managed {
  readonly metadata: { readonly generation: number; readonly managedFields: readonly { manager: string; operation: string; apiVersion: string; subresource?: string; fieldsV1: Record<string, Record<string, unknown>> }[] };
  readonly spec: { readonly replicas: number };
}

test('replicas are applied through scale, and owned by who did', async () => {
  await send('POST', `${DEPLOYMENTS}?fieldManager=maker`, deployment('scaled', 2));
  const path = `${DEPLOYMENTS}/scaled/scale?fieldManager=scaler`;
  const refused = await send('PATCH', path, scale('scaled', 3), APPLY);
  assert.equal(refused.code, 409);
  assert.match(refused.json().message, /^Apply failed with 1 conflict: conflict with "maker" using apps\/v1: \.spec\.replicas$/);
  const applied = await send('PATCH', `${path}&force=true`, scale('scaled', 3), APPLY);
  assert.equal(applied.code, 200, applied.text);
  assert.deepEqual(applied.json<{ kind: string; spec: object }>().spec, { replicas: 3 });
  const parent = (await send('GET', `${DEPLOYMENTS}/scaled`)).json<Managed>();
  assert.deepEqual([parent.spec.replicas, parent.metadata.generation], [3, 2]);
  const owner = parent.metadata.managedFields.find(({ manager }) => manager === 'scaler')!;
  assert.deepEqual([owner.operation, owner.subresource, owner.apiVersion, owner.fieldsV1], ['Apply', 'scale', 'apps/v1', { 'f:spec': { 'f:replicas': {} } }]);
  const maker = parent.metadata.managedFields.find(({ manager }) => manager === 'maker')!;
  assert.equal(maker.fieldsV1['f:spec']!['f:replicas'], undefined);
  const later = await send('PATCH', `${DEPLOYMENTS}/scaled?fieldManager=maker`, deployment('scaled', 2), APPLY);
  assert.match(later.json().message, /conflict with "scaler" with subresource "scale": \.spec\.replicas/);
});

test('an apply to what exists need not repeat the name, one that makes an object must', async () => {
  await send('POST', DEPLOYMENTS, deployment('named', 1));
  const { metadata: _, ...nameless } = deployment('named', 3);
  const applied = await send('PATCH', `${DEPLOYMENTS}/named?fieldManager=a&force=true`, nameless, APPLY);
  assert.equal(applied.code, 200, applied.text);
  assert.equal(applied.json<Managed>().spec.replicas, 3);
  const scaled = await send('PATCH', `${DEPLOYMENTS}/named/scale?fieldManager=b&force=true`, { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 2 } }, APPLY);
  assert.equal(scaled.code, 200, scaled.text);
  const made = await send('PATCH', `${DEPLOYMENTS}/other?fieldManager=a`, nameless, APPLY);
  assert.deepEqual([made.code, made.json().message], [400, 'the name of the object (other based on URL) was undeterminable: name must be provided']);
  const wrong = await send('PATCH', `${DEPLOYMENTS}/named?fieldManager=a`, deployment('other', 1), APPLY);
  assert.deepEqual([wrong.code, wrong.json().message], [400, 'the name of the object (other) does not match the name on the URL (named)']);
});

test('an apply to scale is checked as a Scale', async () => {
  await send('POST', DEPLOYMENTS, deployment('checked', 1));
  const path = `${DEPLOYMENTS}/checked/scale?fieldManager=scaler&force=true`;
  const unknown = await send('PATCH', path, { ...scale('checked', 1), spec: { paused: true } }, APPLY);
  assert.match(unknown.json().message, /\.spec\.paused: field not declared in schema/);
  const old = await send('PATCH', path, scale('checked', 4, { resourceVersion: '1' }), APPLY);
  assert.equal(old.code, 409);
  const negative = await send('PATCH', path, scale('checked', -1), APPLY);
  assert.equal(negative.code, 422, negative.text);
  const other = await send('PATCH', path, deployment('checked', 1), APPLY);
  assert.equal(other.code, 400);
});

test('fields applied in one version of a kind conflict with those of another', async () => {
  const of = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const v1 = (max: number) => ({ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'hpa' }, spec: { scaleTargetRef: target, maxReplicas: max, targetCPUUtilizationPercentage: 50 } });
  const v2 = (max: number) => ({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'hpa' }, spec: { scaleTargetRef: target, maxReplicas: max } });
  assert.equal((await send('PATCH', `${of('v1')}/hpa?fieldManager=old`, v1(3), APPLY)).code, 201);
  const refused = await send('PATCH', `${of('v2')}/hpa?fieldManager=new`, v2(5), APPLY);
  assert.equal(refused.code, 409, refused.text);
  assert.match(refused.json().message, /conflict with "old".*: \.spec\.maxReplicas/);
  const forced = await send('PATCH', `${of('v2')}/hpa?fieldManager=new&force=true`, v2(5), APPLY);
  assert.equal(forced.code, 200, forced.text);
  const shown = forced.json<Managed & { spec: { metrics: object[]; maxReplicas: number } }>();
  assert.equal(shown.spec.maxReplicas, 5);
  assert.equal(shown.spec.metrics.length, 1, 'what the other version applied stays');
});

test('a request gives up when its client does, and says what it cannot read', async () => {
  const refused = await send('GET', `${DEPLOYMENTS}?timeout=abc`);
  assert.deepEqual([refused.code, refused.json().message], [400, 'invalid timeout specified in the request URL - time: invalid duration "abc"']);
  for (const timeout of ['0s', '5s', '1h']) assert.equal((await send('GET', `${DEPLOYMENTS}?timeout=${timeout}`)).code, 200);
  const late = await send('GET', `${DEPLOYMENTS}?timeout=50ms&resourceVersion=999999999`);
  assert.deepEqual([late.code, late.json().message], [504, 'Timeout: request did not complete within the allotted timeout']);
});
