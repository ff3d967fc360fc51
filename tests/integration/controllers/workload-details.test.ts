/**
 * Documented details of workloads that their main tests do not touch.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { cronJobController } from '#controllers/cronjob/controller.ts';
import { daemonSetController } from '#controllers/daemonset/controller.ts';
import { deploymentController } from '#controllers/deployment/controller.ts';
import { jobController } from '#controllers/job/controller.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { statefulSetController } from '#controllers/statefulset/controller.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import type { StatefulSetSpec } from '#kinds/apps/stateful-set/schema.ts';
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane, runningStatus } from './control-plane.ts';

const labels = { app: 'x' };
const template = (image: string, restartPolicy?: 'Never') => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }], ...(restartPolicy ? { restartPolicy } : {}) } });
const imagesByName = async (env: ControlPlane) => (await env.list(pods)).map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0]?.image}`);
const running = (env: { clock: { now(): number } }) => runningStatus(env.clock.now());

test('a Job that somebody else manages is left alone', async () => {
  const env = await openControlPlane([jobController]);
  const api = env.client.of(jobs).namespace('default');
  await api.create({ metadata: { name: 'theirs' }, spec: { managedBy: 'example.com/queue', template: template('i', 'Never') } }, {}, never);
  await api.create({ metadata: { name: 'ours' }, spec: { managedBy: 'kubernetes.io/job-controller', template: template('i', 'Never') } }, {}, never);
  await env.clock.advance(60_000);
  assert.deepEqual((await env.list(pods)).map(({ metadata }) => metadata.labels?.['job-name']), ['ours']);
  assert.equal((await api.get('theirs', never)).status.startTime, undefined);
});

test('a terminating pod is replaced at once, or only when it has failed', async () => {
  for (const [podReplacementPolicy, expected] of [['TerminatingOrFailed', 2], ['Failed', 1]] as const) {
    const env = await openControlPlane([jobController], { fate: () => ({ phase: 'Running' }) });
    const api = env.client.of(jobs).namespace('default');
    // The finalizer keeps the pod in its grace period for as long as the test wants.
    const kept = { ...template('i', 'Never'), metadata: { labels, finalizers: ['example.com/wait'] } };
    await api.create({ metadata: { name: 'j' }, spec: { podReplacementPolicy, template: kept } }, {}, never);
    const [first] = await env.list(pods);
    await env.client.of(pods).namespace('default').delete(first?.metadata.name ?? '', {}, never);
    await env.clock.advance(30_000);
    assert.equal((await env.list(pods)).length, expected, podReplacementPolicy);
    const { status } = await api.get('j', never);
    assert.deepEqual([status.active ?? 0, status.terminating ?? 0], podReplacementPolicy === 'Failed' ? [0, 1] : [1, 1]);
  }
});

async function statefulSet(spec: Fresh<StatefulSetSpec>, fate?: PodFate): Promise<ControlPlane> {
  const env = await openControlPlane([statefulSetController], fate ? { fate } : {});
  const full = { serviceName: 'db', selector: { matchLabels: labels }, template: template('db:1'), ...spec };
  await env.client.of(statefulSets).namespace('default').create({ metadata: { name: 'db' }, spec: full }, {}, never);
  await env.clock.advance(5_000);
  return env;
}
const updateTo = (env: ControlPlane, image: string) => env.client.of(statefulSets).namespace('default').patch('db', { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } } }, {}, never);

test('a StatefulSet updates as many pods at a time as may be unavailable', async () => {
  const woken = new Set<string>();
  const fate: PodFate = ({ metadata, spec }) => (spec.containers[0]?.image === 'db:1' || woken.has(metadata.name ?? '') ? { ...runningStatus(0) } : { phase: 'Running' });
  const env = await statefulSet({ replicas: 5, podManagementPolicy: 'Parallel', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }, fate);
  await updateTo(env, 'db:2');
  await env.clock.advance(5_000);
  assert.deepEqual(await imagesByName(env), ['db-0 db:1', 'db-1 db:1', 'db-2 db:1', 'db-3 db:2', 'db-4 db:2']);
  await env.setPodStatus(await env.client.of(pods).namespace('default').get('db-3', never), running(env));
  await env.clock.advance(5_000);
  assert.deepEqual(await imagesByName(env), ['db-0 db:1', 'db-1 db:1', 'db-2 db:2', 'db-3 db:2', 'db-4 db:2']);
  // One in trouble below counts as well.
  await env.setPodStatus(await env.client.of(pods).namespace('default').get('db-2', never), running(env));
  await env.setPodStatus(await env.client.of(pods).namespace('default').get('db-4', never), running(env));
  await env.clock.advance(5_000);
  assert.deepEqual(await imagesByName(env), ['db-0 db:2', 'db-1 db:2', 'db-2 db:2', 'db-3 db:2', 'db-4 db:2']);
});

test('a StatefulSet that goes back to an earlier template uses its revision again, and a broken update can be undone', async () => {
  const env = await statefulSet({ replicas: 2, podManagementPolicy: 'Parallel' }, ({ spec }) => (spec.containers[0]?.image === 'db:broken' ? { phase: 'Running' } : runningStatus(0)));
  const revisions = async () => (await env.list(controllerRevisions)).map(({ metadata, revision }) => `${metadata.name?.slice(3)} ${revision}`);
  const [first] = await revisions();
  await updateTo(env, 'db:broken');
  await env.clock.advance(5_000);
  assert.deepEqual(await imagesByName(env), ['db-0 db:1', 'db-1 db:broken']);
  await updateTo(env, 'db:1');
  await env.clock.advance(5_000);
  assert.deepEqual(await imagesByName(env), ['db-0 db:1', 'db-1 db:1']);
  assert.ok((await revisions()).includes(`${first?.split(' ')[0]} 3`), 'the old revision is the newest again');
  const { status } = await env.client.of(statefulSets).namespace('default').get('db', never);
  assert.equal(status.currentRevision, status.updateRevision);
  assert.equal(status.updatedReplicas, 2);
});

test('a rollover: a new template in the middle of a rollout scales the half-done one down', async () => {
  const env = await openControlPlane([deploymentController, replicaSetController], { fate: ({ spec }) => (spec.containers[0]?.image === 'web:2' ? { phase: 'Running' } : runningStatus(0)) });
  const api = env.client.of(deployments).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec: { replicas: 4, selector: { matchLabels: labels }, template: template('web:1') } }, {}, never);
  await env.clock.advance(5_000);
  const update = (image: string) => api.patch('web', { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } } }, {}, never);
  await update('web:2');
  await env.clock.advance(5_000);
  const sizes = async () => Object.fromEntries((await env.list(replicaSets)).map(({ spec }) => [spec.template.spec.containers[0]?.image ?? '', spec.replicas]));
  assert.deepEqual(await sizes(), { 'web:1': 3, 'web:2': 2 });
  await update('web:3');
  await env.clock.advance(10_000);
  assert.deepEqual(await sizes(), { 'web:1': 0, 'web:2': 0, 'web:3': 4 });
});

test('scaling in the middle of a rollout is shared by the sets in proportion', async () => {
  const env = await openControlPlane([deploymentController, replicaSetController], { fate: ({ spec }) => (spec.containers[0]?.image === 'web:2' ? { phase: 'Running' } : runningStatus(0)) });
  const api = env.client.of(deployments).namespace('default');
  const strategy = { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
  await api.create({ metadata: { name: 'web' }, spec: { replicas: 10, strategy, selector: { matchLabels: labels }, template: template('web:1') } }, {}, never);
  await env.clock.advance(5_000);
  await api.patch('web', { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'web:2' }] } } } } }, {}, never);
  await env.clock.advance(5_000);
  const sizes = async () => Object.fromEntries((await env.list(replicaSets)).map(({ spec }) => [spec.template.spec.containers[0]?.image ?? '', spec.replicas]));
  assert.deepEqual(await sizes(), { 'web:1': 8, 'web:2': 5 });
  await api.patch('web', { type: 'merge', body: { spec: { replicas: 15 } } }, {}, never);
  await env.clock.settle();
  // The example of the documentation: 5 more, 3 of them for the old set and 2 for the new one.
  assert.deepEqual(await sizes(), { 'web:1': 11, 'web:2': 7 });
});

test('a DaemonSet keeps its history and rolls back to it', async () => {
  const env = await openControlPlane([daemonSetController]);
  await env.client.of(nodes).create({ metadata: { name: 'n' } }, {}, never);
  const api = env.client.of(daemonSets).namespace('default');
  await api.create({ metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template: template('d:1'), revisionHistoryLimit: 1 } }, {}, never);
  await env.clock.advance(5_000);
  for (const image of ['d:2', 'd:3', 'd:2']) {
    await api.patch('d', { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } } }, {}, never);
    await env.clock.advance(5_000);
    assert.deepEqual((await imagesByName(env)).map((text) => text.split(' ')[1]), [image]);
  }
  assert.deepEqual((await env.list(controllerRevisions)).map(({ revision }) => revision).toSorted((a, b) => a - b), [3, 4]);
});

test('schedules are in the time zone that they name', async () => {
  const env = await openControlPlane([cronJobController]);
  const api = env.client.of(cronJobs).namespace('default');
  const jobTemplate = { spec: { template: template('i', 'Never') } };
  // The clock begins at 2026-01-01T00:00:00Z: 9:30 in Tokyo comes half an hour later, 9:30 UTC much later.
  await api.create({ metadata: { name: 'tokyo' }, spec: { schedule: '30 9 * * *', timeZone: 'Asia/Tokyo', jobTemplate } }, {}, never);
  await api.create({ metadata: { name: 'utc' }, spec: { schedule: '30 9 * * *', jobTemplate } }, {}, never);
  await env.clock.advance(3_600_000);
  const [job, ...others] = await env.list(jobs);
  assert.deepEqual(others, []);
  assert.equal(job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'], '2026-01-01T09:30:00+09:00');
  assert.equal((await api.get('tokyo', never)).status.lastScheduleTime, '2026-01-01T00:30:00Z');
});
