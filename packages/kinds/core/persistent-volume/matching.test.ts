import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StorageClass } from '../../storage/storage-class/schema.ts';
import type { PersistentVolumeClaim } from '../persistent-volume-claim/schema.ts';
import { defaultClassOf, findVolume, type MatchOptions, rankVolumes, whyUnsuitable } from './matching.ts';
import type { PersistentVolume } from './schema.ts';

interface Shape {
  readonly size?: string;
  readonly modes?: readonly string[];
  readonly className?: string;
  readonly mode?: 'Block' | 'Filesystem';
  readonly labels?: Readonly<Record<string, string>>;
  readonly claimRef?: { readonly name: string; readonly namespace: string; readonly uid?: string };
  readonly phase?: string;
  readonly zone?: string;
  readonly attributes?: string;
  readonly deleting?: boolean;
}

const volume = (
  name: string,
  {
    size = '5Gi',
    modes = ['ReadWriteOnce'],
    className = '',
    mode = 'Filesystem',
    labels = {},
    claimRef,
    phase = 'Available',
    zone,
    attributes,
    deleting,
  }: Shape = {},
): PersistentVolume =>
  ({
    metadata: { name, labels, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      storageClassName: className,
      volumeMode: mode,
      ...(claimRef ? { claimRef } : {}),
      ...(attributes ? { volumeAttributesClassName: attributes } : {}),
      ...(zone
        ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] } } }
        : {}),
    },
    status: { phase },
  }) as unknown as PersistentVolume;

const claim = (spec: object = {}): PersistentVolumeClaim =>
  ({
    metadata: { name: 'data', namespace: 'shop', uid: 'u1' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } }, volumeMode: 'Filesystem', ...spec },
    status: {},
  }) as unknown as PersistentVolumeClaim;

const ours = { name: 'data', namespace: 'shop' };

test('the volume of a claim', () => {
  const rows: [string, PersistentVolumeClaim, PersistentVolume[], MatchOptions, string | undefined][] = [
    [
      'the smallest that is large enough',
      claim(),
      [volume('big', { size: '9Gi' }), volume('fit', { size: '3Gi' }), volume('small', { size: '1Gi' })],
      {},
      'fit',
    ],
    [
      'fewest modes before size',
      claim(),
      [volume('shared', { modes: ['ReadWriteOnce', 'ReadWriteMany'], size: '3Gi' }), volume('own', { size: '9Gi' })],
      {},
      'own',
    ],
    ['all modes are needed', claim({ accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), [volume('a')], {}, undefined],
    ['another class', claim({ storageClassName: 'fast' }), [volume('a'), volume('b', { className: 'fast' })], {}, 'b'],
    ['no class is not any class', claim({ storageClassName: '' }), [volume('b', { className: 'fast' })], {}, undefined],
    ['device or filesystem', claim({ volumeMode: 'Block' }), [volume('a'), volume('b', { mode: 'Block' })], {}, 'b'],
    ['selector', claim({ selector: { matchLabels: { tier: 'gold' } } }), [volume('a'), volume('b', { labels: { tier: 'gold' } })], {}, 'b'],
    ['only available ones', claim(), [volume('a', { phase: 'Released' }), volume('b', { phase: 'Pending' })], {}, undefined],
    ['none that goes', claim(), [volume('a', { deleting: true })], {}, undefined],
    ['none that is taken', claim(), [volume('a', { claimRef: { ...ours, name: 'other' } })], {}, undefined],
    ['none that is promised', claim(), [volume('a')], { excluded: new Set(['a']) }, undefined],
    [
      'one kept for it wins over a better fit',
      claim(),
      [volume('fit', { size: '3Gi' }), volume('kept', { size: '50Gi', claimRef: ours })],
      {},
      'kept',
    ],
    ['one kept for a former claim of the name', claim(), [volume('kept', { claimRef: { ...ours, uid: 'u0' } })], {}, undefined],
    ['one kept for it must be large enough', claim(), [volume('kept', { size: '1Gi', claimRef: ours })], {}, undefined],
    ['the same attributes', claim({ volumeAttributesClassName: 'gold' }), [volume('a'), volume('b', { attributes: 'gold' })], {}, 'b'],
    ['while the claim waits, the binder takes only what is kept for it', claim(), [volume('a')], { waits: true }, undefined],
    ['… which it does', claim(), [volume('a', { claimRef: ours })], { waits: true }, 'a'],
  ];
  for (const [title, wanted, volumes, options, expected] of rows) assert.equal(findVolume(wanted, volumes, options)?.metadata.name, expected, title);
});

test('volumes in the order in which the scheduler tries them', () => {
  const names = (volumes: PersistentVolume[]): (string | undefined)[] => rankVolumes(claim(), volumes).map(({ metadata }) => metadata.name);
  const shared = volume('shared', { modes: ['ReadWriteOnce', 'ReadWriteMany'], size: '3Gi' });
  assert.deepEqual(names([shared, volume('big', { size: '9Gi' }), volume('fit', { size: '3Gi' }), volume('small', { size: '1Gi' })]), [
    'fit',
    'big',
    'shared',
  ]);
  assert.deepEqual(names([volume('fit', { size: '3Gi' }), volume('kept', { claimRef: ours })]), ['kept']);
  assert.deepEqual(names([volume('taken', { claimRef: { ...ours, name: 'other' } })]), []);
});

test('why a volume asked for by name does not serve', () => {
  const rows: [PersistentVolume, PersistentVolumeClaim, string | undefined][] = [
    [volume('a'), claim(), undefined],
    [volume('a', { size: '1Gi' }), claim(), 'requested PV is too small'],
    [volume('a', { className: 'fast' }), claim(), 'storageClassName does not match'],
    [volume('a', { mode: 'Block' }), claim(), 'incompatible volumeMode'],
    [volume('a', { modes: ['ReadOnlyMany'] }), claim(), 'incompatible accessMode'],
    [volume('a', { attributes: 'gold' }), claim(), 'volumeAttributesClassName does not match'],
  ];
  for (const [of, wanted, expected] of rows) assert.equal(whyUnsuitable(of, wanted), expected);
});

test('of several default classes the newest counts', () => {
  const storageClass = (name: string, minute: number, annotation?: string): StorageClass =>
    ({
      metadata: { name, creationTimestamp: `2026-01-01T00:0${minute}:00Z`, ...(annotation ? { annotations: { [annotation]: 'true' } } : {}) },
    }) as unknown as StorageClass;
  const [ga, beta] = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
  assert.equal(defaultClassOf([storageClass('a', 1)]), undefined);
  assert.equal(defaultClassOf([storageClass('a', 1, ga), storageClass('b', 2, beta), storageClass('c', 3)])?.metadata.name, 'b');
  assert.equal(defaultClassOf([storageClass('b', 1, ga), storageClass('a', 1, ga)])?.metadata.name, 'a');
});
