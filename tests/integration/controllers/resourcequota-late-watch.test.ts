/** The quota controller whose watch of pods is late must not give back what is in use (found by simulation, seed 1652). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '#kinds/core/pod/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { startCluster } from '#library/start-cluster.ts';
import { isReason } from '#machinery/status.ts';

const { signal } = new AbortController();

test('what a late watch has not shown is still counted', async () => {
  await using cluster = await startCluster({ clock: 'simulated', scheduler: false });
  const api = cluster.client.of(pods).namespace('default');
  const quotas = cluster.client.of(resourceQuotas).namespace('default');
  const create = (name: string) => api.create({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } }, {}, signal);
  const used = async (): Promise<string | undefined> => (await quotas.get('quota', signal)).status.used?.['pods'];
  await quotas.create({ metadata: { name: 'quota' }, spec: { hard: { pods: '3' } } }, {}, signal);
  await cluster.advance('2s');
  await create('a');
  await cluster.advance('10s');
  assert.equal(await used(), '1');
  const late = cluster.faults.add({ component: 'kube-controller-manager', verb: 'watch', resource: 'pods', error: 'InternalError' });
  cluster.faults.dropWatches({ component: 'kube-controller-manager', resource: 'pods' });
  await create('b');
  await create('c');
  // Counted anew, for the sake of another resource.
  await quotas.patch('quota', { type: 'merge', body: { spec: { hard: { configmaps: '9' } } } }, {}, signal);
  await cluster.advance('10s');
  assert.equal(await used(), '3');
  await assert.rejects(create('d'), (error) => isReason(error, 'Forbidden'));
  late[Symbol.dispose]();
  await api.delete('a', { gracePeriodSeconds: 0 }, signal);
  await cluster.until(async () => (await used()) === '2');
  await create('d');
});
