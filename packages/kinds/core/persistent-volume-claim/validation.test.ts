import assert from 'node:assert/strict';
import test from 'node:test';
import type { Draft } from '#machinery/schema.ts';
import { created, updateFindings } from '../../testing/objects.ts';
import { QUALIFIED_TEXT, SUBDOMAIN_TEXT } from '../../testing/pods.ts';
import { createCases, type Findings, statusCases, updateCases } from '../../testing/tables.ts';
import { persistentVolumeClaims } from './kind.ts';
import type { PersistentVolumeClaim } from './schema.ts';

const CLASS = 'volume.beta.kubernetes.io/storage-class';
const claim = (spec: object = {}, metadata: object = {}): object => ({
  kind: 'PersistentVolumeClaim',
  apiVersion: 'v1',
  metadata: { name: 'data', namespace: 'shop', ...metadata },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
});
const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
const size = (storage: string) => (draft: Draft<PersistentVolumeClaim>) => void (draft.spec!.resources!.requests!['storage'] = storage);

createCases(persistentVolumeClaims, {
  'a claim': [claim({ storageClassName: '', volumeMode: 'Block', selector: { matchLabels: { a: 'b' } }, volumeAttributesClassName: '' }), []],
  'a selector that is none': [
    claim({ selector: { matchLabels: { 'a b': 'c' } } }),
    [`spec.selector.matchLabels: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  'attributes that are none': [claim({ volumeAttributesClassName: 'G' }), [`spec.volumeAttributesClassName: Invalid value: "G": ${SUBDOMAIN_TEXT}`]],
  'a source': [claim({ dataSource: snapshot }), []],
  'a source of nothing': [
    claim({ dataSource: { apiGroup: 'A b', kind: '', name: '' } }),
    [
      'spec.dataSource.name: Required value',
      'spec.dataSource.kind: Required value',
      `spec.dataSource.apiGroup: Invalid value: "A b": ${SUBDOMAIN_TEXT}`,
      'spec.dataSourceRef.name: Required value',
      'spec.dataSourceRef.kind: Required value',
      `spec.dataSourceRef.apiGroup: Invalid value: "A b": ${SUBDOMAIN_TEXT}`,
    ],
  ],
  'a source of the core group': [
    claim({ dataSource: { kind: 'Secret', name: 's' } }),
    [
      'spec.dataSource: Invalid value: "Secret": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      'spec.dataSourceRef: Invalid value: "Secret": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
    ],
  ],
  'any source': [claim({ dataSourceRef: { apiGroup: 'example.com', kind: 'Thing', name: 's' } }), []],
  'any source of nothing': [
    claim({ dataSourceRef: { apiGroup: 'example.com', kind: '', name: '' } }),
    ['spec.dataSourceRef.name: Required value', 'spec.dataSourceRef.kind: Required value'],
  ],
  'two sources that differ': [
    claim({ dataSource: snapshot, dataSourceRef: { ...snapshot, name: 'other' } }),
    ['spec: Invalid value: {}: must match dataSourceRef'],
  ],
});

updateCases(persistentVolumeClaims, claim(), {
  'a volume': [(draft) => void (draft.spec!.volumeName = 'v'), []],
  'a class where there was none': [(draft) => void (draft.spec!.storageClassName = 'a'), []],
  'a larger size before it is bound': [
    size('3Gi'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 1 identical field\n  \tResources: {\n  \t\tRequests: {\n- \t\t\tStorage: "2Gi",\n+ \t\t\tStorage: "3Gi",\n  \t\t},\n  \t},\n  \t... // 1 identical field\n  }\n',
    ],
  ],
  'other modes': [
    (draft) => void (draft.spec!.accessModes = ['ReadOnlyMany']),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \tAccessModes: {\n- \t\t"ReadWriteOnce",\n+ \t\t"ReadOnlyMany",\n  \t},\n  \t... // 2 identical fields\n  }\n',
    ],
  ],
  'another kind': [
    (draft) => void (draft.spec!.volumeMode = 'Block'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 2 identical fields\n- \tVolumeMode: "Filesystem",\n+ \tVolumeMode: "Block",\n  }\n',
      'volumeMode: Invalid value: "Block": field is immutable',
    ],
  ],
  'an annotation of a class': [
    (draft) => void (draft.metadata!.annotations = { [CLASS]: 'a' }),
    ['metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "a": field is immutable'],
  ],
});

updateCases(persistentVolumeClaims, claim({}, { annotations: { [CLASS]: 'a' } }), {
  'the field instead of the annotation': [
    (draft) => Object.assign(draft, { metadata: { ...draft.metadata, annotations: {} }, spec: { ...draft.spec, storageClassName: 'a' } }),
    [],
  ],
  'another class than the annotation': [
    (draft) => void (draft.spec!.storageClassName = 'b'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 3 identical fields\n- \tStorageClassName: nil,\n+ \tStorageClassName: "b",\n  }\n',
    ],
  ],
});

updateCases(persistentVolumeClaims, claim({ volumeName: 'v', storageClassName: 'a' }), {
  'another volume': [
    (draft) => void (draft.spec!.volumeName = 'w'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 2 identical fields\n- \tVolumeName: "v",\n+ \tVolumeName: "w",\n  \t... // 2 identical fields\n  }\n',
    ],
  ],
  'another class': [
    (draft) => void (draft.spec!.storageClassName = 'b'),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 3 identical fields\n- \tStorageClassName: "a",\n+ \tStorageClassName: "b",\n  \t... // 1 identical field\n  }\n',
    ],
  ],
});

function boundCases(
  status: object,
  spec: object,
  cases: Readonly<Record<string, readonly [change: (draft: Draft<PersistentVolumeClaim>) => void, findings: Findings]>>,
): void {
  for (const [name, [change, findings]] of Object.entries(cases)) {
    test(`PersistentVolumeClaim update: ${name}`, () => {
      const stored = {
        ...created(persistentVolumeClaims, claim({ volumeName: 'v', ...spec })),
        status: { phase: 'Bound', ...status },
      } as PersistentVolumeClaim;
      assert.deepEqual(updateFindings(persistentVolumeClaims, stored, change), findings);
    });
  }
}

boundCases(
  { capacity: { storage: '1Gi' } },
  {},
  {
    'bound: larger': [size('3Gi'), []],
    'bound: smaller than asked, larger than it is': [size('1500Mi'), []],
    'bound: smaller than it is': [size('1Gi'), ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity']],
    'bound: attributes': [(draft) => void (draft.spec!.volumeAttributesClassName = 'gold'), []],
    'bound: another volume': [
      (draft) => void (draft.spec!.volumeName = 'w'),
      [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n  \t... // 2 identical fields\n- \tVolumeName: "v",\n+ \tVolumeName: "w",\n  \t... // 1 identical field\n  }\n',
      ],
    ],
  },
);

boundCases(
  { currentVolumeAttributesClassName: 'gold' },
  { volumeAttributesClassName: 'gold' },
  {
    'applied: other attributes': [(draft) => void (draft.spec!.volumeAttributesClassName = 'silver'), []],
    'applied: no attributes': [
      (draft) => void delete draft.spec!.volumeAttributesClassName,
      ['spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil'],
    ],
    'applied: empty attributes': [
      (draft) => void (draft.spec!.volumeAttributesClassName = ''),
      ['spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil'],
    ],
  },
);

statusCases(persistentVolumeClaims, claim(), {
  bound: [{}, { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }, []],
  'less than nothing': [{}, { capacity: { storage: '-1' } }, ['status.capacity[storage]: Invalid value: -1: must be a valid resource quantity']],
  growing: [
    {},
    { allocatedResources: { storage: '3Gi' }, allocatedResourceStatuses: { storage: 'NodeResizePending', 'example.com/a': 'NodeResizePending' } },
    [],
  ],
  'growing what is none': [
    {},
    { allocatedResources: { cpu: '1', 'a b': '1', storage: '-1' } },
    [
      'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
      `status.allocatedResources: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      'status.allocatedResources[storage]: Invalid value: -1: must be a valid resource quantity',
    ],
  ],
  'growing in a way that is none': [
    {},
    { allocatedResourceStatuses: { storage: 'Soon', memory: 'NodeResizePending' } },
    [
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResourceStatuses: Unsupported value: "memory": supported values: "storage"',
    ],
  ],
});
