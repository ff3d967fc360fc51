import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { resourceQuotaController } from '#controllers/resourcequota/controller.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { isReason } from '#machinery/status.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const controllers = [resourceQuotaController({ listServed: listBuiltinResources })];
const quotas = (env: ControlPlane) => env.client.of(resourceQuotas).namespace('default');
const status = async (env: ControlPlane, name = 'quota') => {
  await env.clock.advance(1_500);
  return (await quotas(env).get(name, never)).status;
};
const runPod = (env: ControlPlane, name: string, more: object = {}) =>
  env.client
    .of(pods)
    .namespace('default')
    .create(
      {
        metadata: { name },
        spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m' } } }], ...more },
      },
      {},
      never,
    );

test('used is what there is, also of what was there before the quota', async () => {
  const env = await openControlPlane(controllers);
  await runPod(env, 'a');
  await env.client
    .of(configMaps)
    .namespace('default')
    .create({ metadata: { name: 'm' } }, {}, never);
  const hard = {
    pods: '2',
    'requests.cpu': '1',
    'limits.cpu': '1',
    memory: '1Gi',
    configmaps: '5',
    'count/deployments.apps': '3',
    'services.nodeports': '1',
    'count/widgets.example.com': '1',
  };
  await quotas(env).create({ metadata: { name: 'quota' }, spec: { hard } }, {}, never);
  const first = await status(env);
  assert.deepEqual(first.hard, hard);
  assert.deepEqual(first.used, {
    pods: '1',
    'requests.cpu': '100m',
    'limits.cpu': '200m',
    memory: '64Mi',
    configmaps: '1',
    'count/deployments.apps': '0',
    'services.nodeports': '0',
  });
  await runPod(env, 'b');
  assert.equal((await status(env)).used?.['requests.cpu'], '200m');
  await assert.rejects(runPod(env, 'c'), (error) => isReason(error, 'Forbidden'));
  await env.client.of(pods).namespace('default').delete('a', {}, never);
  assert.equal((await status(env)).used?.['pods'], '1');
  await runPod(env, 'c');
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await env.client
    .of(deployments)
    .namespace('default')
    .create({ metadata: { name: 'd' }, spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template } }, {}, never);
  await env.client
    .of(services)
    .namespace('default')
    .create({ metadata: { name: 's' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }, {}, never);
  const { used } = await status(env);
  assert.deepEqual([used?.['count/deployments.apps'], used?.['services.nodeports'], used?.['pods']], ['1', '1', '2']);
  await env.client
    .of(services)
    .namespace('default')
    .patch('s', { type: 'merge', body: { spec: { type: 'ClusterIP' } } }, {}, never);
  assert.equal((await status(env)).used?.['services.nodeports'], '0');
});

test('pods that have ended use nothing, and scopes choose pods', async () => {
  const env = await openControlPlane(controllers);
  await quotas(env).create({ metadata: { name: 'quota' }, spec: { hard: { pods: '10' } } }, {}, never);
  await quotas(env).create({ metadata: { name: 'batch' }, spec: { hard: { pods: '10' }, scopes: ['Terminating'] } }, {}, never);
  await quotas(env).create({ metadata: { name: 'best-effort' }, spec: { hard: { pods: '10' }, scopes: ['BestEffort'] } }, {}, never);
  await status(env);
  const pod = await runPod(env, 'job', { activeDeadlineSeconds: 60 });
  await env.client
    .of(pods)
    .namespace('default')
    .create({ metadata: { name: 'idle' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, never);
  const used = async () => Promise.all(['quota', 'batch', 'best-effort'].map(async (name) => (await status(env, name)).used?.['pods']));
  assert.deepEqual(await used(), ['2', '1', '1']);
  await env.setPodStatus(await env.client.of(pods).namespace('default').get(pod.metadata.name!, never), { phase: 'Succeeded' });
  assert.deepEqual(await used(), ['1', '0', '1']);
  const before = env.writes;
  await env.clock.advance(1_000_000);
  assert.equal(env.writes, before);
});
