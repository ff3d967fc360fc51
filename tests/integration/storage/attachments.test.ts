/**
 * Volumes of CSI drivers travel between nodes: requests, reports, events, waiting for the old node. The attacher is a few lines of this file.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { attachDetachController } from '#controllers/attach-detach/controller.ts';
import { persistentVolumeBinderController } from '#controllers/persistentvolume-binder/controller.ts';
import { persistentVolumeExpanderController } from '#controllers/persistentvolume-expander/controller.ts';
import { attributesClassProtectionController } from '#controllers/volume-protection/controller.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import { volumeAttributesClasses } from '#kinds/storage/volume-attributes-class/kind.ts';
import { type ControlPlane, never, openControlPlane, runningStatus } from '../controllers/control-plane.ts';

const DRIVER = 'disk.example.com';
const UNIQUE = `kubernetes.io/csi/${DRIVER}^handle`;

/** Attaches at once whatever is asked for, unless `refuse` says why not. */
function startAttacher(env: ControlPlane, refuse: () => string | undefined = () => undefined): void {
  env.informers.of(volumeAttachments).listen({
    added(attachment) {
      const message = refuse();
      const status = message === undefined ? { attached: true } : { attached: false, attachError: { message } };
      env.client
        .of(volumeAttachments)
        .updateStatus({ ...attachment, status }, {}, never)
        .catch(() => undefined);
    },
  });
}

async function open(): Promise<ControlPlane> {
  const env = await openControlPlane(
    [attachDetachController, persistentVolumeBinderController, persistentVolumeExpanderController, attributesClassProtectionController],
    { fate: () => runningStatus(0) },
  );
  for (const name of ['one', 'two']) {
    await env.client.of(nodes).create({ metadata: { name } }, {}, never);
    await setNode(env, name, { conditions: [{ type: 'Ready', status: 'True' }] });
  }
  const size = { storage: '1Gi' };
  await env.client
    .of(persistentVolumes)
    .create(
      { metadata: { name: 'disk' }, spec: { capacity: size, accessModes: ['ReadWriteOnce'], csi: { driver: DRIVER, volumeHandle: 'handle' } } },
      {},
      never,
    );
  await env.client
    .of(persistentVolumeClaims)
    .namespace('default')
    .create({ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: size }, storageClassName: '' } }, {}, never);
  await env.clock.settle();
  return env;
}

async function setNode(env: ControlPlane, name: string, status: object): Promise<void> {
  await env.client.of(nodes).patch(name, { type: 'merge', body: { status }, subresource: 'status' }, {}, never);
}

async function createPod(env: ControlPlane, name: string, node: string): Promise<void> {
  const spec = { nodeName: node, containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  await env.client
    .of(pods)
    .namespace('default')
    .create({ metadata: { name }, spec } as Fresh<never>, {}, never);
  await env.clock.settle();
}

const attachments = async (env: ControlPlane) =>
  (await env.list(volumeAttachments)).map(({ spec }) => `${spec.source.persistentVolumeName} ${spec.nodeName}`);
const reported = async (env: ControlPlane, name: string) => (await env.client.of(nodes).get(name, never)).status.volumesAttached ?? [];

test('a volume is attached for its pod, kept while its node uses it, and moves on', async () => {
  const env = await open();
  startAttacher(env);
  await createPod(env, 'a', 'one');
  assert.deepEqual(await attachments(env), ['disk one']);
  assert.deepEqual(await reported(env, 'one'), [{ name: UNIQUE, devicePath: '' }]);
  await setNode(env, 'one', { volumesInUse: [UNIQUE] });
  await createPod(env, 'b', 'two');
  assert.deepEqual(await attachments(env), ['disk one']);
  const events = await env.events('Pod');
  assert.deepEqual(events, [
    'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "disk" ',
    'FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already used by pod(s) a',
  ]);

  await env.client.of(pods).namespace('default').delete('a', { gracePeriodSeconds: 0 }, never);
  await env.clock.advance(600_000);
  assert.deepEqual(await attachments(env), ['disk one'], 'a healthy node is waited for');
  await setNode(env, 'one', { volumesInUse: [] });
  await env.clock.settle();
  assert.deepEqual(await attachments(env), ['disk two']);
  assert.deepEqual([await reported(env, 'one'), (await reported(env, 'two')).length], [[], 1]);
});

test('a silent node is waited for six minutes, one out of service not at all', async () => {
  for (const [taints, ms] of [
    [[], 360_000],
    [[{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }], 0],
  ] as const) {
    const env = await open();
    startAttacher(env);
    await createPod(env, 'a', 'one');
    await setNode(env, 'one', { volumesInUse: [UNIQUE], conditions: [{ type: 'Ready', status: 'Unknown' }] });
    await env.client.of(pods).namespace('default').delete('a', { gracePeriodSeconds: 0 }, never);
    await createPod(env, 'b', 'two');
    if (ms > 0) await env.clock.advance(ms - 1_000);
    assert.deepEqual(await attachments(env), ['disk one']);
    await env.client.of(nodes).patch('one', { type: 'merge', body: { spec: { taints } } }, {}, never);
    await env.clock.advance(1_000);
    assert.deepEqual(await attachments(env), ['disk two']);
  }
});

test('a refusal of the driver is told once', async () => {
  const env = await open();
  startAttacher(env, () => 'rpc error: code = Internal desc = no such disk');
  await createPod(env, 'a', 'one');
  await env.clock.advance(60_000);
  assert.deepEqual(await env.events('Pod'), [
    'FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : rpc error: code = Internal desc = no such disk',
  ]);
  assert.deepEqual(await reported(env, 'one'), []);
});

test('a claim that asks for more is told whom it waits for; classes of attributes in use stay', async () => {
  const env = await open();
  await env.client.of(storageClasses).create({ metadata: { name: 'grows' }, provisioner: DRIVER, allowVolumeExpansion: true }, {}, never);
  const size = { storage: '1Gi' };
  const csi = { driver: DRIVER, volumeHandle: 'other' };
  await env.client
    .of(persistentVolumes)
    .create({ metadata: { name: 'other' }, spec: { capacity: size, accessModes: ['ReadWriteOnce'], storageClassName: 'grows', csi } }, {}, never);
  const claims = env.client.of(persistentVolumeClaims).namespace('default');
  await claims.create(
    { metadata: { name: 'big' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: size }, storageClassName: 'grows' } },
    {},
    never,
  );
  await env.clock.settle();
  await claims.patch('big', { type: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } }, {}, never);
  const told = await env.events('PersistentVolumeClaim');
  assert.ok(
    told.includes('ExternalExpanding: waiting for an external controller to expand this PVC'),
  );
  await env.client.of(volumeAttributesClasses).create({ metadata: { name: 'gold' }, driverName: DRIVER, parameters: { iops: '5' } }, {}, never);
  await env.clock.settle();
  assert.deepEqual((await env.client.of(volumeAttributesClasses).get('gold', never)).metadata.finalizers, ['kubernetes.io/vac-protection']);
  await env.client.of(volumeAttributesClasses).delete('gold', {}, never);
  assert.deepEqual(await env.list(volumeAttributesClasses), []);
});
