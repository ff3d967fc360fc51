/**
 * `@kubernetes/client-node` against a cluster that listens: typed calls, every patch type, lists in pieces, an informer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException, AppsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, makeInformer, PatchStrategy, setHeaderOptions, type V1ConfigMap } from '@kubernetes/client-node';
import { startCluster } from '#library/start-cluster.ts';

const labels = { app: 'web' };
const namespace = 'default';
const deployment = {
  metadata: { name: 'web', labels },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web:1' }] } } },
};

async function open() {
  const cluster = await startCluster({ listen: true });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  return { cluster, config, core: config.makeApiClient(CoreV1Api), apps: config.makeApiClient(AppsV1Api) };
}

test('typed objects are made, replaced, patched in every way and deleted', async () => {
  const { cluster, config, core, apps } = await open();
  await using _ = cluster;
  const made = await apps.createNamespacedDeployment({ namespace, body: deployment });
  assert.ok(made.metadata!.creationTimestamp instanceof Date);
  assert.equal(made.spec!.strategy!.rollingUpdate!.maxSurge, '25%');
  const target = { namespace, name: 'web' };
  const as = (type: string) => setHeaderOptions('Content-Type', type);
  const json = await apps.patchNamespacedDeployment({ ...target, body: [{ op: 'replace', path: '/spec/replicas', value: 2 }] }, as(PatchStrategy.JsonPatch));
  assert.equal(json.spec!.replicas, 2);
  const merge = await apps.patchNamespacedDeployment({ ...target, body: { metadata: { labels: { app: null, tier: 'front' } } } }, as(PatchStrategy.MergePatch));
  assert.deepEqual(merge.metadata!.labels, { tier: 'front' });
  const strategic = await apps.patchNamespacedDeployment({ ...target, body: { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } } } }, as(PatchStrategy.StrategicMergePatch));
  assert.deepEqual(strategic.spec!.template.spec!.containers.map(({ name }) => name), ['side', 'c']);
  const applied = await apps.patchNamespacedDeployment({ ...target, fieldManager: 'node', force: true, body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 3 } } }, as(PatchStrategy.ServerSideApply));
  assert.equal(applied.spec!.replicas, 3);
  assert.ok(applied.metadata!.managedFields!.some(({ manager, operation }) => manager === 'node' && operation === 'Apply'));
  await cluster.until(async () => (await apps.readNamespacedDeployment(target)).status?.availableReplicas === 3);
  const scale = await apps.readNamespacedDeploymentScale(target);
  await apps.replaceNamespacedDeploymentScale({ ...target, body: { metadata: scale.metadata!, spec: { replicas: 0 } } });
  await cluster.until(async () => (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items.length === 0);
  const untyped = KubernetesObjectApi.makeApiClient(config);
  assert.equal((await untyped.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...target } })).metadata?.name, 'web');
  await untyped.delete({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: target });
  await cluster.until(() => apps.readNamespacedDeployment(target).then(() => false, (error: unknown) => error instanceof ApiException && error.code === 404));
  const stale = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'stale' } } });
  await core.replaceNamespacedConfigMap({ namespace, name: 'stale', body: { metadata: stale.metadata!, data: { a: '1' } } });
  await assert.rejects(core.replaceNamespacedConfigMap({ namespace, name: 'stale', body: { metadata: stale.metadata!, data: { a: '2' } } }), (error) => error instanceof ApiException && error.code === 409);
});

test('lists come in pieces, and an informer follows', async () => {
  const { cluster, config, core } = await open();
  await using _ = cluster;
  const body = (name: string) => ({ metadata: { name, labels: { in: 'pieces' } } });
  const selector = 'in=pieces';
  for (const name of ['a', 'b', 'c']) await core.createNamespacedConfigMap({ namespace, body: body(name) });
  const names: string[] = [];
  let next: string | undefined;
  do {
    const page = await core.listNamespacedConfigMap({ namespace, labelSelector: selector, limit: 2, ...(next ? { _continue: next } : {}) });
    names.push(...page.items.map(({ metadata }) => metadata!.name!));
    next = page.metadata?._continue;
  } while (next);
  assert.deepEqual(names, ['a', 'b', 'c']);

  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace, labelSelector: selector }), selector);
  const seen: string[] = [];
  for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, ({ metadata }: V1ConfigMap) => void seen.push(`${verb} ${metadata!.name}`));
  await informer.start();
  await core.createNamespacedConfigMap({ namespace, body: body('d') });
  await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...body('a'), data: { k: 'v' } } });
  await core.deleteNamespacedConfigMap({ namespace, name: 'b' });
  await cluster.until(() => seen.length >= 6);
  await informer.stop();
  assert.deepEqual(seen, ['add a', 'add b', 'add c', 'add d', 'update a', 'delete b']);
});
