import assert from 'node:assert/strict';
import { test } from 'node:test';
import { legacyTokenCleanerController } from '#controllers/legacy-token/controller.ts';
import { legacyTokenTrackingController } from '#controllers/legacy-token/tracking.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

const DAY_MS = 86_400_000;
const type = 'kubernetes.io/service-account-token';

test('tokens that nobody used for a year become invalid, and go after another', async () => {
  const env = await openControlPlane([legacyTokenTrackingController, legacyTokenCleanerController({ keepMs: DAY_MS })]);
  const maps = env.client.of(configMaps).namespace('kube-system');
  const name = 'kube-apiserver-legacy-service-account-token-tracking';
  const since = (await maps.get(name, never)).data?.['since'];
  assert.match(since ?? '', /^\d{4}-\d\d-\d\d$/);
  await maps.patch(name, { type: 'merge', body: { data: { since: 'yesterday' } } }, {}, never);
  await env.clock.settle();
  assert.equal((await maps.get(name, never)).data?.['since'], since);
  const names = ['auto', 'mounted', 'used', 'own'];
  await env.client.of(serviceAccounts).namespace('default').create({ metadata: { name: 'robot' }, secrets: names.slice(0, 3).map((one) => ({ name: one })) }, {}, never);
  const api = env.client.of(secrets).namespace('default');
  for (const one of names) await api.create({ metadata: { name: one, annotations: { 'kubernetes.io/service-account.name': 'robot' } }, type }, {}, never);
  await env.client.of(pods).namespace('default').create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', secret: { secretName: 'mounted' } }] } }, {}, never);
  await env.clock.advance(DAY_MS);
  const use = new Date(env.clock.now()).toISOString().slice(0, 10);
  await api.patch('used', { type: 'merge', body: { metadata: { labels: { 'kubernetes.io/legacy-token-last-used': use } } } }, {}, never);
  await env.clock.advance(1.1 * DAY_MS);
  const invalid = async () => (await env.list(secrets)).filter(({ metadata }) => metadata.labels?.['kubernetes.io/legacy-token-invalid-since']).map(({ metadata }) => metadata.name);
  assert.deepEqual(await invalid(), ['auto']);
  assert.equal((await env.list(secrets)).length, 4);
  await api.patch('used', { type: 'merge', body: { metadata: { labels: { 'kubernetes.io/legacy-token-last-used': '2999-01-01' } } } }, {}, never);
  await env.clock.advance(2.1 * DAY_MS);
  assert.deepEqual((await env.list(secrets)).map(({ metadata }) => metadata.name), ['mounted', 'own', 'used']);
});
