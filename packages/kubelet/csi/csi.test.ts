import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import { csiNodes } from '#kinds/storage/csi-node/kind.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import { type FakeDriver, type FakeDriverOptions, startFakeDriver } from '../testing/fake-csi-driver.ts';
import { eventually, type Harness, IMAGE, openHarness } from '../testing/harness.ts';
import { attachmentName, uniqueName } from './attached.ts';
import { expandedStatus, needsExpansion } from './expand.ts';
import { accessModeOf, appliesFsGroup } from './request.ts';

const { signal } = new AbortController();
const DRIVER = 'disk.example.com';
const UNIQUE = uniqueName(DRIVER, 'handle');
const container = { name: 'main', image: IMAGE, command: ['sleep', '5000'], volumeMounts: [{ name: 'v', mountPath: '/v' }] };
const running = (pod: Pod): boolean => pod.status.phase === 'Running';

async function withDriver(node: Harness, options: Partial<FakeDriverOptions> = {}): Promise<FakeDriver> {
  const driver = await startFakeDriver({
    name: DRIVER,
    directory: join(node.directory, 'driver'),
    registrationDirectory: join(node.directory, 'root/plugins_registry'),
    ...options,
  });
  await eventually(
    () => 'the driver to be registered',
    () => driver.registered,
  );
  return driver;
}

async function addDriver(node: Harness, spec: Fresh<CSIDriver['spec']>): Promise<void> {
  await node.client
    .of(csiDrivers)
    .create({ kind: 'CSIDriver', apiVersion: 'storage.k8s.io/v1', metadata: { name: DRIVER }, spec } as Fresh<CSIDriver>, {}, signal);
}

async function addClaim(node: Harness, csi: object = {}, claimStatus: object = {}): Promise<void> {
  const volume = {
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: { name: 'data', namespace: 'default', uid: 'c1' },
      csi: { driver: DRIVER, volumeHandle: 'handle', fsType: 'ext4', ...csi },
    },
    status: { phase: 'Bound' },
  };
  const claim = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: { name: 'data', namespace: 'default', uid: 'c1' },
    spec: { volumeName: 'disk', accessModes: ['ReadWriteOnce'] },
    status: { phase: 'Bound', capacity: { storage: '2Gi' }, ...claimStatus },
  };
  await node.client.of(persistentVolumes).create(volume as Fresh<PersistentVolume>, {}, signal);
  const created = await node.client
    .of(persistentVolumeClaims)
    .namespace('default')
    .create(claim as Fresh<PersistentVolumeClaim>, {}, signal);
  const uid = created.metadata.uid;
  await node.client.of(persistentVolumes).patch('disk', { type: 'merge', body: { spec: { claimRef: { uid } } } }, {}, signal);
}

const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];

