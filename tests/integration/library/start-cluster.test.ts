import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';
import { isReason } from '#machinery/status.ts';
import { CRASH_AFTER } from '#runtimes/simulated/annotations.ts';

const { signal } = new AbortController();
/** Turns of the event loop in which what was ended must be gone. */
const MAX_TURNS = 100;

const deployment = (replicas: number, annotations: Record<string, string> = {}) => ({
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' }, annotations }, spec: { containers: [{ name: 'c', image: 'web:1' }] } } },
});

const available = async (cluster: Cluster): Promise<number> => (await cluster.client.of(deployments).namespace('default').get('web', signal)).status.availableReplicas ?? 0;
const podNames = async (cluster: Cluster): Promise<string[]> => (await cluster.client.of(pods).namespace('default').list({}, signal)).items.map((pod) => pod.metadata.name!);

test('a cluster in real time runs workloads and leaves nothing behind', async () => {
  const before = process.getActiveResourcesInfo();
  const cluster = await startCluster({ nodes: 2 });
  await cluster.apply(deployment(3));
  await cluster.until(async () => (await available(cluster)) === 3);
  assert.throws(() => cluster.advance('1s'), /real time/);
  assert.throws(() => cluster.kubeconfig, /does not listen/);
  await cluster.dispose();
  await cluster.dispose();
  // What was there before may have ended meanwhile, and what is ending takes some turns of the loop.
  let added: string[] = [];
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    added = process.getActiveResourcesInfo();
    for (const resource of before) if (added.includes(resource)) added.splice(added.indexOf(resource), 1);
    if (added.length === 0) break;
    await setImmediate();
  }
  assert.deepEqual(added, []);
});

test('simulated time stands still until it is moved, and leaves no timer behind', async () => {
  const cluster = await startCluster({ clock: 'simulated', startTime: new Date('2030-05-01T00:00:00Z') });
  await cluster.apply(deployment(2));
  await cluster.runUntilIdle();
  assert.equal(await available(cluster), 2);
  assert.ok(cluster.clock.now() < Date.parse('2030-05-01T00:10:00Z'));
  const created = (await cluster.client.of(deployments).namespace('default').get('web', signal)).metadata.creationTimestamp;
  assert.equal(created, '2030-05-01T00:00:00Z');
  const beforeMs = cluster.clock.now();
  await cluster.advance('10m');
  assert.equal(cluster.clock.now() - beforeMs, 600_000);
  const { clock } = cluster;
  await cluster.dispose();
  assert.equal((clock as unknown as { nextInMs: number | undefined }).nextInMs, undefined);
});

test('old versions are forgotten, so a page that is asked for much later is gone', async () => {
  await using cluster = await startCluster({ clock: 'simulated', nodes: 0 });
  const maps = cluster.client.of(configMaps).namespace('default');
  for (const name of ['a', 'b']) await maps.create({ metadata: { name } }, {}, signal);
  const { metadata } = await maps.list({ limit: 1 }, signal);
  const rest = () => maps.list({ limit: 1, continue: metadata.continue! }, signal);
  await maps.delete('b', {}, signal);
  assert.deepEqual((await rest()).items.map((item) => item.metadata.name), ['b']);
  await cluster.advance('11m');
  await assert.rejects(rest(), (error) => isReason(error, 'Expired'));
});

test('a pod in a new namespace need not wait for anybody to move the time', async () => {
  await using cluster = await startCluster({ clock: 'simulated' });
  await cluster.client.of(namespaces).create({ metadata: { name: 'shop' } }, {}, signal);
  await cluster.client.of(pods).namespace('shop').create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
  await using bare = await startCluster({ clock: 'simulated', controllers: [], nodes: 0 });
  const refused = bare.client.of(pods).namespace('default').create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
  await assert.rejects(refused, /serviceaccount "default" not found/);
});

test('the same seed gives the same history', async () => {
  const history = async (seed: number): Promise<string> => {
    await using cluster = await startCluster({ clock: 'simulated', nodes: 3, seed });
    await cluster.apply(deployment(5, { [CRASH_AFTER]: '7' }));
    await cluster.advance('2m');
    await cluster.client.of(pods).namespace('default').delete((await podNames(cluster))[0]!, {}, signal);
    await cluster.advance('2m');
    const { image } = await cluster.snapshot();
    const text = image.items.map(({ key, value, modRevision }) => `${modRevision} ${key} ${Buffer.from(value).toString('latin1')}`).join('\n');
    // Keys and signatures of certificates are the platform's own.
    return text.replaceAll(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g, '');
  };
  const first = await history(7);
  assert.equal(await history(7), first);
  assert.notEqual(await history(8), first);
});

