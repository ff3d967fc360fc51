import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Informer } from '#client/informer.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import type { CSIStorageCapacity } from '#kinds/storage/csi-storage-capacity/schema.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { Assumptions } from './volume-assumptions.ts';
import { cycleVolumes, fitsAnywhere, volumesOnNode } from './volume-fit.ts';
import { exceeds } from './volume-limits.ts';
import { disksConflict } from './volume-restrictions.ts';
import { claimsOfPod, concernsPod, type PodClaims, type VolumeView } from './volume-view.ts';
import { liesIn, placesOf } from './volume-zone.ts';

interface World {
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly classes?: readonly StorageClass[];
  readonly driver?: CSIDriver;
  readonly capacities?: readonly CSIStorageCapacity[];
}

/** An informer's cache that a test fills. */
function informerOf<T extends { readonly metadata: { readonly name?: string; readonly namespace?: string } }>(
  objects: readonly T[],
): Informer<never> {
  const key = ({ metadata }: T): string => (metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? ''));
  const found = new Map(objects.map((object) => [key(object), object]));
  return { resourceVersion: '10', lister: { get: (name: string) => found.get(name), byIndex: () => objects } } as unknown as Informer<never>;
}

function viewOf({ claims = [], volumes = [], classes = [], driver, capacities = [] }: World): VolumeView {
  const known = new Assumptions<never>(informerOf(volumes));
  return {
    claims: new Assumptions<never>(informerOf(claims)),
    volumes: known,
    volumesFor: () => volumes,
    storageClass: (name) => classes.find(({ metadata }) => metadata.name === name),
    driver: () => driver,
    capacities: () => capacities,
  };
}

const storageClass = (fields: object = {}): StorageClass =>
  ({ metadata: { name: 'fast' }, provisioner: 'x.io/y', volumeBindingMode: 'WaitForFirstConsumer', ...fields }) as unknown as StorageClass;
const claim = (name: string, spec: object = {}, metadata: object = {}, status: object = { phase: 'Pending' }): PersistentVolumeClaim =>
  ({
    metadata: { name, namespace: 'shop', uid: `u-${name}`, ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '3Gi' } }, ...spec },
    status,
  }) as unknown as PersistentVolumeClaim;
const bound = (name: string, volumeName: string): PersistentVolumeClaim =>
  claim(name, { volumeName }, { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, { phase: 'Bound' });
const volume = (name: string, zone?: string, spec: object = {}): PersistentVolume =>
  ({
    metadata: { name, resourceVersion: '5' },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      ...(zone
        ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] } } }
        : {}),
      ...spec,
    },
    status: { phase: 'Available' },
  }) as unknown as PersistentVolume;
const node = (zone: string): Node => ({ metadata: { name: `node-${zone}`, labels: { zone } } }) as unknown as Node;
const pod = (...names: string[]): Pod =>
  ({
    metadata: { name: 'web', namespace: 'shop', uid: 'p1' },
    spec: { volumes: names.map((claimName, at) => ({ name: `v${at}`, persistentVolumeClaim: { claimName } })) },
  }) as unknown as Pod;

test('the claims of a pod, and why it cannot be scheduled at all', () => {
  const ephemeral = {
    metadata: { name: 'web', namespace: 'shop', uid: 'p1' },
    spec: { volumes: [{ name: 'tmp', ephemeral: {} }] },
  } as unknown as Pod;
  const owner = [{ kind: 'Pod', name: 'web', uid: 'p1', controller: true }];
  const count = (claims: PodClaims): string => `${claims.bound.length} bound, ${claims.delayed.length} delayed, ${claims.immediate.length} immediate`;
  const classes = [storageClass()];
  const rows: [string, Pod, World, string | undefined][] = [
    ['none', pod(), {}, undefined],
    ['missing', pod('a'), {}, 'persistentvolumeclaim "a" not found'],
    [
      'lost',
      pod('a'),
      { claims: [claim('a', { volumeName: 'v' }, {}, { phase: 'Lost' })] },
      'persistentvolumeclaim "a" bound to non-existent persistentvolume "v"',
    ],
    ['going', pod('a'), { claims: [claim('a', {}, { deletionTimestamp: 'now' })] }, 'persistentvolumeclaim "a" is being deleted'],
    ['not made yet', ephemeral, {}, 'waiting for ephemeral volume controller to create the persistentvolumeclaim "web-tmp"'],
    ["somebody else's", ephemeral, { claims: [claim('web-tmp')] }, 'PVC shop/web-tmp was not created for pod shop/web (pod is not owner)'],
    ['its own', ephemeral, { claims: [claim('web-tmp', {}, { ownerReferences: owner })], classes }, '0 bound, 1 delayed, 0 immediate'],
    [
      'of each sort',
      pod('a', 'b', 'c', 'd'),
      { claims: [bound('a', 'v'), claim('b'), claim('c', { storageClassName: 'now' }), claim('d', { volumeName: 'w' })], classes },
      '1 bound, 1 delayed, 2 immediate',
    ],
  ];
  for (const [title, of, world, expected] of rows) {
    const found = claimsOfPod(of, viewOf(world));
    assert.equal(typeof found === 'object' ? count(found) : found, expected, title);
  }
});

