import { specCases } from '../../../testing/pods.ts';

const VOLUMES = [
  { name: 'v', emptyDir: {} },
  { name: 'w', emptyDir: {} },
  { name: 'p', persistentVolumeClaim: { claimName: 'p' } },
  { name: 'q', persistentVolumeClaim: { claimName: 'q' } },
];
const mounting = (mounts: object[], members: object = {}, volumes: object[] = VOLUMES): object => ({
  volumes,
  containers: [{ name: 'c', image: 'i', volumeMounts: mounts, ...members }],
});
const one = (members: object, container: object = {}): object => mounting([{ name: 'v', mountPath: '/v', ...members }], container);
const devices = (...volumeDevices: object[]): object => ({ volumes: VOLUMES, containers: [{ name: 'c', image: 'i', volumeDevices }] });
const M = 'containers[0].volumeMounts';
const D = 'containers[0].volumeDevices';

specCases({
  'mounts of all kinds': [
    mounting([
      { name: 'v', mountPath: '/a', subPath: 'x/y', mountPropagation: 'HostToContainer' },
      { name: 'v', mountPath: '/b', subPathExpr: '$(A)/y', readOnly: true, recursiveReadOnly: 'IfPossible', mountPropagation: 'None' },
    ]),
    [],
  ],
  'nothing to mount': [
    one({ name: '', mountPath: '' }),
    [`${M}[0].name: Required value`, `${M}[0].name: Not found: ""`, `${M}[0].mountPath: Required value`],
  ],
  'unknown volume': [one({ name: 'nobody' }), [`${M}[0].name: Not found: "nobody"`]],
  'a volume that is refused cannot be mounted': [
    mounting([{ name: 'v', mountPath: '/v' }], {}, [{ name: 'v', secret: {} }]),
    ['volumes[0].secret.secretName: Required value', `${M}[0].name: Not found: "v"`],
  ],
  'same path twice': [
    mounting([
      { name: 'v', mountPath: '/v' },
      { name: 'w', mountPath: '/v' },
    ]),
    [`${M}[1].mountPath: Invalid value: "/v": must be unique`],
  ],
  'absolute sub-path': [one({ subPath: '/x' }), [`${M}.subPath: Invalid value: "/x": must be a relative path`]],
  'sub-path that leads out': [one({ subPath: 'a/../b' }), [`${M}.subPath: Invalid value: "a/../b": must not contain '..'`]],
  'sub-path expression that leads out': [
    one({ subPathExpr: '/../$(A)' }),
    [`${M}.subPathExpr: Invalid value: "/../$(A)": must be a relative path`, `${M}.subPathExpr: Invalid value: "/../$(A)": must not contain '..'`],
  ],
  'two sub-paths': [
    one({ subPath: 'a', subPathExpr: 'b' }),
    [`${M}[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`],
  ],
  'bad propagation': [
    one({ mountPropagation: 'Sideways' }),
    [`${M}.mountPropagation: Unsupported value: "Sideways": supported values: "Bidirectional", "HostToContainer", "None"`],
  ],
  'propagation to the node': [
    one({ mountPropagation: 'Bidirectional' }),
    [`${M}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`],
  ],
  'propagation to the node by a privileged container': [one({ mountPropagation: 'Bidirectional' }, { securityContext: { privileged: true } }), []],
  'bad recursive mode': [
    one({ recursiveReadOnly: 'Often' }),
    [`${M}.recursiveReadOnly: Unsupported value: "Often": supported values: "Disabled", "Enabled", "IfPossible"`],
  ],
  'recursive without read-only': [
    one({ recursiveReadOnly: 'Enabled' }),
    [`${M}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
  ],
  'recursive with propagation': [
    one({ recursiveReadOnly: 'Enabled', readOnly: true, mountPropagation: 'HostToContainer' }),
    [`${M}.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`],
  ],
  'not recursive': [one({ recursiveReadOnly: 'Disabled' }), []],
  devices: [devices({ name: 'p', devicePath: '/dev/a' }, { name: 'q', devicePath: '/dev/b' }), []],
  'a device of nothing': [
    devices({ name: '', devicePath: '' }),
    [`${D}[0].name: Required value`, `${D}[0].name: Not found: ""`, `${D}[0].devicePath: Required value`],
  ],
  'a device that is a directory': [
    devices({ name: 'v', devicePath: '/dev/a' }),
    [`${D}[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`],
  ],
  'a device twice': [
    devices({ name: 'p', devicePath: '/dev/a' }, { name: 'p', devicePath: '/dev/a' }),
    [`${D}[1].name: Invalid value: "p": must be unique`, `${D}[1].devicePath: Invalid value: "/dev/a": must be unique`],
  ],
  'a device path that leads out': [
    devices({ name: 'p', devicePath: '/dev/../x' }),
    [`${D}[0].devicePath: Invalid value: "/dev/../x": can not contain backsteps ('..')`],
  ],
  'a volume both mounted and a device': [
    mounting([{ name: 'p', mountPath: '/x' }], { volumeDevices: [{ name: 'p', devicePath: '/x' }] }),
    [
      `${M}[0].name: Invalid value: "p": must not already exist in volumeDevices`,
      `${M}[0].mountPath: Invalid value: "/x": must not already exist as a path in volumeDevices`,
      `${D}[0].name: Invalid value: "p": must not already exist in volumeMounts`,
      `${D}[0].devicePath: Invalid value: "/x": must not already exist as a path in volumeMounts`,
    ],
  ],
});