test('snapshots bring the objects back, and forks go their own way', async () => {
  await using cluster = await startCluster({ clock: 'simulated' });
  await cluster.apply(deployment(2));
  await cluster.runUntilIdle();
  const before = await podNames(cluster);
  const snapshot = await cluster.snapshot();
  await cluster.client.of(deployments).namespace('default').delete('web', { propagationPolicy: 'Foreground' }, signal);
  await cluster.client.of(configMaps).namespace('default').create({ metadata: { name: 'later' } }, {}, signal);
  await cluster.runUntilIdle();
  assert.deepEqual(await podNames(cluster), []);
  await using fork = await cluster.fork({ snapshot });
  await cluster.restore(snapshot);
  assert.deepEqual(await podNames(cluster), before);
  await assert.rejects(cluster.client.of(configMaps).namespace('default').get('later', signal), (error) => isReason(error, 'NotFound'));
  await fork.apply(deployment(4));
  await fork.runUntilIdle();
  await cluster.runUntilIdle();
  assert.equal(await available(fork), 4);
  assert.equal(await available(cluster), 2);
  assert.deepEqual(await podNames(cluster), before);
});

test('calls fail, are late or lose their answer on demand', async () => {
  await using cluster = await startCluster({ clock: 'simulated' });
  const maps = cluster.client.of(configMaps).namespace('default');
  cluster.faults.add({ verb: 'create', resource: 'configmaps', error: 'ServiceUnavailable', times: 1 });
  await assert.rejects(maps.create({ metadata: { name: 'a' } }, {}, signal), (error) => isReason(error, 'ServiceUnavailable'));
  await maps.create({ metadata: { name: 'a' } }, {}, signal);
  const lost = cluster.faults.add({ component: 'test', verb: 'create', error: 'InternalError', afterEffect: true });
  await assert.rejects(maps.create({ metadata: { name: 'b' } }, {}, signal), (error) => isReason(error, 'InternalError'));
  lost[Symbol.dispose]();
  await maps.get('b', signal);
  cluster.faults.add({ verb: 'get', delay: '3s', times: 1 });
  const beforeMs = cluster.clock.now();
  await maps.get('b', signal);
  assert.equal(cluster.clock.now() - beforeMs, 3_000);
  assert.equal(cluster.faults.hits, 3);
});

test('controllers live through broken watches, conflicts and a partition', async () => {
  await using cluster = await startCluster({ clock: 'simulated', nodes: 2 });
  cluster.faults.add({ component: 'kube-controller-manager', verb: 'create', resource: 'pods', error: 'InternalError', probability: 0.3 });
  cluster.faults.add({ component: 'kubelet', verb: 'update', error: 'Conflict', probability: 0.2 });
  await cluster.apply(deployment(10));
  for (let i = 0; i < 5; i++) {
    await cluster.advance('2s');
    assert.ok(cluster.faults.dropWatches() > 10);
  }
  await cluster.until(async () => (await available(cluster)) === 10, { within: '5m' });
  cluster.faults.clear();
  const healed = cluster.faults.partition('kube-controller-manager');
  await cluster.client.of(pods).namespace('default').delete((await podNames(cluster))[0]!, {}, signal);
  await cluster.advance('1m');
  assert.equal((await podNames(cluster)).length, 9);
  healed[Symbol.dispose]();
  await cluster.until(async () => (await available(cluster)) === 10 && (await podNames(cluster)).length === 10, { within: '5m' });
});

test('pods leave a node that is gone, and a node that comes back starts its containers anew', async () => {
  await using cluster = await startCluster({ clock: 'simulated', nodes: 3 });
  await cluster.apply(deployment(6));
  await cluster.runUntilIdle();
  const on = async (node: string) => (await cluster.client.of(pods).namespace('default').list({ fieldSelector: `spec.nodeName=${node}` }, signal)).items;
  assert.ok((await on('node-2')).length > 0);
  cluster.nodes.crash('node-2');
  await cluster.advance('2m');
  const node = await cluster.client.of(nodes).get('node-2', signal);
  assert.equal(node.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'Unknown');
  cluster.nodes.recover('node-2');
  await cluster.advance('1m');
  assert.equal((await cluster.client.of(nodes).get('node-2', signal)).status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  assert.deepEqual((await on('node-2')).map((pod) => pod.status.containerStatuses?.[0]?.restartCount), (await on('node-2')).map(() => 1));
  cluster.nodes.isolate('node-2');
  await cluster.advance('10m');
  cluster.nodes.recover('node-2');
  await cluster.runUntilIdle();
  assert.equal((await on('node-2')).length, 0);
  assert.equal(await available(cluster), 6);
});
