import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobController } from '#controllers/job/controller.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import type { Job, JobSpec } from '#kinds/batch/job/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { conflict } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const template = { metadata: {}, spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'busybox' }] } };

function ended(phase: 'Succeeded' | 'Failed', nowMs: number, exitCode = phase === 'Failed' ? 1 : 0): Partial<PodStatus> {
  const state = { terminated: { exitCode, finishedAt: formatTime(nowMs) } };
  return { phase, containerStatuses: [{ name: 'c', state, lastState: {}, ready: false, restartCount: 0, image: '', imageID: '' }] };
}

async function run(spec: Partial<JobSpec>, fate: PodFate): Promise<{ env: ControlPlane; job: () => Promise<Job> }> {
  const env = await openControlPlane([jobController], { fate });
  await env.client.of(jobs).namespace('default').create({ metadata: { name: 'pi' }, spec: { template, ...spec } }, {}, never);
  await env.clock.settle();
  return { env, job: () => env.client.of(jobs).namespace('default').get('pi', never) };
}

const conditionsOf = (job: Job) => (job.status.conditions ?? []).filter(({ status }) => status === 'True').map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('a Job runs to its completions, with exact counts, in the conditions kubectl waits for', async () => {
  const { env, job } = await run({ completions: 5, parallelism: 2 }, () => ended('Succeeded', 0));
  const done = await job();
  assert.equal(done.status.succeeded, 5);
  assert.deepEqual(done.status.uncountedTerminatedPods, {});
  assert.deepEqual([done.status.active ?? 0, done.status.ready, done.status.terminating], [0, 0, 0]);
  assert.ok(done.status.completionTime && done.status.startTime);
  assert.deepEqual(conditionsOf(done), [
    'SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods',
    'Complete CompletionsReached: Reached expected number of succeeded pods',
  ]);
  const made = await env.list(pods);
  assert.equal(made.length, 5);
  assert.ok(made.every((pod) => !pod.metadata.finalizers?.length));
  assert.equal((await env.events('Job')).filter((event) => event === 'Completed: Job completed').length, 1);
  const before = env.writes;
  await env.clock.advance(700_000);
  assert.equal(env.writes, before);
});

test('failed pods are replaced after growing delays, until the backoff limit', async () => {
  let env: ControlPlane | undefined;
  const created: number[] = [];
  const started = await run({ backoffLimit: 3 }, () => {
    created.push(env?.clock.monotonicMs() ?? 0);
    return ended('Failed', env?.clock.now() ?? Date.UTC(2026, 0, 1));
  });
  env = started.env;
  await env.clock.advance(200_000);
  assert.deepEqual(created, [0, 10_000, 30_000, 70_000]);
  const job = await started.job();
  assert.equal(job.status.failed, 4);
  assert.deepEqual(conditionsOf(job), [
    'FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit',
    'Failed BackoffLimitExceeded: Job has reached the specified backoff limit',
  ]);
  assert.ok((await env.events('Job')).includes('BackoffLimitExceeded: Job has reached the specified backoff limit'));
});

