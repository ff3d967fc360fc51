import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCaController } from '#controllers/root-ca/controller.ts';
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts';
import { serviceAccountTokenController } from '#controllers/serviceaccount-token/controller.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

const decoded = (data: Readonly<Record<string, string>> | undefined) =>
  Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));

test('every namespace has a default account and the root certificate, also after someone removed or changed them', async () => {
  const env = await openControlPlane([serviceAccountController, rootCaController('PEM')]);
  await env.client.of(namespaces).create({ metadata: { name: 'shop' } }, {}, never);
  await env.clock.settle();
  assert.deepEqual((await env.list(serviceAccounts)).map((one) => `${one.metadata.namespace}/${one.metadata.name}`).toSorted(), [
    'default/default',
    'kube-system/default',
    'shop/default',
  ]);
  const maps = env.client.of(configMaps).namespace('shop');
  const map = await maps.get('kube-root-ca.crt', never);
  assert.deepEqual(map.data, { 'ca.crt': 'PEM' });
  assert.match(
    map.metadata.annotations?.['kubernetes.io/description'] ?? '',
    /^Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints/,
  );
  await env.client.of(serviceAccounts).namespace('shop').delete('default', {}, never);
  await maps.update({ ...map, data: { 'ca.crt': 'forged', more: 'x' } }, {}, never);
  await env.clock.settle();
  assert.deepEqual((await maps.get('kube-root-ca.crt', never)).data, { 'ca.crt': 'PEM' });
  await maps.delete('kube-root-ca.crt', {}, never);
  await env.clock.settle();
  assert.deepEqual((await maps.get('kube-root-ca.crt', never)).data, { 'ca.crt': 'PEM' });
  await env.client.of(serviceAccounts).namespace('shop').get('default', never);
  const before = env.writes;
  await env.clock.advance(3_600_000);
  assert.equal(env.writes, before);
});

test('token secrets are filled for their account and go with it', async () => {
  const sign = (namespace: string, account: { name: string; uid: string }, secret: string) => `token of ${namespace}/${account.name} in ${secret}`;
  const env = await openControlPlane([serviceAccountTokenController({ sign, caPem: 'PEM' })]);
  const accounts = env.client.of(serviceAccounts).namespace('default');
  const api = env.client.of(secrets).namespace('default');
  const type = 'kubernetes.io/service-account-token';
  const account = await accounts.create({ metadata: { name: 'robot' }, secrets: [{ name: 'key' }, { name: 'other' }] }, {}, never);
  await api.create({ metadata: { name: 'key', annotations: { 'kubernetes.io/service-account.name': 'robot' } }, type }, {}, never);
  await api.create({ metadata: { name: 'lost', annotations: { 'kubernetes.io/service-account.name': 'nobody' } }, type }, {}, never);
  await api.create(
    {
      metadata: { name: 'past', annotations: { 'kubernetes.io/service-account.name': 'robot', 'kubernetes.io/service-account.uid': 'another' } },
      type,
    },
    {},
    never,
  );
  const ours = async () => (await env.list(secrets)).filter((one) => one.metadata.namespace === 'default').map((one) => one.metadata.name);
  assert.deepEqual(await ours(), ['key']);
  const key = await api.get('key', never);
  assert.deepEqual(decoded(key.data), { 'ca.crt': 'PEM', namespace: 'default', token: 'token of default/robot in key' });
  assert.equal(key.metadata.annotations?.['kubernetes.io/service-account.uid'], account.metadata.uid);
  await api.delete('key', {}, never);
  await env.clock.settle();
  assert.deepEqual((await accounts.get('robot', never)).secrets, [{ name: 'other' }]);
  await api.create({ metadata: { name: 'key', annotations: { 'kubernetes.io/service-account.name': 'robot' } }, type }, {}, never);
  await env.clock.settle();
  await accounts.delete('robot', {}, never);
  assert.deepEqual(await ours(), []);
});
