import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronJobController } from '#controllers/cronjob/controller.ts';
import { jobController } from '#controllers/job/controller.ts';
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import type { CronJobSpec } from '#kinds/batch/cron-job/schema.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { StatusError } from '#machinery/status.ts';
import type { Fresh } from '#client/client.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const jobTemplate = { spec: { template: { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'busybox' }] } } } };

async function create(spec: Fresh<CronJobSpec>, fate: PodFate): Promise<ControlPlane> {
  const env = await openControlPlane([cronJobController, jobController], { fate });
  await env.client.of(cronJobs).namespace('default').create({ metadata: { name: 'tick' }, spec: { schedule: '*/5 * * * *', jobTemplate, ...spec } }, {}, never);
  await env.clock.settle();
  return env;
}

const api = (env: ControlPlane) => env.client.of(cronJobs).namespace('default');
const done: PodFate = () => ({ phase: 'Succeeded' });
const running: PodFate = () => ({ phase: 'Running' });

test('a Job starts at every time of the schedule, and old ones go', async () => {
  const env = await create({}, done);
  assert.equal((await env.list(jobs)).length, 0);
  await env.clock.advance(301_000);
  const [job] = await env.list(jobs);
  assert.equal(job?.metadata.name, `tick-${Date.UTC(2026, 0, 1, 0, 5) / 60_000}`);
  assert.equal(job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'], '2026-01-01T00:05:00Z');
  await env.clock.advance(4 * 300_000);
  assert.equal((await env.list(jobs)).length, 3);
  const { status } = await api(env).get('tick', never);
  assert.equal(status.lastScheduleTime, '2026-01-01T00:25:00Z');
  assert.equal(status.active, undefined);
  assert.ok(status.lastSuccessfulTime);
  assert.ok((await env.events('CronJob')).includes(`SawCompletedJob: Saw completed job: ${job?.metadata.name}, condition: Complete`));
});

test('Forbid lets the running Job finish, Replace does not, Allow lets both run', async () => {
  const forbid = await create({ concurrencyPolicy: 'Forbid' }, running);
  await forbid.clock.advance(601_000);
  assert.equal((await forbid.list(jobs)).length, 1);
  assert.ok((await forbid.events('CronJob')).includes('JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid'));
  const replace = await create({ concurrencyPolicy: 'Replace' }, running);
  await replace.clock.advance(601_000);
  assert.deepEqual((await replace.list(jobs)).filter((job) => !job.metadata.deletionTimestamp).map((job) => job.metadata.name), [`tick-${Date.UTC(2026, 0, 1, 0, 10) / 60_000}`]);
  const allow = await create({ concurrencyPolicy: 'Allow' }, running);
  await allow.clock.advance(601_000);
  assert.equal((await allow.list(jobs)).length, 2);
  assert.equal((await api(allow).get('tick', never)).status.active?.length, 2);
  assert.equal((await allow.list(pods)).length, 2);
});

test('a suspended CronJob starts nothing; resumed, only the latest missed run', async () => {
  const env = await create({ suspend: true }, done);
  await env.clock.advance(3_600_000);
  assert.equal((await env.list(jobs)).length, 0);
  await api(env).patch('tick', { type: 'merge', body: { spec: { suspend: false } } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(jobs)).length, 1);
  assert.equal((await api(env).get('tick', never)).status.lastScheduleTime, '2026-01-01T01:00:00Z');
});

test('a run whose deadline has passed is not made up for', async () => {
  const env = await create({ suspend: true, startingDeadlineSeconds: 60 }, done);
  await env.clock.advance(3_600_000 + 120_000);
  await api(env).patch('tick', { type: 'merge', body: { spec: { suspend: false } } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(jobs)).length, 0);
});

test('what was noticed is kept when the next run cannot be made; what cannot be replaced is told', async () => {
  let refuses: string | undefined;
  const env = await openControlPlane([cronJobController, jobController], {
    fate: running,
    answer({ method, path }) {
      if (method === refuses && /\/namespaces\/default\/jobs(\/[^/]+)?$/.test(path)) throw new StatusError({ code: 403, reason: 'Forbidden', message: 'no' });
      return undefined;
    },
  });
  await api(env).create({ metadata: { name: 'tick' }, spec: { schedule: '*/5 * * * *', concurrencyPolicy: 'Replace', jobTemplate } }, {}, never);
  await env.clock.advance(301_000);
  const first = `tick-${Date.UTC(2026, 0, 1, 0, 5) / 60_000}`;
  refuses = 'DELETE';
  await env.clock.advance(300_000);
  assert.deepEqual([...new Set((await env.events('CronJob')).filter((text) => text.startsWith('Failed')))], ['FailedDelete: Deleted job: no']);
  assert.deepEqual((await env.list(jobs)).map((job) => job.metadata.name), [first]);
  refuses = 'POST';
  await env.setPodStatus((await env.list(pods))[0]!, { phase: 'Succeeded' });
  await env.clock.advance(300_000);
  assert.ok((await env.events('CronJob')).includes('FailedCreate: Error creating job: no'));
  assert.equal((await api(env).get('tick', never)).status.active, undefined);
});
