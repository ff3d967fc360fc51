import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionPlugins } from './plugins.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

const BASE = '/api/v1/namespaces/default';
const PATCH = 'application/strategic-merge-patch+json';
const amounts = (cpu: string) => ({ requests: { cpu }, limits: { cpu } });

test('a pod that is resized keeps to limits and quotas', async () => {
  await using server = await openTestRegistry({
    admission: (options) => admissionPlugins(options).filter(({ name }) => ['LimitRanger', 'ResourceQuota'].includes(name)),
  });
  const { caller } = server;
  await caller.do('POST', `${BASE}/limitranges`, { body: { metadata: { name: 'l' }, spec: { limits: [{ type: 'Container', max: { cpu: '4' } }] } } });
  await caller.do('POST', `${BASE}/resourcequotas`, {
    body: { metadata: { name: 'q' }, spec: { hard: { 'requests.cpu': '3', 'limits.cpu': '9' } } },
  });
  await caller.do('PATCH', `${BASE}/resourcequotas/q/status`, {
    body: { status: { hard: { 'requests.cpu': '3', 'limits.cpu': '9' }, used: { 'requests.cpu': '0', 'limits.cpu': '0' } } },
    mediaType: 'application/merge-patch+json',
  });
  await caller.do('POST', `${BASE}/pods`, {
    body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources: amounts('1') }] } },
  });
  const used = async () => (await caller.do<{ status: { used: Record<string, string> } }>('GET', `${BASE}/resourcequotas/q`)).status.used;
  const resize = (cpu: string) =>
    caller.do('PATCH', `${BASE}/pods/p/resize`, { body: { spec: { containers: [{ name: 'c', resources: amounts(cpu) }] } }, mediaType: PATCH });
  assert.deepEqual(await used(), { 'requests.cpu': '1', 'limits.cpu': '1' });
  await resize('2');
  assert.deepEqual(await used(), { 'requests.cpu': '2', 'limits.cpu': '2' });
  await assert.rejects(resize('3500m'), {
    message: 'pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=1500m, used: requests.cpu=2, limited: requests.cpu=3',
  });
  await assert.rejects(resize('5'), /pods "p" is forbidden: maximum cpu usage per Container is 4, but limit is 5/);
  // What a smaller pod gives back is counted when it is written, by the controller.
  await resize('500m');
  assert.deepEqual(await used(), { 'requests.cpu': '2', 'limits.cpu': '2' });
});
