/** Lifecycles as data: what a user of `startCluster({ lifecycle })` sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobs } from '#kinds/batch/job/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';

const { signal } = new AbortController();
const header = 'apiVersion: simulated.navarch.dev/v1alpha1\nkind: Lifecycle\n';

const podOf = (cluster: Cluster, name: string) => cluster.client.of(pods).namespace('default').get(name, signal);
const create = (cluster: Cluster, name: string, labels: Record<string, string>) =>
  cluster.client.of(pods).namespace('default').create({ metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
const condition = async (cluster: Cluster, type: string): Promise<string | undefined> =>
  (await cluster.client.of(nodes).get('node-1', signal)).status.conditions?.find((one) => one.type === type)?.status;

test('pods that are selected go their own way, step by step', async () => {
  const lifecycle = `${header}stages:
- name: starts slowly
  selector:
    matchLabels: { app: db }
    matchExpressions: [{ key: .status.phase, operator: In, values: [Pending] }]
  delay: { duration: 20s, jitterDuration: 10s }
  next: { state: Running }
- name: is never ready
  selector: { matchLabels: { app: db } }
  delay: { duration: 5s }
  next: { state: NotReady, status: { message: warming up } }
`;
  await using cluster = await startCluster({ clock: 'simulated', lifecycle });
  await create(cluster, 'db', { app: 'db' });
  await create(cluster, 'web', { app: 'web' });
  await cluster.advance('19s');
  assert.equal((await podOf(cluster, 'db')).status.phase, 'Pending');
  assert.equal((await podOf(cluster, 'web')).status.phase, 'Running');
  await cluster.advance('12s');
  assert.equal((await podOf(cluster, 'db')).status.phase, 'Running');
  await cluster.runUntilIdle();
  const { status } = await podOf(cluster, 'db');
  assert.deepEqual([status.phase, status.conditions?.find(({ type }) => type === 'Ready')?.status, status.message], ['Running', 'False', 'warming up']);
});

test('a crash loop as data is counted by its Job', async () => {
  const lifecycle = `${header}stages:
- name: fails
  selector: { matchAnnotations: { fate: fail } }
  delay: { duration: 1s }
  next: { state: Failed, exitCode: 7 }
`;
  await using cluster = await startCluster({ clock: 'simulated', lifecycle });
  const template = { metadata: { annotations: { fate: 'fail' } }, spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'i' }] } };
  await cluster.client.of(jobs).namespace('default').create({ metadata: { name: 'j' }, spec: { backoffLimit: 1, template } }, {}, signal);
  await cluster.runUntilIdle({ within: '3h' });
  const { status } = await cluster.client.of(jobs).namespace('default').get('j', signal);
  assert.equal(status.failed, 2);
  assert.ok(status.conditions?.some(({ type, reason }) => type === 'Failed' && reason === 'BackoffLimitExceeded'));
  const { items } = await cluster.client.of(pods).namespace('default').list({}, signal);
  assert.deepEqual(items.map((pod) => pod.status.containerStatuses?.[0]?.state.terminated?.exitCode), [7, 7]);
});

test('a node says what its stage says for as long as it is selected', async () => {
  const lifecycle = `${header}stages:
- name: fails when told
  resource: Node
  selector: { matchAnnotations: { example.com/fail: 'true' } }
  delay: { duration: 30s }
  next: { status: { conditions: [{ type: Ready, status: 'False', reason: KubeletNotReady, message: out of order }] } }
`;
  await using cluster = await startCluster({ nodes: 3, clock: 'simulated', lifecycle });
  await cluster.client.of(pods).namespace('default').create({ metadata: { name: 'web' }, spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
  await cluster.advance('1m');
  const fail = (value: string | null) => cluster.client.of(nodes).patch('node-1', { type: 'merge', body: { metadata: { annotations: { 'example.com/fail': value } } } }, {}, signal);
  await fail('true');
  await cluster.advance('25s');
  assert.equal(await condition(cluster, 'Ready'), 'True');
  await cluster.advance('10m');
  assert.equal(await condition(cluster, 'Ready'), 'False');
  assert.equal(await condition(cluster, 'MemoryPressure'), 'False');
  const { items } = await cluster.client.of(pods).namespace('default').list({}, signal);
  assert.deepEqual(items, [], 'the pod is evicted');
  await fail(null);
  await cluster.advance('1m');
  assert.equal(await condition(cluster, 'Ready'), 'True');
});

test('a lifecycle that cannot be used keeps the cluster from starting', async () => {
  await assert.rejects(startCluster({ lifecycle: `${header}stages: [{ name: s, next: { state: Flying } }]` }), /stages\[0\]\.next\.state: Unsupported value: "Flying"/);
});

test('a deleted pod that somebody keeps ends, and goes when it is let go', async () => {
  await using cluster = await startCluster({ clock: 'simulated' });
  const api = cluster.client.of(pods).namespace('default');
  await api.create({ metadata: { name: 'kept', finalizers: ['example.com/kept'] }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
  await cluster.until(async () => (await podOf(cluster, 'kept')).status.phase === 'Running');
  await api.delete('kept', {}, signal);
  await cluster.until(async () => (await podOf(cluster, 'kept')).status.phase === 'Failed');
  assert.equal((await podOf(cluster, 'kept')).status.containerStatuses?.[0]?.state.terminated?.exitCode, 143);
  await api.patch('kept', { type: 'merge', body: { metadata: { finalizers: null } } }, {}, signal);
  await cluster.until(async () => (await api.list({}, signal)).items.length === 0);
});
