import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disruptionController } from '#controllers/disruption/controller.ts';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const controllers = [disruptionController({ listServed: listBuiltinResources }), replicaSetController];
const labels = { app: 'web' };
const budgets = (env: ControlPlane) => env.client.of(podDisruptionBudgets).namespace('default');
const counts = async (env: ControlPlane) => {
  await env.clock.settle();
  const { status } = await budgets(env).get('web', never);
  return [status.expectedPods, status.desiredHealthy, status.currentHealthy, status.disruptionsAllowed];
};
const reason = async (env: ControlPlane) =>
  (await budgets(env).get('web', never)).status.conditions?.map((one) => `${one.type} ${one.status} ${one.reason}: ${one.message}`).join();

async function openWithSet(replicas: number, spec: object): Promise<ControlPlane> {
  const env = await openControlPlane(controllers);
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await env.client
    .of(replicaSets)
    .namespace('default')
    .create({ metadata: { name: 'web' }, spec: { replicas, selector: { matchLabels: labels }, template } }, {}, never);
  await budgets(env).create({ metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, ...spec } }, {}, never);
  await env.clock.settle();
  return env;
}

test('a budget counts its pods and follows the scale of their controller', async () => {
  const env = await openWithSet(4, { maxUnavailable: '25%' });
  assert.deepEqual(await counts(env), [4, 3, 4, 1]);
  assert.equal(await reason(env), 'DisruptionAllowed True SufficientPods: ');
  await env.client
    .of(replicaSets)
    .namespace('default')
    .patch('web', { type: 'merge', body: { spec: { replicas: 8 } } }, {}, never);
  assert.deepEqual(await counts(env), [8, 6, 8, 2]);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('evictions stop when the budget is used up, and a pod that stays is reported', async () => {
  const env = await openWithSet(3, { minAvailable: 2 });
  assert.deepEqual(await counts(env), [3, 2, 3, 1]);
  const all = await env.list(pods);
  await env.client
    .of(pods)
    .namespace('default')
    .patch(all[0]!.metadata.name!, { type: 'merge', body: { metadata: { finalizers: ['example.com/hold'] } } }, {}, never);
  const evict = (name: string) =>
    env.client.of(pods).namespace('default').sub('POST', name, 'eviction', { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name } }, never);
  await evict(all[0]!.metadata.name!);
  await assert.rejects(evict(all[1]!.metadata.name!), (error) => isReason(error, 'TooManyRequests'));
  await env.clock.settle();
  assert.deepEqual(await counts(env), [4, 2, 3, 1]);
  const stuck = all[2]!.metadata.name!;
  const { status } = await budgets(env).get('web', never);
  await budgets(env).patch(
    'web',
    { type: 'merge', body: { status: { ...status, disruptedPods: { [stuck]: formatTime(env.clock.now()) } } }, subresource: 'status' },
    {},
    never,
  );
  assert.deepEqual(await counts(env), [4, 2, 2, 0]);
  await env.clock.advance(122_000);
  assert.deepEqual(await counts(env), [4, 2, 3, 1]);
  assert.ok((await env.events('Pod')).includes("NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't"));
});

test('a budget without pods allows nothing and says so', async () => {
  const env = await openWithSet(0, { minAvailable: 1 });
  assert.deepEqual(await counts(env), [0, 1, 0, 0]);
  assert.equal(await reason(env), 'DisruptionAllowed False InsufficientPods: ');
  assert.ok((await env.events('PodDisruptionBudget')).every((one) => one === 'NoPods: No matching pods found'));
});

test('controllers that cannot be scaled make a percentage fail', async () => {
  const env = await openControlPlane(controllers);
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' as const } };
  const job = await env.client
    .of(jobs)
    .namespace('default')
    .create({ metadata: { name: 'job' }, spec: { template } }, {}, never);
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: job.metadata.uid!, controller: true }];
  await env.client
    .of(pods)
    .namespace('default')
    .create({ metadata: { name: 'p', labels, ownerReferences }, spec: template.spec }, {}, never);
  await budgets(env).create({ metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, maxUnavailable: 1 } }, {}, never);
  await env.clock.settle();
  assert.equal(await reason(env), 'DisruptionAllowed False SyncFailed: jobs.batch does not implement the scale subresource');
  assert.ok(
    (await env.events('PodDisruptionBudget')).includes(
      'CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource',
    ),
  );
});

test('the mark of a disruption that did not happen is taken back', async () => {
  const env = await openControlPlane(controllers);
  const api = env.client.of(pods).namespace('default');
  await api.create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, never);
  await env.clock.settle();
  const conditions = [
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: formatTime(env.clock.now()),
    },
  ];
  await api.patch('p', { type: 'strategic', body: { status: { conditions } }, subresource: 'status' }, {}, never);
  const mark = async () => (await api.get('p', never)).status.conditions?.find((one) => one.type === 'DisruptionTarget');
  await env.clock.advance(119_000);
  assert.equal((await mark())?.status, 'True');
  await env.clock.advance(3_000);
  assert.deepEqual([(await mark())?.status, (await mark())?.reason], ['False', undefined]);
});
