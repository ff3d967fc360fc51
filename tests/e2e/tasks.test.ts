/**
 * Upstream's tasks and tutorials, command by command on one cluster with real containers, several at a time, each in a namespace of its own.
 *
 * Every run has the tutorials of jobs, stateful sets and services; `NAVARCH_TEST_TASKS=all ./navarch test e2e/tasks` has all of them, which takes four minutes.
 *
 * Source: kubernetes.io, docs/tasks and docs/tutorials; the pages are named beside the steps.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { startRegistry, type TestRegistry } from './fixture/registry.ts';
import { uploadTaskImages } from './fixture/task-images.ts';
import { openTerminal } from './fixture/terminal.ts';
import { configurationTasks } from './tasks/configuration.ts';
import { drainTask, failurePolicyTasks } from './tasks/failure-policies.ts';
import { jobTasks } from './tasks/jobs.ts';
import { nodeTasks } from './tasks/nodes-and-security.ts';
import { podTasks } from './tasks/pods.ts';
import { connectingApplications } from './tasks/services.ts';
import { statefulSetBasics } from './tasks/stateful-set-basics.ts';
import type { Task } from './tasks/task.ts';
import { workloadTasks } from './tasks/workloads.ts';

/** As many as two processors do at a time; most of what they do is wait. */
const AT_A_TIME = 6;
/** The longest first. */
const TASKS = [statefulSetBasics, ...podTasks, ...jobTasks, ...workloadTasks, ...failurePolicyTasks, connectingApplications, ...nodeTasks, ...configurationTasks];
/** What every run has; the others repeat on the way of a task what some other end-to-end test shows. */
const USUAL: ReadonlySet<string> = new Set([
  'StatefulSet Basics',
  'Coarse Parallel Processing Using a Work Queue',
  'Fine Parallel Processing Using a Work Queue',
  'Indexed Job for Parallel Processing with Static Work Assignment',
  'Parallel Processing using Expansions',
  'Running Automated Tasks with a CronJob',
  'Connecting Applications with Services',
]);
const wantsAll = process.env['NAVARCH_TEST_TASKS'] === 'all';
/** Others stay off it. */
const KEPT_FREE = 'node-3';
const MIRRORED = ['docker.io', 'registry.k8s.io', 'gcr.io', 'quay.io'];

let registry: TestRegistry;
let cluster: TestCluster;
let directory: string;

before(async () => {
  registry = await startRegistry();
  const mirror = `http://${registry.host}`;
  const started = startTestCluster({ name: 'e2e-tasks', nodes: 3, extra: ['--registry', registry.host, ...MIRRORED.flatMap((name) => ['--registry', `${name}=${mirror}`])] });
  [cluster] = await Promise.all([started, uploadTaskImages(registry)]);
  await cluster.kubectl(['cordon', KEPT_FREE]);
  directory = await mkdtemp(join(tmpdir(), 'navarch-e2e-tasks-'));
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const register = ({ title, namespace, run }: Task): void => {
  test(title, { timeout: 600_000 }, async () => run(await openTerminal(cluster, { directory: join(directory, namespace), namespace })));
};

describe('tasks and tutorials', { concurrency: AT_A_TIME }, () => TASKS.filter(({ title }) => wantsAll || USUAL.has(title)).forEach(register));

if (wantsAll) describe('tasks that take a node', () => register(drainTask));
