/**
 * Claims and volumes through the API: binding, provisioning, reclaiming, protection, ephemeral claims.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { ephemeralVolumeController } from '#controllers/ephemeral-volume/controller.ts';
import { defaultStorageClassController } from '#controllers/local-provisioner/default-class.ts';
import { imaginaryDirectories, localProvisionerController } from '#controllers/local-provisioner/controller.ts';
import { persistentVolumeBinderController } from '#controllers/persistentvolume-binder/controller.ts';
import { claimProtectionController, volumeProtectionController } from '#controllers/volume-protection/controller.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolumeSpec } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaimSpec } from '#kinds/core/persistent-volume-claim/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import type { ControlPlane } from './control-plane.ts';
import { never, openControlPlane } from './control-plane.ts';

const removed: string[] = [];
const provisioner = localProvisionerController({
  directories: { make: imaginaryDirectories.make, remove: (path) => Promise.resolve(void removed.push(path)) },
  nodes: () => () => ['node-1', 'node-2'],
});
const CONTROLLERS = [persistentVolumeBinderController, claimProtectionController, volumeProtectionController, ephemeralVolumeController, provisioner];

const open = (): Promise<ControlPlane> => openControlPlane(CONTROLLERS);

const storage = (size: string) => ({ requests: { storage: size } });

async function addVolume(env: ControlPlane, name: string, spec: Fresh<PersistentVolumeSpec> = {}): Promise<void> {
  const full = { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce' as const], hostPath: { path: `/srv/${name}` }, ...spec };
  await env.client.of(persistentVolumes).create({ metadata: { name, labels: { of: name } }, spec: full }, {}, never);
  await env.clock.settle();
}

async function addClaim(env: ControlPlane, name: string, spec: Fresh<PersistentVolumeClaimSpec> = {}): Promise<void> {
  const full = { accessModes: ['ReadWriteOnce' as const], resources: storage('3Gi'), ...spec };
  await claims(env).create({ metadata: { name }, spec: full }, {}, never);
  await env.clock.settle();
}

async function addClass(env: ControlPlane, name: string, options: Fresh<StorageClass> = {}): Promise<void> {
  await env.client.of(storageClasses).create({ metadata: { name }, provisioner: 'navarch.dev/local', ...options }, {}, never);
  await env.clock.settle();
}

const claims = (env: ControlPlane) => env.client.of(persistentVolumeClaims).namespace('default');
const describeClaims = async (env: ControlPlane) =>
  (await env.list(persistentVolumeClaims)).map(({ metadata, spec, status }) => [metadata.name, status.phase, spec.volumeName ?? '', status.capacity?.['storage'] ?? ''].join(' '));
const describeVolumes = async (env: ControlPlane) =>
  (await env.list(persistentVolumes)).map(({ metadata, spec, status }) => [metadata.name, status.phase, spec.claimRef?.name ?? ''].join(' '));

test('claims and volumes find each other, whichever comes first; a pre-bound volume is kept for its claim', async () => {
  const env = await open();
  await addClaim(env, 'early', { storageClassName: '' });
  assert.deepEqual(await describeClaims(env), ['early Pending  ']);
  assert.deepEqual(await env.events('PersistentVolumeClaim'), ['FailedBinding: no persistent volumes available for this claim and no storage class is set']);
  await addVolume(env, 'a', { capacity: { storage: '4Gi' } });
  await addVolume(env, 'kept', { claimRef: { name: 'late', namespace: 'default' } });
  await addClaim(env, 'late', { storageClassName: '' });
  await addClaim(env, 'named', { storageClassName: '', volumeName: 'b' });
  assert.deepEqual(await describeClaims(env), ['early Bound a 4Gi', 'late Bound kept 5Gi', 'named Pending b ']);
  await addVolume(env, 'b');
  assert.deepEqual((await describeClaims(env)).at(-1), 'named Bound b 5Gi');
  assert.deepEqual(await describeVolumes(env), ['a Bound early', 'b Bound named', 'kept Bound late']);
  const claim = await claims(env).get('early', never);
  assert.deepEqual(claim.metadata.annotations, { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' });
  assert.deepEqual(claim.metadata.finalizers, ['kubernetes.io/pvc-protection']);
  const volume = await env.client.of(persistentVolumes).get('a', never);
  assert.equal(volume.spec.claimRef?.uid, claim.metadata.uid);
  assert.deepEqual(volume.metadata.finalizers, ['kubernetes.io/pv-protection']);
});

test('many claims and as many volumes are all bound, each once; an idle binder writes nothing', async () => {
  const env = await open();
  const count = 40;
  for (let i = 0; i < count; i++) await addClaim(env, `c${i}`, { storageClassName: '' });
  await Promise.all(Array.from({ length: count }, (_, i) => addVolume(env, `v${i}`)));
  await env.clock.advance(60_000);
  const bound = (await env.list(persistentVolumeClaims)).map(({ spec }) => spec.volumeName);
  assert.equal(new Set(bound).size, count);
  assert.ok(!bound.includes(undefined));
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
});

test('what becomes of a volume whose claim is gone is said by its policy; a claim without its volume is lost', async () => {
  const env = await open();
  const policies = { retain: 'Retain', remove: 'Delete', recycle: 'Recycle', stuck: 'Delete' } as const;
  for (const [name, persistentVolumeReclaimPolicy] of Object.entries(policies)) {
    await addVolume(env, name, { persistentVolumeReclaimPolicy, ...(name === 'remove' ? { hostPath: { path: '/tmp/x' } } : {}) });
    await addClaim(env, name, { storageClassName: '', volumeName: name });
  }
  for (const name of Object.keys(policies)) await claims(env).delete(name, {}, never);
  await env.clock.advance(5_000);
  assert.deepEqual(await describeVolumes(env), ['recycle Released recycle', 'retain Released retain', 'stuck Failed stuck']);
  assert.equal((await env.client.of(persistentVolumes).get('stuck', never)).status.message, 'host_path deleter only supports /tmp/.+ but received provided /srv/stuck');
  assert.deepEqual(await env.events('PersistentVolume'), ['VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /srv/stuck']);
  const recycler = await env.client.of(pods).namespace('default').get('recycler-for-recycle', never);
  await env.setPodStatus(recycler, { phase: 'Succeeded' });
  await env.clock.advance(5_000);
  assert.deepEqual((await describeVolumes(env))[0], 'recycle Available ');
  assert.ok((await env.events('PersistentVolume')).includes('VolumeRecycled: Volume recycled'));

  await addClaim(env, 'loser', { storageClassName: '' });
  const { spec } = await claims(env).get('loser', never);
  const volume = await env.client.of(persistentVolumes).get(spec.volumeName!, never);
  await env.client.of(persistentVolumes).update({ ...volume, metadata: { ...volume.metadata, finalizers: [] } }, {}, never);
  await env.client.of(persistentVolumes).delete(spec.volumeName!, {}, never);
  await env.clock.advance(5_000);
  // Protection puts its finalizer back while the volume lives; without it, the volume goes and the claim learns it.
  const left = await env.list(persistentVolumes);
  if (left.some(({ metadata }) => metadata.name === spec.volumeName)) assert.equal((await claims(env).get('loser', never)).status.phase, 'Bound');
  else assert.equal((await claims(env).get('loser', never)).status.phase, 'Lost');
});

test('the default class comes to claims that have none, also afterwards', async () => {
  const env = await open();
  await addClaim(env, 'data');
  await addClaim(env, 'none', { storageClassName: '' });
  await addClass(env, 'standard', { metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } });
  await env.clock.advance(1_000);
  const claim = await claims(env).get('data', never);
  assert.equal(claim.spec.storageClassName, 'standard');
  assert.equal(claim.status.phase, 'Bound');
  assert.equal((await claims(env).get('none', never)).spec.storageClassName, '');
});

test('a class that waits provisions on the chosen node; the volume grows and goes with its claim', async () => {
  const env = await open();
  await addClass(env, 'slow', { volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true });
  await addClaim(env, 'data', { storageClassName: 'slow' });
  assert.deepEqual(await env.events('PersistentVolumeClaim'), ['WaitForFirstConsumer: waiting for first consumer to be created before binding']);
  await claims(env).patch('data', { type: 'merge', body: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'node-2' } } } }, {}, never);
  await env.clock.settle();
  const claim = await claims(env).get('data', never);
  assert.equal(claim.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'], 'navarch.dev/local');
  const name = `pvc-${claim.metadata.uid}`;
  assert.deepEqual(await describeClaims(env), [`data Bound ${name} 3Gi`]);
  const volume = await env.client.of(persistentVolumes).get(name, never);
  assert.deepEqual(volume.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions, [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }]);
  assert.deepEqual([volume.spec.storageClassName, volume.spec.persistentVolumeReclaimPolicy, volume.metadata.annotations?.['pv.kubernetes.io/bound-by-controller']], ['slow', 'Delete', undefined]);
  const events = await env.events('PersistentVolumeClaim');
  assert.ok(events.includes(`ProvisioningSucceeded: Successfully provisioned volume ${name}`));
  assert.ok(
    events.includes(
      "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'navarch.dev/local' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    ),
  );

  await claims(env).patch('data', { type: 'merge', body: { spec: { resources: storage('7Gi') } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(await describeClaims(env), [`data Bound ${name} 7Gi`]);

  await claims(env).delete('data', {}, never);
  await env.clock.advance(5_000);
  assert.deepEqual([await describeClaims(env), await describeVolumes(env)], [[], []]);
  assert.deepEqual(new Set(removed), new Set([`/var/lib/navarch/volumes/${name}`]));
});

test('a claim in use is not removed before its last pod; an ephemeral one is made for and with its pod', async () => {
  const env = await open();
  await addVolume(env, 'v');
  await addClaim(env, 'data', { storageClassName: '' });
  const api = env.client.of(pods).namespace('default');
  const containers = [{ name: 'c', image: 'i' }];
  await api.create({ metadata: { name: 'user' }, spec: { nodeName: 'node-1', containers, volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } }, {}, never);
  await claims(env).delete('data', {}, never);
  await env.clock.advance(5_000);
  assert.deepEqual((await claims(env).get('data', never)).metadata.finalizers, ['kubernetes.io/pvc-protection']);
  await api.delete('user', { gracePeriodSeconds: 0 }, never);
  await env.clock.advance(5_000);
  assert.deepEqual(await describeClaims(env), []);

  const volumeClaimTemplate = { metadata: { labels: { kind: 'scratch' } }, spec: { accessModes: ['ReadWriteOnce' as const], resources: storage('1Gi'), storageClassName: '' } };
  await api.create({ metadata: { name: 'temp' }, spec: { nodeName: 'node-1', containers, volumes: [{ name: 's', ephemeral: { volumeClaimTemplate } }] } }, {}, never);
  await env.clock.settle();
  const claim = await claims(env).get('temp-s', never);
  assert.deepEqual([claim.metadata.ownerReferences?.[0]?.name, claim.metadata.labels], ['temp', { kind: 'scratch' }]);
});

test('a cluster without storage classes gets one', async () => {
  const env = await openControlPlane([defaultStorageClassController]);
  const [storageClass] = await env.list(storageClasses);
  assert.deepEqual([storageClass?.metadata.name, storageClass?.volumeBindingMode, storageClass?.allowVolumeExpansion], ['standard', 'WaitForFirstConsumer', true]);
});
