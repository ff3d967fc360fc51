import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { persistentVolumes } from '../persistent-volume/kind.ts';
import { persistentVolumeClaims } from './kind.ts';

const claim = (spec: object): object => ({
  kind: 'PersistentVolumeClaim',
  apiVersion: 'v1',
  metadata: { name: 'c', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const volume = (spec: object): object => ({
  kind: 'PersistentVolume',
  apiVersion: 'v1',
  metadata: { name: 'v' },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...spec },
});

createCases(persistentVolumeClaims, {
  'no access modes': [claim({ accessModes: [] }), ['spec.accessModes: Required value: at least 1 access mode is required']],
  'bad access mode': [
    claim({ accessModes: ['Write'] }),
    ['spec.accessModes: Unsupported value: "Write": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'],
  ],
  'once pod with others': [
    claim({ accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] }),
    ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  ],
  'no request': [claim({ resources: {} }), ['spec.resources[storage]: Required value']],
  'no room': [claim({ resources: { requests: { storage: '0' } } }), ['spec.resources[storage]: Invalid value: "0": must be greater than zero']],
  'bad class': [
    claim({ storageClassName: 'A_b' }),
    [
      `spec.storageClassName: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  'bad mode': [claim({ volumeMode: 'Tape' }), ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"']],
  'bad source': [
    claim({ dataSource: { kind: '', name: '' } }),
    [
      'spec.dataSource.name: Required value',
      'spec.dataSource.kind: Required value',
      `spec.dataSource: Invalid value: "": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      'spec.dataSourceRef.name: Required value',
      'spec.dataSourceRef.kind: Required value',
      `spec.dataSourceRef: Invalid value: "": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    ],
  ],
});

updateCases(persistentVolumeClaims, claim({ storageClassName: 'fast' }), {
  class: [
    (draft) => void (draft.spec!.storageClassName = 'slow'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 2 identical fields\n- \tStorageClassName: "fast",\n+ \tStorageClassName: "slow",\n  \t... // 1 identical field\n  }\n',
    ],
  ],
  less: [
    (draft) => void (draft.spec!.resources!.requests = { storage: '1Mi' }),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 1 identical field\n  \tResources: {\n  \t\tRequests: {\n- \t\t\tStorage: "1Gi",\n+ \t\t\tStorage: "1Mi",\n  \t\t},\n  \t},\n  \t... // 2 identical fields\n  }\n',
    ],
  ],
  'volume name': [(draft) => void (draft.spec!.volumeName = 'v'), []],
});

createCases(persistentVolumes, {
  'no capacity': [volume({ capacity: {} }), ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"']],
  'no access modes': [volume({ accessModes: [] }), ['spec.accessModes: Required value']],
  'no source': [volume({ hostPath: undefined }), ['spec: Required value: must specify a volume type']],
  'two sources': [volume({ nfs: { server: 's', path: '/' } }), ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
  'bad reclaim policy': [
    volume({ persistentVolumeReclaimPolicy: 'Burn' }),
    ['spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"'],
  ],
  'recycled root': [
    volume({ hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    [`spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'`],
  ],
  'local without node': [
    volume({ hostPath: undefined, local: { path: '/mnt' } }),
    ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  ],
});

updateCases(persistentVolumes, volume({}), {
  'reclaim policy': [(draft) => void (draft.spec!.persistentVolumeReclaimPolicy = 'Delete'), []],
  source: [
    (draft) => void (draft.spec!.hostPath = { path: '/other' }),
    [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  core.PersistentVolumeSource{\n  \tHostPath: {\n- \t\tPath: "/data",\n+ \t\tPath: "/other",\n  \t\t... // 1 identical field\n  \t},\n  }\n',
    ],
  ],
  mode: [(draft) => void (draft.spec!.volumeMode = 'Block'), ['volumeMode: Invalid value: "Block": field is immutable']],
});

test('defaults and columns', () => {
  const object = created(persistentVolumeClaims, claim({ storageClassName: 'fast' }));
  assert.equal(object.spec.volumeMode, 'Filesystem');
  assert.equal(object.status.phase, 'Pending');
  assert.deepEqual(row(persistentVolumeClaims, object), {
    Name: 'c',
    Status: 'Pending',
    Volume: '',
    Capacity: '',
    'Access Modes': '',
    StorageClass: 'fast',
    VolumeAttributesClass: '<unset>',
    Age: '<unknown>',
    VolumeMode: 'Filesystem',
  });
  const bound = {
    ...object,
    spec: { ...object.spec, volumeName: 'v' },
    status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
  } as never;
  const cells = row(persistentVolumeClaims, bound);
  assert.deepEqual([cells['Status'], cells['Volume'], cells['Capacity'], cells['Access Modes']], ['Bound', 'v', '2Gi', 'RWO']);
  const shown = row(persistentVolumes, created(persistentVolumes, volume({})));
  assert.deepEqual(
    [shown['Capacity'], shown['Access Modes'], shown['Reclaim Policy'], shown['Status'], shown['Claim']],
    ['1Gi', 'RWO', 'Retain', 'Pending', ''],
  );
});
