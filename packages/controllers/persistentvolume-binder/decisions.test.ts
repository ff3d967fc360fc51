import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { type ClaimStep, claimStep, type ClaimView, reclaimOf, statusOf, volumeStep, withClaim, withoutClaim, withVolume } from './decisions.ts';

const DONE = { 'pv.kubernetes.io/bind-completed': 'yes' };
const SELECTED = { 'volume.kubernetes.io/selected-node': 'n1' };

const claim = (spec: object = {}, annotations: object = {}, status: object = { phase: 'Pending' }): PersistentVolumeClaim =>
  ({
    metadata: { name: 'data', namespace: 'shop', uid: 'u1', annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } }, ...spec },
    status,
  }) as unknown as PersistentVolumeClaim;

const volume = (spec: object = {}, annotations: object = {}): PersistentVolume =>
  ({
    metadata: { name: 'v', annotations },
    spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase: 'Available' },
  }) as unknown as PersistentVolume;

const storageClass = (provisioner: string, volumeBindingMode = 'Immediate'): StorageClass =>
  ({ metadata: { name: 'fast' }, provisioner, volumeBindingMode }) as unknown as StorageClass;

const mine = { name: 'data', namespace: 'shop', uid: 'u1' };
const told = (step: ClaimStep): string =>
  'notice' in step && step.notice ? `${step.type} ${step.notice.type} ${step.notice.reason}: ${step.notice.message}` : step.type;