describe('CSI volumes', () => {
  it('say which drivers the node has, and that one has left', async () => {
    await using node = await openHarness();
    await eventually(
      () => 'the CSINode',
      async () => (await node.client.of(csiNodes).list({}, signal)).items.some(({ metadata }) => metadata.name === 'node-1'),
    );
    const driver = await withDriver(node, { topology: { 'topology.example.com/zone': 'a' }, maxVolumes: 8 });
    const { spec } = await node.client.of(csiNodes).get('node-1', signal);
    assert.deepEqual(spec.drivers, [{ name: DRIVER, nodeID: 'fake-node', topologyKeys: ['topology.example.com/zone'], allocatable: { count: 8 } }]);
    const { metadata } = await node.client.of(nodes).get('node-1', signal);
    assert.deepEqual(JSON.parse(metadata.annotations?.['csi.volume.kubernetes.io/nodeid'] ?? ''), { [DRIVER]: 'fake-node' });
    assert.equal(metadata.labels?.['topology.example.com/zone'], 'a');
    await driver[Symbol.asyncDispose]();
    await eventually(
      () => 'the driver to leave',
      async () => (await node.client.of(csiNodes).get('node-1', signal)).spec.drivers?.length !== 1,
    );
  });

  it('are attached, staged and published for a pod, and undone after it, also by the next process', async () => {
    await using node = await openHarness();
    await using driver = await withDriver(node);
    await addClaim(node);
    await node.createPod('web', { containers: [container], volumes });
    // The controller's part: it attaches when the node says that it wants to use the volume.
    await eventually(
      () => 'the volume to be in use',
      async () => (await node.client.of(nodes).get('node-1', signal)).status.volumesInUse?.includes(UNIQUE),
    );
    assert.deepEqual(driver.calls, []);
    const attachment = {
      kind: 'VolumeAttachment',
      apiVersion: 'storage.k8s.io/v1',
      metadata: { name: attachmentName(DRIVER, 'handle', 'node-1') },
      spec: { attacher: DRIVER, nodeName: 'node-1', source: { persistentVolumeName: 'disk' } },
      status: { attached: true, attachmentMetadata: { device: '/dev/x' } },
    };
    await node.client.of(volumeAttachments).create(attachment, {}, signal);
    await node.client
      .of(nodes)
      .patch(
        'node-1',
        { type: 'merge', body: { status: { volumesAttached: [{ name: UNIQUE, devicePath: '' }] } }, subresource: 'status' },
        {},
        signal,
      );
    const pod = await node.podBecomes('web', 'running', running);
    assert.deepEqual(driver.calls, ['stage handle ext4 singleNodeWriter', 'publish handle']);
    assert.deepEqual(driver.published?.publishContext, { device: '/dev/x' });
    const target = join(node.directory, 'root/pods', pod.metadata.uid ?? '', 'volumes/kubernetes.io~csi/disk/mount');
    assert.equal(readFileSync(join(target, 'volume'), 'utf8'), 'handle');
    const [id] = (await node.runtime.listContainers({}, signal)).map((one) => one.id);
    assert.deepEqual(node.runtime.configOf(id!).mounts?.find(({ containerPath }) => containerPath === '/v')?.hostPath, target);
    await node.restart();
    await eventually(
      () => 'the driver to be known again',
      async () => (await node.client.of(nodes).get('node-1', signal)).status.volumesInUse?.includes(UNIQUE),
    );
    assert.deepEqual(
      (await node.client.of(nodes).get('node-1', signal)).status.volumesAttached,
      [{ name: UNIQUE, devicePath: '' }],
      'the node leaves the report of the controller alone',
    );
    await node.deletePod('web', 0);
    await node.podVanishes('web');
    assert.deepEqual(driver.calls.slice(-2), ['unpublish handle', 'unstage handle']);
    assert.ok(!existsSync(target));
    await eventually(
      () => 'the volume to be free',
      async () => !(await node.client.of(nodes).get('node-1', signal)).status.volumesInUse?.length,
    );
  });

  it('tell the pod what the driver said, and try again', async () => {
    await using node = await openHarness();
    await addDriver(node, { attachRequired: false });
    await addClaim(node);
    await node.createPod('web', { containers: [container], volumes });
    await eventually(
      () => 'the missing driver to be told',
      async () =>
        (await node.eventTexts()).includes(
          `FailedMount: MountVolume.SetUp failed for volume "disk" : kubernetes.io/csi: driver name ${DRIVER} not found in the list of registered CSI drivers`,
        ),
    );
    await using driver = await withDriver(node);
    driver.failure = 'no room';
    await eventually(
      () => 'the failure to be told',
      async () =>
        (await node.eventTexts()).includes(
          'FailedMount: MountVolume.SetUp failed for volume "disk" : rpc error: code = FailedPrecondition desc = no room',
        ),
    );
    driver.failure = undefined;
    await node.podBecomes('web', 'running', running);
  });

  it('know the pod, its secrets, and whether it may write', async () => {
    await using node = await openHarness();
    await addDriver(node, { attachRequired: false, podInfoOnMount: true });
    await using driver = await withDriver(node, { capabilities: [] });
    await node.client
      .of(secrets)
      .namespace('default')
      .create(
        { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'key', namespace: 'default' }, data: { user: Buffer.from('me').toString('base64') } },
        {},
        signal,
      );
    await addClaim(node, { volumeAttributes: { tier: 'gold' }, nodePublishSecretRef: { name: 'key', namespace: 'default' } });
    await node.createPod('web', { containers: [container], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data', readOnly: true } }] });
    await node.podBecomes('web', 'running', running);
    assert.deepEqual(driver.calls, ['publish handle'], 'a driver that does not stage is not asked to');
    assert.equal(driver.published?.readonly, true);
    assert.deepEqual(driver.published?.secrets, { user: 'me' });
    assert.equal(driver.published?.volumeContext['tier'], 'gold');
    assert.equal(driver.published?.volumeContext['csi.storage.k8s.io/pod.name'], 'web');
    assert.equal(driver.published?.volumeContext['csi.storage.k8s.io/ephemeral'], 'false');
  });

  it('stand in the pod itself, when the driver takes that', async () => {
    await using node = await openHarness();
    await using driver = await withDriver(node);
    const inline = [{ name: 'v', csi: { driver: DRIVER, volumeAttributes: { size: '1' } } }];
    await node.createPod('early', { containers: [container], volumes: inline });
    await eventually(
      () => 'the refusal to be told',
      async () =>
        (await node.eventTexts()).includes(
          `FailedMount: MountVolume.SetUp failed for volume "v" : volume mode "Ephemeral" not supported by driver ${DRIVER} (only supports ["Persistent"])`,
        ),
    );
    await addDriver(node, { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ['Ephemeral'] });
    await node.createPod('web', { containers: [container], volumes: inline });
    await node.podBecomes('web', 'running', running);
    assert.match(driver.calls.at(-1) ?? '', /^publish csi-[0-9a-f]{64}$/);
    assert.equal(driver.published?.volumeContext['csi.storage.k8s.io/ephemeral'], 'true');
    await node.deletePod('web', 0);
    await node.podVanishes('web');
    assert.ok(driver.calls.some((call) => call.startsWith('unpublish csi-')));
  });

  it('grow on the node when it is its turn', async () => {
    await using node = await openHarness();
    await addDriver(node, { attachRequired: false });
    await using driver = await withDriver(node, { capabilities: ['stageUnstageVolume', 'expandVolume'] });
    const pending = { type: 'FileSystemResizePending', status: 'True' };
    await addClaim(node, {}, { capacity: { storage: '1Gi' }, conditions: [pending], allocatedResourceStatuses: { storage: 'NodeResizePending' } });
    await node.createPod('web', { containers: [container], volumes });
    await node.podBecomes('web', 'running', running);
    assert.deepEqual(driver.calls, ['stage handle ext4 singleNodeWriter', 'publish handle', `expand handle ${2 ** 31}`]);
    const { status } = await node.client.of(persistentVolumeClaims).namespace('default').get('data', signal);
    assert.deepEqual([status.capacity, status.conditions, status.allocatedResourceStatuses], [{ storage: '2Gi' }, undefined, undefined]);
  });
});

describe('CSI decisions', () => {
  it('access modes', () => {
    const rows: [string[], boolean, string][] = [
      [['ReadWriteOnce'], false, 'singleNodeWriter'],
      [['ReadWriteOnce'], true, 'singleNodeMultiWriter'],
      [['ReadWriteOncePod'], true, 'singleNodeSingleWriter'],
      [['ReadOnlyMany'], true, 'multiNodeReaderOnly'],
      [['ReadWriteOnce', 'ReadWriteMany'], false, 'multiNodeMultiWriter'],
    ];
    for (const [modes, finer, expected] of rows) assert.equal(accessModeOf(modes, finer), expected);
  });

  it('who gives files to the group', () => {
    const driver = (fsGroupPolicy?: string): CSIDriver => ({ spec: fsGroupPolicy ? { fsGroupPolicy } : {} }) as CSIDriver;
    const use = { accessModes: ['ReadWriteOnce'], block: false, fsType: 'ext4' };
    const none = new Set<never>();
    assert.equal(appliesFsGroup(undefined, use, false, none), true);
    assert.equal(appliesFsGroup(undefined, { ...use, fsType: '' }, false, none), false);
    assert.equal(appliesFsGroup(undefined, { ...use, accessModes: ['ReadWriteMany'] }, false, none), false);
    assert.equal(appliesFsGroup(driver('File'), { ...use, accessModes: ['ReadWriteMany'] }, false, none), true);
    assert.equal(appliesFsGroup(driver('None'), use, false, none), false);
    assert.equal(appliesFsGroup(undefined, use, true, none), false);
    assert.equal(appliesFsGroup(undefined, use, false, new Set(['volumeMountGroup'] as const)), false);
  });

  it('when the node expands, and what the claim says then', () => {
    const volume = { spec: { capacity: { storage: '2Gi' } } } as unknown as PersistentVolume;
    const claim = (status: object): PersistentVolumeClaim =>
      ({ status: { capacity: { storage: '1Gi' }, ...status } }) as unknown as PersistentVolumeClaim;
    const pending = { conditions: [{ type: 'FileSystemResizePending', status: 'True' }] };
    assert.equal(needsExpansion(claim(pending), volume), true);
    assert.equal(needsExpansion(claim({ allocatedResourceStatuses: { storage: 'NodeResizePending' } }), volume), true);
    assert.equal(needsExpansion(claim({}), volume), false, 'the controller is not done yet');
    assert.equal(needsExpansion(claim({ ...pending, capacity: { storage: '2Gi' } }), volume), false);
    const unused = { type: 'Unused', status: 'True' };
    assert.deepEqual(expandedStatus(claim({ conditions: [...pending.conditions, unused] }), '2Gi'), {
      capacity: { storage: '2Gi' },
      conditions: [unused],
    });
  });
});
