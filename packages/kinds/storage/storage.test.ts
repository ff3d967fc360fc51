import { createCases, updateCases } from '../testing/tables.ts';
import { csiDrivers } from './csi-driver/kind.ts';
import { csiNodes } from './csi-node/kind.ts';
import { csiStorageCapacities } from './csi-storage-capacity/kind.ts';
import { storageClasses } from './storage-class/kind.ts';
import { volumeAttachments } from './volume-attachment/kind.ts';

const apiVersion = 'storage.k8s.io/v1';
const metadata = { name: 'fast' };
const storageClass = (members: object): object => ({ kind: 'StorageClass', apiVersion, metadata, provisioner: 'example.com/fast', ...members });

createCases(storageClasses, {
  'no provisioner': [storageClass({ provisioner: '' }), ['provisioner: Required value']],
  'bad binding': [
    storageClass({ volumeBindingMode: 'Later' }),
    ['volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"'],
  ],
  'bad reclaim policy': [
    storageClass({ reclaimPolicy: 'Recycle' }),
    ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  ],
  'empty parameter': [storageClass({ parameters: { '': 'x' } }), ['parameters: Invalid value: "": field can not be empty.']],
});

updateCases(storageClasses, storageClass({}), {
  expansion: [(draft) => void (draft.allowVolumeExpansion = true), []],
  parameters: [(draft) => void (draft.parameters = { a: 'b' }), ['parameters: Forbidden: updates to parameters are forbidden.']],
  provisioner: [(draft) => void (draft.provisioner = 'example.com/slow'), ['provisioner: Forbidden: updates to provisioner are forbidden.']],
  'reclaim policy': [(draft) => void (draft.reclaimPolicy = 'Retain'), ['reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.']],
  binding: [
    (draft) => void (draft.volumeBindingMode = 'WaitForFirstConsumer'),
    ['volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
  ],
});

const csiDriver = (spec: object): object => ({ kind: 'CSIDriver', apiVersion, metadata: { name: 'csi.example.com' }, spec });

createCases(csiDrivers, {
  'bad mode': [
    csiDriver({ volumeLifecycleModes: ['Forever'] }),
    ['spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"'],
  ],
  'same audience twice': [
    csiDriver({ tokenRequests: [{ audience: 'a' }, { audience: 'a' }] }),
    ['spec.tokenRequests[1].audience: Duplicate value: "a"'],
  ],
});

updateCases(csiDrivers, csiDriver({}), {
  attach: [(draft) => void (draft.spec!.attachRequired = false), ['spec.attachedRequired: Invalid value: false: field is immutable']],
});

const csiNode = (drivers: readonly object[]): object => ({ kind: 'CSINode', apiVersion, metadata, spec: { drivers } });

createCases(csiNodes, {
  'no node id': [csiNode([{ name: 'csi.example.com', nodeID: '' }]), ['spec.drivers[0].nodeID: Required value']],
  'same driver twice': [
    csiNode(['a', 'b'].map((nodeID) => ({ name: 'csi.example.com', nodeID }))),
    ['spec.drivers[1].name: Duplicate value: "csi.example.com"'],
  ],
  'negative limit': [
    csiNode([{ name: 'csi.example.com', nodeID: 'n', allocatable: { count: -1 } }]),
    ['spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0'],
  ],
});

createCases(csiStorageCapacities, {
  'no class': [
    { kind: 'CSIStorageCapacity', apiVersion, metadata: { name: 'c', namespace: 'default' }, storageClassName: '' },
    [
      `storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
});

const attachment = (spec: object): object => ({
  kind: 'VolumeAttachment',
  apiVersion,
  metadata,
  spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' }, ...spec },
});

createCases(volumeAttachments, {
  'no source': [attachment({ source: {} }), ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName']],
  'no attacher': [attachment({ attacher: '' }), ['spec.attacher: Required value', 'spec.attacher: Required value']],
});

updateCases(volumeAttachments, attachment({}), {
  node: [
    (draft) => void (draft.spec!.nodeName = 'm'),
    ['spec: Invalid value: {"attacher":"csi.example.com","source":{"persistentVolumeName":"pv"},"nodeName":"m"}: field is immutable'],
  ],
});