test('what a node can give', () => {
  const waiting = (...claims: PersistentVolumeClaim[]): PodClaims => ({ bound: [], delayed: claims, immediate: [] });
  const has = (...claims: PersistentVolumeClaim[]): PodClaims => ({ bound: claims, delayed: [], immediate: [] });
  const selected = (name: string) => claim('a', {}, { annotations: { 'volume.kubernetes.io/selected-node': name } });
  const classes = [storageClass()];
  const byHand = [storageClass({ provisioner: 'kubernetes.io/no-provisioner' })];
  const driver = { spec: { storageCapacity: true } } as unknown as CSIDriver;
  const capacity = (zone: string, size: string, largest?: string): CSIStorageCapacity =>
    ({
      storageClassName: 'fast',
      nodeTopology: { matchLabels: { zone } },
      capacity: size,
      ...(largest ? { maximumVolumeSize: largest } : {}),
    }) as unknown as CSIStorageCapacity;
  const inZone = (zone: string) => storageClass({ allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: [zone] }] }] });
  const rows: [string, PodClaims, World, string][] = [
    ['bound here', has(bound('a', 'v')), { volumes: [volume('v', 'a')] }, ''],
    ['bound elsewhere', has(bound('a', 'v')), { volumes: [volume('v', 'b')] }, "node(s) didn't match PersistentVolume's node affinity"],
    ['its volume is gone', has(bound('a', 'v')), {}, 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
    ['a volume stands ready', waiting(claim('a')), { volumes: [volume('v', 'a')], classes: byHand }, 'a=v'],
    [
      'small claims leave large volumes to others',
      waiting(claim('a', { resources: { requests: { storage: '8Gi' } } }), claim('b')),
      { volumes: [volume('v'), volume('w', undefined, { capacity: { storage: '9Gi' } })], classes: byHand },
      'b=v a=w',
    ],
    [
      'none is reachable, none is made',
      waiting(claim('a')),
      { volumes: [volume('v', 'b')], classes: byHand },
      "node(s) didn't find available persistent volumes to bind",
    ],
    ['one is made', waiting(claim('a')), { classes }, 'a=new'],
    ['another node was chosen', waiting(selected('node-b')), { classes }, "node(s) didn't find available persistent volumes to bind"],
    ['this node was chosen', waiting(selected('node-a')), { classes, volumes: [volume('v')] }, 'a=new'],
    ['made elsewhere only', waiting(claim('a')), { classes: [inZone('b')] }, "node(s) didn't find available persistent volumes to bind"],
    ['made here', waiting(claim('a')), { classes: [inZone('a')] }, 'a=new'],
    [
      'no room',
      waiting(claim('a')),
      { classes, driver, capacities: [capacity('a', '2Gi'), capacity('b', '9Gi')] },
      'node(s) did not have enough free storage',
    ],
    ['room', waiting(claim('a')), { classes, driver, capacities: [capacity('a', '4Gi')] }, 'a=new'],
    [
      'room, but not in one piece',
      waiting(claim('a')),
      { classes, driver, capacities: [capacity('a', '9Gi', '1Gi')] },
      'node(s) did not have enough free storage',
    ],
    [
      'both reasons',
      { bound: [bound('a', 'v')], delayed: [claim('b')], immediate: [] },
      { volumes: [volume('v', 'b')], classes: byHand },
      "node(s) didn't match PersistentVolume's node affinity, node(s) didn't find available persistent volumes to bind",
    ],
  ];
  for (const [title, claims, world, expected] of rows) {
    const view = viewOf(world);
    const found = volumesOnNode(claims, node('a'), view, cycleVolumes(claims, view));
    const text =
      'bindings' in found
        ? [
            ...found.bindings.map((one) => `${one.claim.metadata.name}=${one.volume.metadata.name}`),
            ...found.provisions.map(({ metadata }) => `${metadata.name}=new`),
          ].join(' ')
        : found.join(', ');
    assert.equal(text, expected, title);
  }
});

test('pods whose volumes are everywhere need no look at nodes', () => {
  const has = (...claims: PersistentVolumeClaim[]): PodClaims => ({ bound: claims, delayed: [], immediate: [] });
  const view = viewOf({ volumes: [volume('v'), volume('w', 'a')] });
  const anywhere = (claims: PodClaims): boolean => fitsAnywhere(claims, cycleVolumes(claims, view));
  assert.deepEqual([has(bound('a', 'v')), has(bound('a', 'w')), has(bound('a', 'gone')), { ...has(), delayed: [claim('b')] }].map(anywhere), [
    true,
    false,
    false,
    false,
  ]);
});