test('what a claim needs', () => {
  const fast = { storageClassName: 'fast' };
  const rows: [string, PersistentVolumeClaim, Partial<ClaimView>, string][] = [
    ['a volume fits', claim(), { candidates: [volume()] }, 'bind'],
    [
      'nothing fits, no class',
      claim({ storageClassName: '' }),
      {},
      'pending Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
    ['no class, but a default exists', claim(), { defaultClass: storageClass('x.io/y') }, 'take-class'],
    [
      'the empty class is a choice',
      claim({ storageClassName: '' }),
      { defaultClass: storageClass('x.io/y') },
      'pending Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
    ['provisioning', claim(fast), { storageClass: storageClass('x.io/y') }, 'provision'],
    ['unknown class', claim(fast), {}, 'pending Warning ProvisioningFailed: storageclass.storage.k8s.io "fast" not found'],
    [
      'volumes by hand',
      claim(fast),
      { storageClass: storageClass('kubernetes.io/no-provisioner') },
      'pending Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    ],
    ['waiting for the consumer', claim(fast), { storageClass: storageClass('x.io/y', 'WaitForFirstConsumer') }, 'wait'],
    ['the consumer is scheduled', claim(fast, SELECTED), { storageClass: storageClass('x.io/y', 'WaitForFirstConsumer') }, 'provision'],
    ['named, not there yet', claim({ volumeName: 'v' }), {}, 'pending'],
    ['named and free', claim({ volumeName: 'v' }), { named: volume() }, 'bind'],
    [
      'named, too small',
      claim({ volumeName: 'v' }),
      { named: volume({ capacity: { storage: '1Gi' } }) },
      'pending Warning VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
    ],
    ['named, kept for it', claim({ volumeName: 'v' }), { named: volume({ claimRef: mine }) }, 'bind'],
    [
      'named, taken',
      claim({ volumeName: 'v' }),
      { named: volume({ claimRef: { ...mine, name: 'x' } }) },
      'pending Warning FailedBinding: volume "v" already bound to a different claim.',
    ],
    ['bound', claim({ volumeName: 'v' }, DONE), { named: volume({ claimRef: mine }) }, 'bind'],
    ['bound, the volume forgot', claim({ volumeName: 'v' }, DONE), { named: volume() }, 'bind'],
    [
      'bound, reference lost',
      claim({}, DONE),
      {},
      'lost Warning ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
    ],
    [
      'bound, volume gone',
      claim({ volumeName: 'v' }, DONE),
      {},
      'lost Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    ],
    [
      'bound, volume of another',
      claim({ volumeName: 'v' }, DONE),
      { named: volume({ claimRef: { ...mine, uid: 'u2' } }) },
      'lost Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
    ],
  ];
  for (const [title, of, view, expected] of rows) {
    const step = claimStep(of, { named: undefined, candidates: [], excluded: new Set(), storageClass: undefined, defaultClass: undefined, ...view });
    assert.equal(told(step), expected, title);
  }
});

test('what a volume needs', () => {
  const provisioned = { 'pv.kubernetes.io/provisioned-by': 'x.io/y' };
  const bound = volume({ claimRef: mine });
  const rows: [string, PersistentVolume, PersistentVolumeClaim | undefined, string][] = [
    ['free', volume(), undefined, 'Available'],
    ['kept for a claim by name', volume({ claimRef: { name: 'data', namespace: 'shop' } }), claim(), 'Available'],
    ['its claim is gone', bound, undefined, 'release'],
    ['its claim was replaced', volume({ claimRef: { ...mine, uid: 'u0' } }), claim(), 'release'],
    ['the binding is half done', bound, claim(), 'leave-to-claim'],
    ['a device for a filesystem', volume({ claimRef: mine, volumeMode: 'Block' }), claim(), 'mode-mismatch'],
    ['bound', bound, claim({ volumeName: 'v' }), 'Bound'],
    ['its claim went elsewhere', bound, claim({ volumeName: 'w' }), 'unbind'],
    [
      '… made for it, it goes',
      volume({ claimRef: mine, persistentVolumeReclaimPolicy: 'Delete' }, provisioned),
      claim({ volumeName: 'w' }),
      'release',
    ],
    [
      '… kept by policy, it is free',
      volume({ claimRef: mine, persistentVolumeReclaimPolicy: 'Retain' }, provisioned),
      claim({ volumeName: 'w' }),
      'unbind',
    ],
  ];
  for (const [title, of, by, expected] of rows) {
    const step = volumeStep(of, by);
    assert.equal(step.type === 'phase' ? step.phase : step.type, expected, title);
  }
});

test('how a volume is reclaimed', () => {
  const rows: [object, object, string][] = [
    [{ persistentVolumeReclaimPolicy: 'Retain' }, {}, 'keep'],
    [{ persistentVolumeReclaimPolicy: 'Delete', csi: {} }, { 'pv.kubernetes.io/provisioned-by': 'x.io/y' }, 'external'],
    [
      { persistentVolumeReclaimPolicy: 'Delete', csi: {} },
      {},
      'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
    ],
    [{ persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/tmp/x' } }, {}, 'remove'],
    [
      { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/data' } },
      {},
      'VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data',
    ],
    [{ persistentVolumeReclaimPolicy: 'Recycle', hostPath: { path: '/data' } }, {}, 'recycle'],
    [{ persistentVolumeReclaimPolicy: 'Recycle', csi: {} }, {}, 'VolumeFailedRecycle: No recycler plugin found for the volume!'],
    [{}, {}, 'VolumeUnknownReclaimPolicy: Volume has unrecognized reclaim policy'],
  ];
  for (const [spec, annotations, expected] of rows) {
    const reclaim = reclaimOf(volume(spec, annotations));
    assert.equal(reclaim.type === 'fail' ? `${reclaim.notice.reason}: ${reclaim.notice.message}` : reclaim.type, expected);
  }
});

test('bindings are written once, marked with who chose, and taken back', () => {
  const named = withClaim(volume(), claim());
  assert.deepEqual(named.metadata.annotations, { 'pv.kubernetes.io/bound-by-controller': 'yes' });
  assert.deepEqual(named.spec.claimRef, { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...mine });
  assert.equal(withClaim(named, claim()), named);
  const kept = withClaim(volume({ claimRef: { name: 'data', namespace: 'shop' } }), claim());
  assert.deepEqual([kept.metadata.annotations, kept.spec.claimRef?.uid], [{}, 'u1'], 'a person chose this one');
  assert.deepEqual([withoutClaim(named).spec.claimRef, withoutClaim(named).metadata.annotations], [undefined, {}]);
  assert.equal(withoutClaim(kept).spec.claimRef?.name, 'data');
  assert.equal(withoutClaim(kept).spec.claimRef?.uid, undefined);
  const done = withVolume(claim(), volume());
  assert.deepEqual(done.metadata.annotations, { ...DONE, 'pv.kubernetes.io/bound-by-controller': 'yes' });
  assert.equal(withVolume(done, volume()), done);
  assert.deepEqual(withVolume(claim({ volumeName: 'v' }), volume()).metadata.annotations, DONE);
});

test('the status of a claim follows its volume; capacity only when it becomes bound', () => {
  const of = volume({ volumeAttributesClassName: 'gold' });
  const bound = statusOf(claim(), 'Bound', of);
  assert.deepEqual(bound, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' }, currentVolumeAttributesClassName: 'gold' });
  const later = claim({}, {}, bound);
  assert.equal(statusOf(later, 'Bound', volume({ capacity: { storage: '9Gi' } })), bound);
  assert.deepEqual(statusOf(later, 'Lost', undefined), { phase: 'Lost' });
  const pending = claim();
  assert.equal(statusOf(pending, 'Pending', undefined), pending.status);
});
