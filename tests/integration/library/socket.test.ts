import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { AppsV1Api, CoreV1Api, Exec, KubeConfig, Watch } from '@kubernetes/client-node';
import { startCluster } from '#library/start-cluster.ts';
import { EXEC, LOGS } from '#runtimes/simulated/annotations.ts';

const labels = { app: 'web' };
const deployment = {
  metadata: { name: 'web' },
  spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web:1' }] } } },
};

for (const clock of ['real', 'simulated'] as const) {
  test(`any client reaches a cluster that listens (${clock} time)`, async () => {
    const before = process.getActiveResourcesInfo().filter((one) => one.includes('Server'));
    const cluster = await startCluster({ listen: true, clock });
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig);
    const apps = config.makeApiClient(AppsV1Api);
    const core = config.makeApiClient(CoreV1Api);
    const seen: string[] = [];
    const watching = await new Watch(config).watch('/api/v1/namespaces/default/pods', {}, (type: string) => seen.push(type), () => undefined);
    await apps.createNamespacedDeployment({ namespace: 'default', body: deployment });
    await cluster.until(async () => {
      const { status } = await apps.readNamespacedDeployment({ namespace: 'default', name: 'web' });
      return status?.availableReplicas === 2;
    });
    assert.equal((await core.listNamespacedPod({ namespace: 'default' })).items.length, 2);
    await cluster.until(() => seen.length >= 2);
    watching.abort();
    await cluster.dispose();
    assert.deepEqual(process.getActiveResourcesInfo().filter((one) => one.includes('Server')), before);
  });
}

test('logs and commands of simulated pods are what their annotations say', async () => {
  await using cluster = await startCluster({ listen: true });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const annotations = { [LOGS]: 'one\ntwo\n', [EXEC]: 'hello\n' };
  await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'p', annotations }, spec: { containers: [{ name: 'c', image: 'i' }] } } });
  await cluster.until(async () => (await core.readNamespacedPod({ namespace: 'default', name: 'p' })).status?.phase === 'Running');
  assert.equal(await core.readNamespacedPodLog({ namespace: 'default', name: 'p' }), 'one\ntwo\n');
  assert.equal(await core.readNamespacedPodLog({ namespace: 'default', name: 'p', tailLines: 1 }), 'two\n');
  const out = new PassThrough();
  const status = await new Promise<string | undefined>((resolve, reject) => {
    new Exec(config).exec('default', 'p', 'c', ['echo', 'hello'], out, null, null, false, (result) => resolve(result.status)).catch(reject);
  });
  assert.equal(status, 'Success');
  assert.equal(String(out.read()), 'hello\n');
});