test('an indexed Job runs every index once and tells which completed', async () => {
  const failedOnce = new Set<string>();
  const { env, job } = await run({ completions: 4, parallelism: 4, completionMode: 'Indexed' }, (pod) => {
    const index = pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
    if (index === '2' && !failedOnce.has(index)) {
      failedOnce.add(index);
      return ended('Failed', Date.UTC(2026, 0, 1) + 1_000);
    }
    return ended('Succeeded', Date.UTC(2026, 0, 1));
  });
  assert.equal((await job()).status.completedIndexes, '0,1,3');
  await env.clock.advance(20_000);
  const done = await job();
  assert.equal(done.status.completedIndexes, '0-3');
  assert.equal(done.status.succeeded, 4);
  assert.equal(done.status.failed, 1);
  const made = await env.list(pods);
  const second = made.find((pod) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'] === '1');
  assert.match(second!.metadata.name!, /^pi-1-/);
  assert.equal(second!.spec.hostname, 'pi-1');
  assert.equal(second!.spec.containers[0]?.env?.[0]?.name, 'JOB_COMPLETION_INDEX');
});

test('a limit per index fails indexes, not the others', async () => {
  const { env, job } = await run({ completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 }, (pod) =>
    ended(pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '1' ? 'Failed' : 'Succeeded', Date.UTC(2026, 0, 1)),
  );
  await env.clock.advance(100_000);
  const done = await job();
  assert.equal(done.status.failedIndexes, '1');
  assert.equal(done.status.completedIndexes, '0,2');
  assert.equal(done.status.failed, 2);
  assert.equal(conditionsOf(done).at(-1), 'Failed FailedIndexes: Job has failed indexes');
});

test('a suspended Job has no pods; resumed, it runs', async () => {
  const { env, job } = await run({ suspend: true }, () => ended('Succeeded', 0));
  assert.equal((await env.list(pods)).length, 0);
  assert.deepEqual(conditionsOf(await job()), ['Suspended JobSuspended: Job suspended']);
  assert.equal((await job()).status.startTime, undefined);
  await env.client.of(jobs).namespace('default').patch('pi', { type: 'merge', body: { spec: { suspend: false } } }, {}, never);
  await env.clock.settle();
  assert.match(conditionsOf(await job()).at(-1)!, /^Complete/);
  assert.deepEqual((await env.events('Job')).filter((event) => /uspend|esume/.test(event)), ['Suspended: Job suspended', 'Resumed: Job resumed']);
});

test('a Job that takes too long is stopped', async () => {
  const { env, job } = await run({ activeDeadlineSeconds: 30 }, () => ({ phase: 'Running' }));
  await env.clock.advance(31_000);
  assert.equal((await env.list(pods)).length, 0);
  const done = await job();
  assert.equal(conditionsOf(done).at(-1), 'Failed DeadlineExceeded: Job was active longer than specified deadline');
  assert.equal(done.status.failed, 1);
});

test('a failure policy ends a Job at once, or does not count a failure', async () => {
  const podFailurePolicy = {
    rules: [
      { action: 'FailJob' as const, onExitCodes: { containerName: 'c', operator: 'In' as const, values: [42] } },
      { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  };
  const failing = await run({ backoffLimit: 6, podFailurePolicy }, () => ended('Failed', Date.UTC(2026, 0, 1), 42));
  const [pod] = await failing.env.list(pods);
  assert.equal(
    conditionsOf(await failing.job()).at(-1),
    `Failed PodFailurePolicy: Container c for pod default/${pod!.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
  );
  let attempts = 0;
  const ignoring = await run({ backoffLimit: 0, podFailurePolicy }, () => {
    attempts++;
    if (attempts > 2) return ended('Succeeded', Date.UTC(2026, 0, 1));
    return { ...ended('Failed', Date.UTC(2026, 0, 1)), conditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  });
  await ignoring.env.clock.advance(100_000);
  const done = await ignoring.job();
  assert.match(conditionsOf(done).at(-1)!, /^Complete/);
  assert.equal(done.status.failed ?? 0, 0);
});

test('a success policy ends a Job before all indexes are done', async () => {
  const { env, job } = await run(
    { completions: 5, parallelism: 5, completionMode: 'Indexed', successPolicy: { rules: [{ succeededIndexes: '1' }] } },
    (pod) => (pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '1' ? ended('Succeeded', 0) : { phase: 'Running' }),
  );
  await env.clock.advance(60_000);
  assert.deepEqual(conditionsOf(await job()), ['SuccessCriteriaMet SuccessPolicy: Matched rules at index 0', 'Complete SuccessPolicy: Matched rules at index 0']);
  assert.equal((await env.list(pods)).filter((pod: Pod) => pod.status.phase === 'Running').length, 0);
});

test('pods of a Job that is gone are let go', async () => {
  const { env } = await run({ completions: 1 }, () => ({ phase: 'Running' }));
  await env.client.of(jobs).namespace('default').delete('pi', { propagationPolicy: 'Background' }, never);
  await env.clock.settle();
  const [pod] = await env.list(pods);
  assert.equal(pod?.metadata.finalizers, undefined);
});

test('a pod whose finalizer could not be removed because others wrote is not counted before it is', async () => {
  let refused = 0;
  const env = await openControlPlane([jobController], {
    fate: () => ended('Succeeded', 0),
    answer({ method, path }) {
      if (method !== 'PATCH' || !path.includes('/pods/') || refused === 2) return undefined;
      refused++;
      throw conflict({ group: '', resource: 'pods' }, 'pi', 'the object has been modified; please apply your changes to the latest version and try again');
    },
  });
  await env.client.of(jobs).namespace('default').create({ metadata: { name: 'pi' }, spec: { template, completions: 1 } }, {}, never);
  await env.clock.advance(60_000);
  assert.equal(refused, 2);
  const done = await env.client.of(jobs).namespace('default').get('pi', never);
  assert.equal(done.status.succeeded, 1);
  assert.equal(conditionsOf(done).length, 2);
  const [pod] = await env.list(pods);
  assert.equal(pod?.metadata.finalizers, undefined);
});
