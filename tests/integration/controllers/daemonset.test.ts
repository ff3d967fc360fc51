import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonSetController } from '#controllers/daemonset/controller.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import type { DaemonSetSpec } from '#kinds/apps/daemon-set/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { nodeOf } from '#controllers/daemonset/placement.ts';
import type { Fresh } from '#client/client.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane, runningStatus } from './control-plane.ts';

const template = (image: string) => ({ metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'c', image }] } });

async function create(spec: Fresh<DaemonSetSpec>, fate?: PodFate): Promise<ControlPlane> {
  const env = await openControlPlane([daemonSetController], fate ? { fate } : {});
  for (const name of ['n1', 'n2', 'n3']) await env.client.of(nodes).create({ metadata: { name, labels: { disk: name === 'n3' ? 'hdd' : 'ssd' } } }, {}, never);
  const full = { selector: { matchLabels: { app: 'agent' } }, template: template('agent:1'), ...spec };
  await env.client.of(daemonSets).namespace('default').create({ metadata: { name: 'agent' }, spec: full }, {}, never);
  await env.clock.settle();
  return env;
}

const api = (env: ControlPlane) => env.client.of(daemonSets).namespace('default');
const where = async (env: ControlPlane) => (await env.list(pods)).map((pod) => `${nodeOf(pod)} ${pod.spec.containers[0]?.image}`).toSorted();

test('every node gets a pod that only it can run, and daemons tolerate trouble', async () => {
  const env = await create({});
  assert.deepEqual(await where(env), ['n1 agent:1', 'n2 agent:1', 'n3 agent:1']);
  const [pod] = await env.list(pods);
  assert.ok(pod?.spec.tolerations?.some(({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute'));
  assert.ok(pod?.metadata.labels?.['controller-revision-hash']);
  const { status } = await api(env).get('agent', never);
  assert.deepEqual([status.desiredNumberScheduled, status.currentNumberScheduled, status.numberReady, status.numberAvailable, status.updatedNumberScheduled], [3, 3, 3, 3, 3]);
  await env.client.of(nodes).create({ metadata: { name: 'n4' } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(pods)).length, 4);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('node selectors and taints decide, also later', async () => {
  const env = await create({ template: { ...template('agent:1'), spec: { ...template('agent:1').spec, nodeSelector: { disk: 'ssd' } } } });
  assert.deepEqual(await where(env), ['n1 agent:1', 'n2 agent:1']);
  await env.client.of(nodes).patch('n3', { type: 'merge', body: { metadata: { labels: { disk: 'ssd' } } } }, {}, never);
  await env.client.of(nodes).patch('n1', { type: 'merge', body: { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n2 agent:1', 'n3 agent:1']);
});

test('a rolling update replaces one pod at a time and stops when the new one does not come up', async () => {
  let broken = false;
  const env = await create({}, () => (broken ? undefined : runningStatus(Date.UTC(2026, 0, 1))));
  broken = true;
  await api(env).patch('agent', { type: 'merge', body: { spec: { template: template('agent:2') } } }, {}, never);
  await env.clock.settle();
  assert.equal((await where(env)).filter((one) => one.endsWith('agent:2')).length, 1);
  broken = false;
  for (const pod of await env.list(pods)) if (pod.status.phase !== 'Running') await env.setPodStatus(pod, runningStatus(env.clock.now()));
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n1 agent:2', 'n2 agent:2', 'n3 agent:2']);
  const newest = (await env.list(controllerRevisions)).find(({ revision }) => revision === 2);
  const hash = newest?.metadata.labels?.['controller-revision-hash'];
  assert.ok(hash);
  assert.ok((await env.list(pods)).every(({ metadata }) => metadata.labels?.['controller-revision-hash'] === hash));
});

test('a pod that is down is replaced at once, and takes the place of another in the count', async () => {
  let broken = false;
  const env = await create({}, () => (broken ? undefined : runningStatus(Date.UTC(2026, 0, 1))));
  const down = (await env.list(pods)).find((pod) => nodeOf(pod) === 'n2') ?? assert.fail();
  await env.setPodStatus(down, { conditions: [{ type: 'Ready', status: 'False' }] });
  broken = true;
  await api(env).patch('agent', { type: 'merge', body: { spec: { template: template('agent:2') } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n1 agent:1', 'n2 agent:2', 'n3 agent:1']);
});

test('history that pods still have counts towards its limit', async () => {
  const env = await create({ updateStrategy: { type: 'OnDelete' }, revisionHistoryLimit: 1 });
  for (const image of ['agent:2', 'agent:3']) {
    await api(env).patch('agent', { type: 'merge', body: { spec: { template: template(image) } } }, {}, never);
    await env.clock.settle();
  }
  assert.deepEqual((await env.list(controllerRevisions)).map(({ revision }) => revision).toSorted((a, b) => a - b), [1, 3]);
});

test('with surge, no new pod comes up where none may go; the old one there stays while it is needed', async () => {
  let pending = false;
  const env = await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 0 } } }, () => (pending ? undefined : runningStatus(Date.UTC(2026, 0, 1))));
  await env.client.of(nodes).patch('n1', { type: 'merge', body: { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } } }, {}, never);
  await env.clock.settle();
  const [down] = (await env.list(pods)).filter((pod) => nodeOf(pod) === 'n2');
  assert.ok(down);
  await env.setPodStatus(down, { conditions: [{ type: 'Ready', status: 'False' }] });
  pending = true;
  await api(env).patch('agent', { type: 'merge', body: { spec: { template: template('agent:2') } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n1 agent:1', 'n2 agent:2', 'n3 agent:1', 'n3 agent:2']);
  pending = false;
  for (const pod of await env.list(pods)) if (pod.status.phase !== 'Running') await env.setPodStatus(pod, runningStatus(env.clock.now()));
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n2 agent:2', 'n3 agent:2']);
});

test('with surge, new pods come up beside the old ones first', async () => {
  let pending = false;
  const env = await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }, () => (pending ? undefined : runningStatus(Date.UTC(2026, 0, 1))));
  pending = true;
  await api(env).patch('agent', { type: 'merge', body: { spec: { template: template('agent:2') } } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(pods)).length, 4);
  pending = false;
  for (const pod of await env.list(pods)) if (pod.status.phase !== 'Running') await env.setPodStatus(pod, runningStatus(env.clock.now()));
  await env.clock.settle();
  assert.deepEqual(await where(env), ['n1 agent:2', 'n2 agent:2', 'n3 agent:2']);
});

test('a pod that keeps failing is replaced later and later', async () => {
  const env = await create({}, (pod) => (nodeOf(pod) === 'n1' ? { phase: 'Failed' } : runningStatus(Date.UTC(2026, 0, 1))));
  await env.clock.advance(10_000);
  const failures = (await env.events('DaemonSet')).filter((event) => event.startsWith('FailedDaemonPod'));
  assert.equal(failures.length, 4, 'at 0, 1, 3 and 7 seconds');
});
