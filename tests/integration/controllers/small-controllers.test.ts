import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterRoleAggregationController } from '#controllers/clusterrole-aggregation/controller.ts';
import { ttlController } from '#controllers/ttl/controller.ts';
import { ttlAfterFinishedController } from '#controllers/ttl-after-finished/controller.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { never, openControlPlane } from './control-plane.ts';

test('an aggregating role has the rules of the roles it selects', async () => {
  const env = await openControlPlane([clusterRoleAggregationController]);
  const api = env.client.of(clusterRoles);
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
  const labels = { 'aggregate-to': 'viewer' };
  await api.create(
    {
      metadata: { name: 'viewer', labels },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }, { matchLabels: { more: 'yes' } }] },
      rules: [rule('nothing')],
    },
    {},
    never,
  );
  await api.create({ metadata: { name: 'b', labels }, rules: [rule('secrets')] }, {}, never);
  await api.create({ metadata: { name: 'a', labels: { ...labels, more: 'yes' } }, rules: [rule('pods'), rule('services')] }, {}, never);
  await api.create({ metadata: { name: 'c' }, rules: [rule('nodes')] }, {}, never);
  await env.clock.settle();
  const rules = async () => ((await api.get('viewer', never)).rules ?? []).map((one) => one.resources?.join());
  assert.deepEqual(await rules(), ['pods', 'services', 'secrets']);
  await api.delete('b', {}, never);
  await api.patch('c', { type: 'merge', body: { metadata: { labels: { more: 'yes' } } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await rules(), ['pods', 'services', 'nodes']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('finished jobs go when their time has come', async () => {
  const env = await openControlPlane([ttlAfterFinishedController]);
  const api = env.client.of(jobs).namespace('default');
  const template = { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' as const } };
  for (const [name, ttl] of [
    ['brief', 10],
    ['long', 100],
    ['forever', undefined],
  ] as const) {
    await api.create({ metadata: { name }, spec: { template, ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }) } }, {}, never);
  }
  const gone = (name: string) =>
    api.get(name, never).then(
      () => false,
      (error: unknown) => isReason(error, 'NotFound'),
    );
  await env.clock.advance(200_000);
  for (const name of ['brief', 'long', 'forever']) {
    assert.equal(await gone(name), false);
    const now = formatTime(env.clock.now());
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True', lastTransitionTime: now }));
    await api.patch(
      name,
      { type: 'merge', body: { status: { conditions, startTime: now, completionTime: now, succeeded: 1 } }, subresource: 'status' },
      {},
      never,
    );
  }
  await env.clock.advance(11_000);
  const job = await api.get('brief', never);
  assert.deepEqual(job.metadata.finalizers, ['foregroundDeletion']);
  assert.equal((await api.get('long', never)).metadata.deletionTimestamp, undefined);
  await api.patch('long', { type: 'merge', body: { spec: { ttlSecondsAfterFinished: 300 } } }, {}, never);
  await env.clock.advance(200_000);
  assert.equal((await api.get('long', never)).metadata.deletionTimestamp, undefined);
  await env.clock.advance(100_000);
  assert.ok((await api.get('long', never)).metadata.deletionTimestamp);
  assert.equal((await api.get('forever', never)).metadata.deletionTimestamp, undefined);
});

test('nodes are told how long they may cache', async () => {
  const env = await openControlPlane([ttlController]);
  const api = env.client.of(nodes);
  const told = async () => new Set((await env.list(nodes)).map((node) => node.metadata.annotations?.['node.alpha.kubernetes.io/ttl']));
  for (let i = 0; i < 100; i++) await api.create({ metadata: { name: `n-${i}` } }, {}, never);
  assert.deepEqual(await told(), new Set(['0']));
  await api.create({ metadata: { name: 'one-more' } }, {}, never);
  assert.deepEqual(await told(), new Set(['15']));
});
