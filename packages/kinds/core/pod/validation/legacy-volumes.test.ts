import { LABEL_TEXT, volumeCases } from '../../../testing/pods.ts';

volumeCases({
  'a repository': [{ gitRepo: { repository: 'r', directory: 'a/b' } }, []],
  'no repository, outside': [
    { gitRepo: { repository: '', directory: '/a/../b' } },
    [
      'gitRepo.repository: Required value',
      'gitRepo.directory: Invalid value: "/a/../b": must be a relative path',
      'gitRepo.directory: Invalid value: "/a/../b": must not contain \'..\'',
    ],
  ],
  'a disk of GCE': [{ gcePersistentDisk: { pdName: 'd', partition: 1 } }, []],
  'a disk of GCE without name': [
    { gcePersistentDisk: { pdName: '', partition: 256 } },
    ['persistentDisk.pdName: Required value', 'persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive'],
  ],
  'a disk of AWS': [{ awsElasticBlockStore: { volumeID: 'v' } }, []],
  'a disk of AWS without name': [
    { awsElasticBlockStore: { volumeID: '', partition: -1 } },
    ['awsElasticBlockStore.volumeID: Required value', 'awsElasticBlockStore.partition: Invalid value: -1: must be between 1 and 255, inclusive'],
  ],
  'an NFS export': [{ nfs: { server: 's', path: '/p' } }, []],
  'an NFS export of nothing': [
    { nfs: { server: '', path: '' } },
    ['nfs.server: Required value', 'nfs.path: Required value', 'nfs.path: Invalid value: "": must be an absolute path'],
  ],
  'an NFS export that is relative': [{ nfs: { server: 's', path: 'p' } }, ['nfs.path: Invalid value: "p": must be an absolute path']],
  iSCSI: [{ iscsi: { targetPortal: 'p', iqn: 'iqn.2015-02.example.com:test', lun: 1 } }, []],
  'iSCSI of other qualifiers': [
    { iscsi: { targetPortal: 'p', iqn: 'eui.0123456789ABCDEF', lun: 255, initiatorName: 'naa.0123456789abcdef0123456789abcdef' } },
    [],
  ],
  'iSCSI of nothing': [
    { iscsi: { targetPortal: '', iqn: '', lun: 256 } },
    ['iscsi.targetPortal: Required value', 'iscsi.iqn: Required value', 'iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive'],
  ],
  'iSCSI with names that are none': [
    { iscsi: { targetPortal: 'p', iqn: 'abc', lun: 0, initiatorName: 'iqn.x' } },
    [
      'iscsi.iqn: Invalid value: "abc": must be valid format starting with iqn, eui, or naa',
      'iscsi.initiatorname: Invalid value: "iqn.x": must be valid format',
    ],
  ],
  'iSCSI with secrets that are nowhere': [
    { iscsi: { targetPortal: 'p', iqn: 'eui.0123456789ABCDEF', lun: 0, chapAuthSession: true } },
    ['iscsi.secretRef: Required value'],
  ],
  'iSCSI with a portal too long to name an interface': [
    { iscsi: { targetPortal: 'p'.repeat(64), iqn: 'eui.0123456789ABCDEF', lun: 0, initiatorName: 'eui.0123456789ABCDEF' } },
    ['name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'],
  ],
  Gluster: [{ glusterfs: { endpoints: 'e', path: 'p' } }, []],
  'Gluster of nothing': [{ glusterfs: { endpoints: '', path: '' } }, ['glusterfs.endpoints: Required value', 'glusterfs.path: Required value']],
  Flocker: [{ flocker: { datasetName: 'd' } }, []],
  'Flocker of nothing': [{ flocker: {} }, ['flocker: Required value: one of datasetName and datasetUUID is required']],
  'Flocker of two': [
    { flocker: { datasetName: 'a/b', datasetUUID: 'c' } },
    [
      'flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
      'flocker.datasetName: Invalid value: "a/b": must not contain \'/\'',
    ],
  ],
  RBD: [{ rbd: { monitors: ['m'], image: 'i' } }, []],
  'RBD of nothing': [{ rbd: { monitors: [], image: '' } }, ['rbd.monitors: Required value', 'rbd.image: Required value']],
  Cinder: [{ cinder: { volumeID: 'v', secretRef: { name: 's' } } }, []],
  'Cinder of nothing': [{ cinder: { volumeID: '', secretRef: {} } }, ['cinder.volumeID: Required value', 'cinder.secretRef.name: Required value']],
  Ceph: [{ cephfs: { monitors: ['m'] } }, []],
  'Ceph of nothing': [{ cephfs: { monitors: [] } }, ['cephfs.monitors: Required value']],
  Quobyte: [{ quobyte: { registry: 'a:1,b:2', volume: 'v', tenant: 't' } }, []],
  'Quobyte of nothing': [
    { quobyte: { registry: '', volume: '' } },
    ['quobyte.registry: Required value: must be a host:port pair or multiple pairs separated by commas', 'quobyte.volume: Required value'],
  ],
  'Quobyte without ports': [
    { quobyte: { registry: 'a:1,b', volume: 'v' } },
    ['quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas'],
  ],
  'Quobyte of a long tenant': [
    { quobyte: { registry: 'a:1', volume: 'v', tenant: 't'.repeat(65) } },
    ['quobyte.tenant: Required value: must be a UUID and may not exceed a length of 64 characters'],
  ],
  'Fibre Channel': [{ fc: { targetWWNs: ['w'], lun: 1 } }, []],
  'Fibre Channel by identifier': [{ fc: { wwids: ['w'] } }, []],
  'Fibre Channel of nothing': [{ fc: {} }, ['fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both']],
  'Fibre Channel of both': [
    { fc: { targetWWNs: ['w'], wwids: ['v'] } },
    [
      'fc.targetWWNs: Invalid value: ["w"]: targetWWNs and wwids can not be specified simultaneously',
      'fc.lun: Required value: lun is required if targetWWNs is specified',
    ],
  ],
  'Fibre Channel beyond the last unit': [
    { fc: { targetWWNs: ['w'], lun: 256 } },
    ['fc.lun: Invalid value: 256: must be between 0 and 255, inclusive'],
  ],
  'a plugin': [{ flexVolume: { driver: 'example.com/d', options: { 'example.com/a': 'b' } } }, []],
  'no plugin, with options that are reserved': [
    { flexVolume: { driver: '', options: { 'kubernetes.io/a': '', 'x.K8s.io/b': '' } } },
    [
      'flexVolume.driver: Required value',
      'flexVolume.options[kubernetes.io/a]: Invalid value: "kubernetes.io/a": kubernetes.io and k8s.io namespaces are reserved',
      'flexVolume.options[x.K8s.io/b]: Invalid value: "x.K8s.io/b": kubernetes.io and k8s.io namespaces are reserved',
    ],
  ],
  'files of Azure': [{ azureFile: { secretName: 's', shareName: 'h' } }, []],
  'no files of Azure': [
    { azureFile: { secretName: '', shareName: '' } },
    ['azureFile.secretName: Required value', 'azureFile.shareName: Required value'],
  ],
  vSphere: [{ vsphereVolume: { volumePath: 'p' } }, []],
  'no vSphere': [{ vsphereVolume: { volumePath: '' } }, ['vsphereVolume.volumePath: Required value']],
  Photon: [{ photonPersistentDisk: { pdID: 'p' } }, []],
  'no Photon': [{ photonPersistentDisk: { pdID: '' } }, ['photonPersistentDisk.pdID: Required value']],
  Portworx: [{ portworxVolume: { volumeID: 'p' } }, []],
  'no Portworx': [{ portworxVolume: { volumeID: '' } }, ['portworxVolume.volumeID: Required value']],
  'a disk of Azure': [{ azureDisk: { diskName: 'd', diskURI: 'https://a' } }, []],
  'a managed disk of Azure': [{ azureDisk: { diskName: 'd', diskURI: '/subscriptions/a', kind: 'Managed', cachingMode: 'None' } }, []],
  'no disk of Azure': [
    { azureDisk: { diskName: '', diskURI: '', kind: 'Odd', cachingMode: 'Never' } },
    [
      'azureDisk.diskName: Required value',
      'azureDisk.diskURI: Required value',
      'azureDisk.cachingMode: Unsupported value: "Never": supported values: "None", "ReadOnly", "ReadWrite"',
      'azureDisk.kind: Unsupported value: "Odd": supported values: "Dedicated", "Managed", "Shared"',
      'azureDisk.diskURI: Unsupported value: "": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
    ],
  ],
  'a managed disk of Azure that is a blob': [
    { azureDisk: { diskName: 'd', diskURI: 'https://a', kind: 'Managed' } },
    [
      'azureDisk.diskURI: Unsupported value: "https://a": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
    ],
  ],
  'a blob of Azure that is managed': [
    { azureDisk: { diskName: 'd', diskURI: '/subscriptions/a', kind: 'Shared' } },
    [
      'azureDisk.diskURI: Unsupported value: "/subscriptions/a": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
    ],
  ],
  StorageOS: [{ storageos: { volumeName: 'v', volumeNamespace: 'n', secretRef: { name: 's' } } }, []],
  'no StorageOS': [{ storageos: { secretRef: {} } }, ['storageos.volumeName: Required value', 'storageos.secretRef.name: Required value']],
  'StorageOS of names that are none': [
    { storageos: { volumeName: 'A', volumeNamespace: 'B' } },
    [`storageos.volumeName: Invalid value: "A": ${LABEL_TEXT}`, `storageos.volumeNamespace: Invalid value: "B": ${LABEL_TEXT}`],
  ],
  ScaleIO: [{ scaleIO: { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name: 's' } } }, []],
  'no ScaleIO': [
    { scaleIO: { gateway: '', system: '', secretRef: {} } },
    ['scaleIO.gateway: Required value', 'scaleIO.system: Required value', 'scaleIO.volumeName: Required value'],
  ],
});
