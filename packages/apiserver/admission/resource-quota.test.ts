import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, configMap } from '../testing/config-maps.ts';
import { admissionPlugins } from './plugins.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-registry.ts';
import { isReason } from '#machinery/status.ts';

interface QuotaJson {
  status: { used: Record<string, string> };
}

const QUOTAS = '/api/v1/namespaces/default/resourcequotas';
const PODS = '/api/v1/namespaces/default/pods';

async function open(hard: Record<string, string>, spec: object = {}): Promise<TestRegistry> {
  const server = await openTestRegistry({ admission: (options) => admissionPlugins(options).filter(({ name }) => name === 'ResourceQuota') });
  await server.caller.do('POST', QUOTAS, { body: { metadata: { name: 'q' }, spec: { hard, ...spec } } });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  await server.caller.do('PATCH', `${QUOTAS}/q/status`, { body: { status: { hard, used } }, mediaType: 'application/merge-patch+json' });
  return server;
}

const used = async ({ caller }: TestRegistry) => (await caller.do<QuotaJson>('GET', `${QUOTAS}/q`)).status.used;

test('many at once never exceed a quota', async () => {
  await using server = await open({ configmaps: '5' });
  const made = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => server.caller.do('POST', CONFIG_MAPS, { body: configMap(`c${i}`) })));
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 5);
  const [refused] = made.filter((one) => one.status === 'rejected');
  assert.ok(isReason(refused!.reason, 'Forbidden'));
  assert.match(
    (refused!.reason as Error).message,
    /^configmaps "c\d+" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5$/,
  );
  assert.deepEqual(await used(server), { configmaps: '5' });
});

test('what pods ask for', async () => {
  await using server = await open({ pods: '10', 'requests.cpu': '1', 'limits.memory': '2Gi', 'count/pods': '10' });
  const pod = (name: string, resources: object) =>
    server.caller.do('POST', PODS, { body: { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }] } } });
  await assert.rejects(pod('a', {}), { message: 'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c' });
  await pod('a', { limits: { memory: '1Gi' }, requests: { cpu: '600m' } });
  assert.deepEqual(await used(server), { 'count/pods': '1', 'limits.memory': '1Gi', pods: '1', 'requests.cpu': '600m' });
  await assert.rejects(pod('b', { limits: { memory: '1Gi' }, requests: { cpu: '600m' } }), {
    message: 'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
  });
});

test('scopes', async () => {
  await using server = await open({ pods: '1' }, { scopes: ['BestEffort'] });
  const pod = (name: string, resources: object) =>
    server.caller.do('POST', PODS, { body: { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }] } } });
  await pod('a', {});
  await pod('b', { requests: { cpu: '1' } });
  await assert.rejects(pod('c', {}), /exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1/);
});
