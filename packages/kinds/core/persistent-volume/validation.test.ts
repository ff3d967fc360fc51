import { LABEL_TEXT, SUBDOMAIN_TEXT } from '../../testing/pods.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { persistentVolumes } from './kind.ts';

const volume = (spec: object, metadata: object = {}): object => ({
  kind: 'PersistentVolume',
  apiVersion: 'v1',
  metadata: { name: 'v', ...metadata },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
});
const host = (members: object = {}): object => volume({ hostPath: { path: '/x' }, ...members });
const csi = (members: object = {}, spec: object = {}): object =>
  volume({ csi: { driver: 'csi.example.com', volumeHandle: 'h', ...members }, ...spec });
const secretRef = { name: 's', namespace: 'n' };
const affinity = (key: string): object => ({ required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['a'] }] }] } });
const local = { local: { path: '/x' }, nodeAffinity: affinity('zone') };

createCases(persistentVolumes, {
  'all access modes': [host({ accessModes: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce'], volumeMode: 'Block', storageClassName: 'a' }), []],
  'a mode that is none': [
    host({ accessModes: ['Sometimes'] }),
    ['spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'],
  ],
  'a mode of its own beside others': [
    host({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
    ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  ],
  'other capacity': [
    host({ capacity: { storage: '1Gi', cpu: '1' } }),
    ['spec.capacity: Unsupported value: {"cpu":"1","storage":"1Gi"}: supported values: "storage"'],
  ],
  'capacity of nothing': [host({ capacity: { storage: '0' } }), ['spec.capacity[storage]: Invalid value: "0": must be greater than zero']],
  'less than nothing': [
    host({ capacity: { storage: '-1' } }),
    [
      'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
    ],
  ],
  'policies and modes that are none': [
    host({ persistentVolumeReclaimPolicy: 'Burn', volumeMode: 'Tape', storageClassName: 'A' }),
    [
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      `spec.storageClassName: Invalid value: "A": ${SUBDOMAIN_TEXT}`,
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
  ],
  'recycling what is everything': [
    host({ hostPath: { path: '/x/..' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    [
      'spec.hostPath.path: Invalid value: "/x/..": must not contain \'..\'',
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
  ],
  'no place': [host({ nodeAffinity: {} }), ['spec.nodeAffinity.required: Required value: must specify required node constraints']],
  'a place that is none': [
    host({ nodeAffinity: { required: { nodeSelectorTerms: [] } } }),
    ['spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term'],
  ],
  attributes: [csi({}, { volumeAttributesClassName: 'gold' }), []],
  'attributes without driver': [
    host({ volumeAttributesClassName: 'G' }),
    [
      `spec.volumeAttributesClassName: Invalid value: "G": ${SUBDOMAIN_TEXT}`,
      'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
    ],
  ],
  'no attributes': [csi({}, { volumeAttributesClassName: '' }), ['spec.volumeAttributesClassName: Required value: an empty string is disallowed']],
  'two sources': [host({ nfs: { server: 's', path: '/p' } }), ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
  'a plugin beside another source': [host({ flexVolume: { driver: '' } }), ['spec.flexVolume.driver: Required value']],
  local: [volume(local), []],
  'local outside of nowhere': [
    volume({ local: { path: '../x' } }),
    ['spec.local.path: Invalid value: "../x": must not contain \'..\'', 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
  ],
  'local of nothing': [volume({ local: { path: '' }, nodeAffinity: affinity('zone') }), ['spec.local.path: Required value']],
  'a driver with secrets': [csi({ nodePublishSecretRef: secretRef, controllerExpandSecretRef: secretRef }), []],
  'no driver': [csi({ driver: '', volumeHandle: '' }), ['spec.csi.driver: Required value', 'spec.csi.volumeHandle: Required value']],
  'a driver with secrets that are none': [
    csi({ controllerPublishSecretRef: {}, controllerExpandSecretRef: { name: 'S', namespace: 'N' }, nodeExpandSecretRef: { name: 's' } }),
    [
      'spec.csi.controllerPublishSecretRef.name: Required value',
      'spec.csi.controllerPublishSecretRef.namespace: Required value',
      `spec.csi.controllerExpandSecretRef.name: Invalid value: "S": ${SUBDOMAIN_TEXT}`,
      `spec.csi.controllerExpandSecretRef.namespace: Invalid value: "N": ${LABEL_TEXT}`,
      'spec.csi.nodeExpandSecretRef.namespace: Required value',
    ],
  ],
  Gluster: [volume({ glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: 'n' } }), []],
  'Gluster of nothing': [
    volume({ glusterfs: { endpoints: '', path: '', endpointsNamespace: '' } }),
    [
      'spec.glusterfs.endpoints: Required value',
      'spec.glusterfs.path: Required value',
      'spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name',
    ],
  ],
  'Gluster elsewhere': [
    volume({ glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: 'N' } }),
    [`spec.glusterfs.endpointsNamespace: Invalid value: "N": ${LABEL_TEXT}`],
  ],
  'iSCSI of nothing': [
    volume({ iscsi: { targetPortal: '', iqn: '', lun: -1, secretRef: {} } }),
    [
      'spec.iscsi.targetPortal: Required value',
      'spec.iscsi.iqn: Required value',
      'spec.iscsi.lun: Invalid value: -1: must be between 0 and 255, inclusive',
      'spec.iscsi.secretRef.name: Required value',
    ],
  ],
  'iSCSI with names that are none': [
    volume({ iscsi: { targetPortal: 'p', iqn: 'abc', lun: 0, initiatorName: 'xyz' } }),
    ['spec.iscsi.iqn: Invalid value: "abc": must be valid format', 'spec.iscsi.initiatorname: Invalid value: "xyz": must be valid format'],
  ],
  'iSCSI with a long portal': [
    volume({ iscsi: { targetPortal: 'p'.repeat(64), iqn: 'eui.0123456789ABCDEF', lun: 0, initiatorName: 'eui.0123456789ABCDEF' } }),
    [
      'spec.iscsi.targetportal: Invalid value: "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
    ],
  ],
  Cinder: [volume({ cinder: { volumeID: 'c', secretRef } }), []],
  'Cinder of nothing': [
    volume({ cinder: { volumeID: '', secretRef: {} } }),
    ['spec.cinder.volumeID: Required value', 'spec.cinder.secretRef.name: Required value', 'spec.cinder.secretRef.namespace: Required value'],
  ],
  'files of Azure': [volume({ azureFile: { secretName: 's', shareName: 'h', secretNamespace: 'n' } }), []],
  'no files of Azure': [
    volume({ azureFile: { secretName: '', shareName: '', secretNamespace: '' } }),
    ['spec.azureFile.secretName: Required value', 'spec.azureFile.shareName: Required value', 'spec.azureFile.secretNamespace: Required value'],
  ],
  'StorageOS of nothing': [
    volume({ storageos: { secretRef: {} } }),
    [
      'spec.storageos.volumeName: Required value',
      'spec.storageos.secretRef.name: Required value',
      'spec.storageos.secretRef.namespace: Required value',
    ],
  ],
  'disks of others': [volume({ gcePersistentDisk: { pdName: '' } }), ['spec.persistentDisk.pdName: Required value']],
  'RBD of nothing': [volume({ rbd: { monitors: [], image: '' } }), ['spec.rbd.monitors: Required value', 'spec.rbd.image: Required value']],
  'Ceph of nothing': [volume({ cephfs: { monitors: [] } }), ['spec.cephfs.monitors: Required value']],
  'a node path of nothing': [volume({ hostPath: { path: '' } }), ['spec.hostPath.path: Required value']],
});

updateCases(persistentVolumes, host(), {
  'capacity and policies': [
    (draft) =>
      Object.assign(draft.spec!, {
        capacity: { storage: '2Gi' },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: 'b',
        accessModes: ['ReadOnlyMany'],
      }),
    [],
  ],
  mode: [(draft) => void (draft.spec!.volumeMode = 'Block'), ['volumeMode: Invalid value: "Block": field is immutable']],
  'a place where there was none': [(draft) => Object.assign(draft.spec!, { nodeAffinity: affinity('zone') }), []],
  'another path': [
    (draft) => void (draft.spec!.hostPath!.path = '/y'),
    [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  core.PersistentVolumeSource{\n  \tHostPath: {\n- \t\tPath: "/x",\n+ \t\tPath: "/y",\n  \t\t... // 1 identical field\n  \t},\n  }\n',
    ],
  ],
  'another source': [
    (draft) => Object.assign(draft.spec!, { hostPath: undefined, nfs: { server: 's', path: '/p' } }),
    [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  core.PersistentVolumeSource{\n- \tHostPath: {"path":"/x","type":""},\n+ \tHostPath: nil,\n- \tNFS: nil,\n+ \tNFS: {"server":"s","path":"/p"},\n  }\n',
    ],
  ],
});

updateCases(persistentVolumes, volume({ ...local, nodeAffinity: affinity('failure-domain.beta.kubernetes.io/zone') }), {
  'the stable name of a label': [(draft) => Object.assign(draft.spec!, { nodeAffinity: affinity('topology.kubernetes.io/zone') }), []],
  'another label': [
    (draft) => Object.assign(draft.spec!, { nodeAffinity: affinity('kubernetes.io/os') }),
    [
      'nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"kubernetes.io/os","Operator":"In","Values":["a"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA',
    ],
  ],
});

updateCases(persistentVolumes, csi({}, { volumeAttributesClassName: 'gold' }), {
  'other attributes': [(draft) => void (draft.spec!.volumeAttributesClassName = 'silver'), []],
  'no attributes any more': [
    (draft) => void delete draft.spec!.volumeAttributesClassName,
    ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
  ],
  'a secret to grow with': [(draft) => Object.assign(draft.spec!.csi!, { controllerExpandSecretRef: secretRef }), []],
  'a secret to publish with': [
    (draft) => Object.assign(draft.spec!.csi!, { controllerPublishSecretRef: secretRef }),
    [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  core.PersistentVolumeSource{\n  \tCSI: {\n  \t\t... // 2 identical fields\n- \t\tControllerPublishSecretRef: nil,\n+ \t\tControllerPublishSecretRef: {"name":"s","namespace":"n"},\n  \t},\n  }\n',
    ],
  ],
});
