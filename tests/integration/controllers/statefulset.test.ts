import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statefulSetController } from '#controllers/statefulset/controller.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import type { StatefulSetSpec } from '#kinds/apps/stateful-set/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Fresh } from '#client/client.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane, runningStatus } from './control-plane.ts';

const template = (image: string) => ({ metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image }] } });

async function create(spec: Fresh<StatefulSetSpec>, fate?: PodFate): Promise<ControlPlane> {
  const env = await openControlPlane([statefulSetController], fate ? { fate } : {});
  const full = { serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db:1'), ...spec };
  await env.client.of(statefulSets).namespace('default').create({ metadata: { name: 'db' }, spec: full }, {}, never);
  await env.clock.settle();
  return env;
}

const api = (env: ControlPlane) => env.client.of(statefulSets).namespace('default');
const names = async (env: ControlPlane) => (await env.list(pods)).map((pod) => pod.metadata.name);
const images = async (env: ControlPlane) => (await env.list(pods)).map((pod) => pod.spec.containers[0]?.image);

async function wake(env: ControlPlane, name: string): Promise<void> {
  await env.setPodStatus(await env.client.of(pods).namespace('default').get(name, never), runningStatus(env.clock.now()));
  await env.clock.settle();
}

test('pods come one after the other, each when its predecessor is ready, with name, DNS name and storage', async () => {
  const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } } }];
  const env = await create({ replicas: 3, volumeClaimTemplates }, () => undefined);
  assert.deepEqual(await names(env), ['db-0']);
  await wake(env, 'db-0');
  assert.deepEqual(await names(env), ['db-0', 'db-1']);
  await wake(env, 'db-1');
  await wake(env, 'db-2');
  const [first] = await env.list(pods);
  assert.equal(first?.spec.hostname, 'db-0');
  assert.equal(first?.spec.subdomain, 'db');
  assert.equal(first?.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'db-0');
  assert.equal(first?.metadata.labels?.['apps.kubernetes.io/pod-index'], '0');
  assert.deepEqual(first?.spec.volumes?.[0], { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } });
  assert.deepEqual((await env.list(persistentVolumeClaims)).map((claim) => claim.metadata.name), ['data-db-0', 'data-db-1', 'data-db-2']);
  const { status } = await api(env).get('db', never);
  assert.deepEqual([status.replicas, status.readyReplicas, status.availableReplicas, status.currentReplicas, status.updatedReplicas], [3, 3, 3, 3, 3]);
  assert.equal(status.currentRevision, status.updateRevision);
  const events = await env.events('StatefulSet');
  assert.ok(events.includes('SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success'));
  assert.ok(events.includes('SuccessfulCreate: create Pod db-2 in StatefulSet db successful'));
});

test('scaling down removes the highest ordinals, one at a time, and keeps their storage', async () => {
  const env = await create({ replicas: 3 });
  await api(env).patch('db', { type: 'merge', body: { spec: { replicas: 1 } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await names(env), ['db-0']);
  const deleted = (await env.events('StatefulSet')).filter((event) => event.startsWith('SuccessfulDelete'));
  assert.deepEqual(deleted, ['SuccessfulDelete: delete Pod db-2 in StatefulSet db successful', 'SuccessfulDelete: delete Pod db-1 in StatefulSet db successful']);
});

test('an update replaces pods from the highest ordinal down to the partition; a broken one stops it', async () => {
  let broken = false;
  const env = await create({ replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, () =>
    broken ? undefined : runningStatus(Date.UTC(2026, 0, 1)),
  );
  await api(env).patch('db', { type: 'merge', body: { spec: { template: template('db:2') } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await images(env), ['db:1', 'db:2', 'db:2']);
  assert.equal((await env.list(controllerRevisions)).length, 2);
  broken = true;
  await api(env).patch('db', { type: 'merge', body: { spec: { template: template('db:3'), updateStrategy: { rollingUpdate: { partition: 0 } } } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await images(env), ['db:1', 'db:2', 'db:3']);
  broken = false;
  await wake(env, 'db-2');
  assert.deepEqual(await images(env), ['db:3', 'db:3', 'db:3']);
  const { status } = await api(env).get('db', never);
  assert.equal(status.currentRevision, status.updateRevision);
  const [, second] = (await env.list(controllerRevisions)).toSorted((a, b) => a.revision - b.revision);
  await api(env).patch('db', { type: 'merge', body: { spec: { template: template('db:2') } } }, {}, never);
  await env.clock.settle();
  assert.equal((await api(env).get('db', never)).status.updateRevision, second?.metadata.name, 'a rollback uses the old revision again');
});

test('Parallel does not wait', async () => {
  const env = await create({ replicas: 3, podManagementPolicy: 'Parallel' }, () => undefined);
  assert.deepEqual(await names(env), ['db-0', 'db-1', 'db-2']);
});

test('a failed pod is replaced under its own name; an idle set writes nothing; ordinals may start elsewhere', async () => {
  const env = await create({ replicas: 2, ordinals: { start: 5 } });
  assert.deepEqual(await names(env), ['db-5', 'db-6']);
  const pod = await env.client.of(pods).namespace('default').get('db-5', never);
  await env.setPodStatus(pod, { phase: 'Failed' });
  await env.clock.settle();
  const replaced = await env.client.of(pods).namespace('default').get('db-5', never);
  assert.notEqual(replaced.metadata.uid, pod.metadata.uid);
  assert.ok((await env.events('StatefulSet')).includes('RecreatingFailedPod: StatefulSet default/db is recreating failed Pod db-5'));
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('claims are deleted with pods or with the set when the retention policy says so', async () => {
  const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } } }];
  const env = await create({ replicas: 2, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } });
  const owners = async () => (await env.list(persistentVolumeClaims)).map((claim) => claim.metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`).join());
  assert.deepEqual(await owners(), ['StatefulSet db', 'StatefulSet db']);
});
