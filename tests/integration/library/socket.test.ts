import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppsV1Api, CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { startCluster } from '#library/start-cluster.ts';

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
