import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { eventually, type Harness, IMAGE, openHarness } from '../testing/harness.ts';

const { signal } = new AbortController();
const mounting = { name: 'main', image: IMAGE, command: ['sleep', '5000'], volumeMounts: [{ name: 'v', mountPath: '/v' }] };
const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];
const running = (pod: Pod): boolean => pod.status.phase === 'Running';

/** A claim and its volume, as they would be when all is well. */
async function bind(node: Harness, volume: object, claim: { readonly metadata?: object; readonly status?: object } = {}): Promise<void> {
  const made = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: { name: 'data', namespace: 'default', ...claim.metadata },
    spec: { volumeName: 'vol' },
    status: { phase: 'Bound', ...claim.status },
  };
  const { metadata } = await node.client
    .of(persistentVolumeClaims)
    .namespace('default')
    .create(made as Fresh<PersistentVolumeClaim>, {}, signal);
  const spec = { claimRef: { name: 'data', namespace: 'default', uid: metadata.uid }, ...volume };
  await node.client
    .of(persistentVolumes)
    .create({ kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'vol' }, spec, status: {} } as Fresh<PersistentVolume>, {}, signal);
}

const mountOf = async (node: Harness) => {
  const [container] = await node.runtime.listContainers({}, signal);
  return node.runtime.configOf(container!.id).mounts?.find(({ containerPath }) => containerPath === '/v');
};

describe('volumes behind claims', () => {
  it('are directories of the node, writable unless the pod says otherwise', async () => {
    for (const readOnly of [false, true]) {
      await using node = await openHarness();
      const path = join(node.directory, 'data');
      mkdirSync(path);
      await bind(node, { local: { path } });
      await node.createPod('web', { containers: [mounting], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data', readOnly } }] });
      await node.podBecomes('web', 'running', running);
      assert.deepEqual([(await mountOf(node))?.hostPath, (await mountOf(node))?.readonly], [path, readOnly]);
    }
  });

  it('are found by the name that an ephemeral volume gives its claim, if that is its own', async () => {
    await using node = await openHarness();
    const path = join(node.directory, 'data');
    const ephemeral = [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }];
    const pod = await node.createPod('web', { containers: [mounting], volumes: ephemeral });
    const owner = (uid: string) => ({ name: 'web-v', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid, controller: true }] });
    await bind(node, { hostPath: { path, type: 'DirectoryOrCreate' }, claimRef: { name: 'web-v' } }, { metadata: owner('other') });
    const foreign = 'error processing PVC default/web-v: PVC default/web-v was not created for pod default/web (pod is not owner)';
    await eventually(
      () => 'the refusal',
      async () => (await node.eventTexts()).some((text) => text.endsWith(foreign)),
    );
    const { metadata } = await node.client
      .of(persistentVolumeClaims)
      .namespace('default')
      .patch('web-v', { type: 'merge', body: { metadata: owner(pod.metadata.uid!) } }, {}, signal);
    await node.client.of(persistentVolumes).patch('vol', { type: 'merge', body: { spec: { claimRef: { uid: metadata.uid } } } }, {}, signal);
    await node.podBecomes('web', 'running', running);
    assert.equal((await mountOf(node))?.hostPath, path);
  });

  it('say in upstream’s words why they cannot be mounted', async () => {
    const failed = (why: string): string =>
      `FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: ${why}`;
    const elsewhere = {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }] }] },
    };
    const rows: [string, ((node: Harness) => Promise<void>) | undefined, string][] = [
      ['no claim', undefined, failed('failed to fetch PVC from API server: persistentvolumeclaims "data" not found')],
      ['not bound', (node) => bind(node, {}, { status: { phase: 'Pending' } }), failed('PVC is not bound')],
      [
        'going',
        (node) => bind(node, {}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['f'] } }),
        failed('PVC is being deleted'),
      ],
      [
        'a device',
        (node) => bind(node, { local: { path: '/dev/null' }, volumeMode: 'Block' }),
        failed('PVC vol has volumeMode Block, but is specified in volumeMounts'),
      ],
      [
        'on another node',
        (node) => bind(node, { local: { path: '/' }, nodeAffinity: elsewhere }),
        'FailedMount: MountVolume.NodeAffinity check failed for volume "vol" : no matching NodeSelectorTerms',
      ],
      [
        'missing directory',
        (node) => bind(node, { local: { path: '/does/not/exist' } }),
        'FailedMount: MountVolume.SetUp failed for volume "vol" : path "/does/not/exist" does not exist',
      ],
      [
        'unknown kind',
        (node) => bind(node, { nfs: { server: 's', path: '/' } }),
        'FailedMount: MountVolume.SetUp failed for volume "vol" : no volume plugin matched',
      ],
    ];
    for (const [title, prepare, expected] of rows) {
      await using node = await openHarness();
      await prepare?.(node);
      await node.createPod('web', { containers: [mounting], volumes });
      let texts: readonly string[] = [];
      await eventually(
        () => `${title}: ${texts.join('\n')}`,
        async () => {
          texts = await node.eventTexts();
          return texts.includes(expected);
        },
      );
    }
  });

  it('are devices where the pod asks for devices', async () => {
    await using node = await openHarness();
    await bind(node, { hostPath: { path: '/dev/null', type: 'CharDevice' }, volumeMode: 'Block' });
    const { volumeMounts: _none, ...container } = mounting;
    await node.createPod('web', { containers: [{ ...container, volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] }], volumes });
    await node.podBecomes('web', 'running', running);
    const [started] = await node.runtime.listContainers({}, signal);
    assert.deepEqual(node.runtime.configOf(started!.id).devices, [{ containerPath: '/dev/xvda', hostPath: '/dev/null', permissions: 'mrw' }]);
  });
});