test('promises hold until they are taken back, written or overtaken', () => {
  const stored = volume('v');
  const informer = informerOf([stored]);
  const seen = new Assumptions<never>(informer) as unknown as Assumptions<PersistentVolume>;
  const promised = volume('v', undefined, { claimRef: { name: 'a' } });
  seen.assume(promised);
  assert.equal(seen.get('v'), promised);
  seen.forget('v');
  assert.equal(seen.get('v'), stored);
  const written = { ...promised, metadata: { ...promised.metadata, resourceVersion: '11' } };
  seen.wrote(written);
  seen.forget('v');
  assert.equal(seen.get('v'), written, 'what is written is not taken back');
  (informer as { resourceVersion: string }).resourceVersion = '11';
  assert.equal(seen.get('v'), stored, 'the informer has caught up');
});

test('zones and regions of volumes', () => {
  const labelled = (labels: Record<string, string>): PersistentVolume => ({ metadata: { name: 'v', labels } }) as unknown as PersistentVolume;
  const at = (labels: Record<string, string>): Node => ({ metadata: { name: 'n', labels } }) as unknown as Node;
  const [zone, region, oldZone] = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone'];
  const rows: [Record<string, string>, Record<string, string>, boolean][] = [
    [{ [zone]: 'a' }, { [zone]: 'a' }, true],
    [{ [zone]: 'a' }, { [zone]: 'b' }, false],
    [{ [zone]: 'a__b' }, { [zone]: 'b' }, true],
    [{ [zone]: 'a' }, {}, true],
    [{ [zone]: 'a' }, { [region]: 'r' }, false],
    [{ [oldZone]: 'a' }, { [zone]: 'a' }, true],
    [{ [zone]: 'a', [region]: 'r' }, { [zone]: 'a', [region]: 's' }, false],
  ];
  for (const [of, labels, expected] of rows)
    assert.equal(liesIn(at(labels), placesOf(labelled(of))), expected, `${JSON.stringify(of)} on ${JSON.stringify(labels)}`);
});

test('disks that two pods of a node may not share', () => {
  const disk = (fields: object): Volume => ({ name: 'v', ...fields }) as Volume;
  const gce = (pdName: string, readOnly = false) => disk({ gcePersistentDisk: { pdName, readOnly } });
  const rbd = (monitors: string[], readOnly = false) => disk({ rbd: { monitors, pool: 'p', image: 'i', readOnly } });
  const rows: [Volume, Volume, boolean][] = [
    [gce('a'), gce('a'), true],
    [gce('a', true), gce('a', true), false],
    [gce('a'), gce('b'), false],
    [gce('a'), disk({ awsElasticBlockStore: { volumeID: 'a' } }), false],
    [disk({ awsElasticBlockStore: { volumeID: 'a', readOnly: true } }), disk({ awsElasticBlockStore: { volumeID: 'a', readOnly: true } }), true],
    [rbd(['x', 'y']), rbd(['y']), true],
    [rbd(['x']), rbd(['y']), false],
    [rbd(['x'], true), rbd(['x'], true), false],
    [disk({ iscsi: { iqn: 'q' } }), disk({ iscsi: { iqn: 'q', readOnly: true } }), true],
  ];
  for (const [a, b, expected] of rows) assert.equal(disksConflict(a, b), expected);
});

test('limits of volumes per driver', () => {
  const of = (driver: string, ...names: string[]): Map<string, string> => new Map(names.map((name) => [name, driver]));
  const limits = new Map([['d', 2]]);
  const rows: [Map<string, string>, Map<string, string>, boolean][] = [
    [of('d', 'a'), of('d'), false],
    [of('d', 'a'), of('d', 'b', 'c'), true],
    [of('d', 'b'), of('d', 'b', 'c'), false],
    [of('e', 'a'), of('d', 'b', 'c'), false],
    [of('d', 'a', 'x', 'y'), of('e', 'b', 'c'), true],
  ];
  for (const [wanted, present, expected] of rows) assert.equal(exceeds(wanted, present, limits), expected);
});

test('which changes concern a pod', () => {
  const event = (name: string, namespace = 'shop', kind = 'PersistentVolumeClaim') =>
    ({ type: 'PersistentVolumeClaimUpdate', next: { kind, metadata: { name, namespace } } }) as never;
  assert.deepEqual(
    [event('a'), event('b'), event('a', 'else'), event('v', '', 'PersistentVolume')].map((one) => concernsPod(pod('a'), one)),
    [true, false, false, true],
  );
});
