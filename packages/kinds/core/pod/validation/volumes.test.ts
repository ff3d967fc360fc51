import { LABEL_TEXT, pod, QUALIFIED_TEXT, specCases, SUBDOMAIN_TEXT, volumeCases } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const claim = (members: object = {}): object => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...members },
});

volumeCases({
  'no source': [{}, []],
  'two sources': [{ emptyDir: {}, hostPath: { path: '/x' } }, ['hostPath: Forbidden: may not specify more than 1 volume type']],
  'three sources, of which one is misspelt': [
    { emptyDir: {}, cephfs: { monitors: ['a'] }, downwardAPI: {} },
    ['cephFS: Forbidden: may not specify more than 1 volume type', 'downwarAPI: Forbidden: may not specify more than 1 volume type'],
  ],
  'a disk is called persistent': [{ gcePersistentDisk: { pdName: '' } }, ['persistentDisk.pdName: Required value']],
  'a disk too many is not': [
    { emptyDir: {}, gcePersistentDisk: { pdName: 'a' } },
    ['gcePersistentDisk: Forbidden: may not specify more than 1 volume type'],
  ],
  'a directory': [{ emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } }, []],
  'a directory of less than nothing': [
    { emptyDir: { sizeLimit: '-1' } },
    ['emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity'],
  ],
  'a path of the node': [{ hostPath: { path: '/x', type: 'DirectoryOrCreate' } }, []],
  'no path of the node': [{ hostPath: { path: '', type: 'Nothing' } }, ['hostPath.path: Required value']],
  'a path of the node that leads out, to what is unknown': [
    { hostPath: { path: '/x/../y', type: 'Nothing' } },
    [
      'hostPath.path: Invalid value: "/x/../y": must not contain \'..\'',
      'hostPath.type: Unsupported value: "Nothing": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  'a secret': [{ secret: { secretName: 's', defaultMode: 0o400, items: [{ key: 'a', path: 'b/c', mode: 0o777 }] } }, []],
  'a secret without name and with bad modes': [
    { secret: { defaultMode: 512, items: [{ key: '', path: '', mode: -1 }] } },
    [
      'secret.secretName: Required value',
      'secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      'secret.items[0].key: Required value',
      'secret.items[0].path: Required value',
      'secret.items[0].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  'paths of a secret': [
    {
      secret: {
        secretName: 's',
        items: [
          { key: 'a', path: '/b' },
          { key: 'a', path: 'b/..' },
          { key: 'a', path: '..b' },
        ],
      },
    },
    [
      'secret.items[0].path: Invalid value: "/b": must be a relative path',
      'secret.items[1].path: Invalid value: "b/..": must not contain \'..\'',
      'secret.items[2].path: Invalid value: "..b": must not start with \'..\'',
    ],
  ],
  'a config map': [{ configMap: { name: 's', optional: true, items: [{ key: 'a', path: 'b' }] } }, []],
  'a config map without name and with bad modes': [
    { configMap: { defaultMode: -1, items: [{ key: '', path: '', mode: 1000 }] } },
    [
      'configMap.name: Required value',
      'configMap.defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive',
      'configMap.items[0].key: Required value',
      'configMap.items[0].path: Required value',
      'configMap.items[0].mode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  'a claim': [{ persistentVolumeClaim: { claimName: 'c', readOnly: true } }, []],
  'a claim without name': [{ persistentVolumeClaim: { claimName: '' } }, ['persistentVolumeClaim.claimName: Required value']],
  'a CSI driver': [{ csi: { driver: 'CSI.example.com', nodePublishSecretRef: { name: 's' } } }, []],
  'no CSI driver': [
    { csi: { driver: '', nodePublishSecretRef: {} } },
    ['csi.driver: Required value', 'csi.nodePublishSecretRef.name: Required value'],
  ],
  'a CSI driver that is none': [
    { csi: { driver: 'A b', nodePublishSecretRef: { name: 'A' } } },
    [`csi.driver: Invalid value: "A b": ${SUBDOMAIN_TEXT}`, `csi.name: Invalid value: "A": ${SUBDOMAIN_TEXT}`],
  ],
  'a CSI driver with a long name': [{ csi: { driver: 'a'.repeat(64) } }, ['csi.driver: Too long: may not be more than 63 bytes']],
  'an image': [{ image: { reference: 'example.com/a:1', pullPolicy: 'Never' } }, []],
  'no image': [
    { image: { reference: '', pullPolicy: 'Now' } },
    ['image.reference: Required value', 'image.pullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"'],
  ],
  'an own claim': [{ ephemeral: { volumeClaimTemplate: claim() } }, []],
  'an own claim without template': [{ ephemeral: {} }, ['ephemeral.volumeClaimTemplate: Required value']],
  'an own claim of nothing': [
    { ephemeral: { volumeClaimTemplate: { spec: {} } } },
    [
      'ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
      'ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ],
  ],
  'an own claim with labels that are none': [
    { ephemeral: { volumeClaimTemplate: { metadata: { labels: { 'a b': 'c' }, annotations: { 'x y': '' } }, ...claim() } } },
    [
      `ephemeral.volumeClaimTemplate.metadata.annotations: Invalid value: "x y": ${QUALIFIED_TEXT}`,
      `ephemeral.volumeClaimTemplate.metadata.labels: Invalid value: "a b": ${QUALIFIED_TEXT}`,
    ],
  ],
  'an own claim with more metadata than it can have': [
    { ephemeral: { volumeClaimTemplate: { metadata: { name: 'n', finalizers: ['a/b'] }, ...claim() } } },
    [
      'ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
      'ephemeral.volumeClaimTemplate.metadata.finalizers: Forbidden: cannot be set',
    ],
  ],
  'an own claim with a bad mode': [
    { ephemeral: { volumeClaimTemplate: claim({ accessModes: ['Sometimes'], volumeMode: 'Tape' }) } },
    [
      'ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'ephemeral.volumeClaimTemplate.spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
  ],
});

specCases({
  'names of volumes': [
    {
      volumes: [
        { name: '', emptyDir: {} },
        { name: 'A', emptyDir: {} },
        { name: 'a', emptyDir: {} },
        { name: 'a', emptyDir: {} },
      ],
    },
    ['volumes[0].name: Required value', `volumes[1].name: Invalid value: "A": ${LABEL_TEXT}`, 'volumes[3].name: Duplicate value: "a"'],
  ],
  'a claim that an own one will be': [
    {
      volumes: [
        { name: 'v', ephemeral: { volumeClaimTemplate: claim() } },
        { name: 'w', persistentVolumeClaim: { claimName: 'web-v' } },
      ],
    },
    ['volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-v": must not reference a PVC that gets created for an ephemeral volume'],
  ],
});

createCases(pods, {
  'a name too long for the own claim': [
    pod({ volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: claim() } }] }, { name: 'a'.repeat(252) }),
    [
      'spec.volumes[0].name: Invalid value: "v": PVC name "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-v": must be no more than 253 characters',
    ],
  ],
});
