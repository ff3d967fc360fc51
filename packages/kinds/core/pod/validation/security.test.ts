import { pod, container, containerCases, specCases } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const secured = (securityContext: object): object => ({ securityContext });
const sysctl = (name: string, spec: object = {}): object => ({ ...spec, securityContext: { sysctls: [{ name, value: '1' }] } });
const ID = 'must be between 0 and 2147483647, inclusive';
const TYPES = 'supported values: "Localhost", "RuntimeDefault", "Unconfined"';

specCases({
  'all of the pod': [
    secured({
      runAsUser: 0,
      runAsGroup: 1,
      fsGroup: 2,
      supplementalGroups: [3],
      supplementalGroupsPolicy: 'Strict',
      fsGroupChangePolicy: 'OnRootMismatch',
      seLinuxChangePolicy: 'MountOption',
      seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' },
      appArmorProfile: { type: 'RuntimeDefault' },
      sysctls: [
        { name: 'net.ipv4.ip_local_port_range', value: '1' },
        { name: 'kernel/shm_rmid_forced', value: '1' },
      ],
    }),
    [],
  ],
  'ids out of range': [
    secured({ runAsUser: -1, runAsGroup: 2 ** 31, fsGroup: -1, supplementalGroups: [1, -1] }),
    [
      `securityContext.fsGroup: Invalid value: -1: ${ID}`,
      `securityContext.runAsUser: Invalid value: -1: ${ID}`,
      `securityContext.runAsGroup: Invalid value: 2147483648: ${ID}`,
      `securityContext.supplementalGroups[1]: Invalid value: -1: ${ID}`,
    ],
  ],
  'bad policies': [
    secured({ supplementalGroupsPolicy: 'A', fsGroupChangePolicy: 'B', seLinuxChangePolicy: 'C' }),
    [
      'securityContext.fsGroupChangePolicy: Unsupported value: "B": supported values: "Always", "OnRootMismatch"',
      'securityContext.supplementalGroupsPolicy: Unsupported value: "A": supported values: "Merge", "Strict"',
      'securityContext.seLinuxChangePolicy: Unsupported value: "C": supported values: "MountOption", "Recursive"',
    ],
  ],
  'processes shared twice': [
    { shareProcessNamespace: true, hostPID: true, securityContext: {} },
    ['securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled'],
  ],
  'no sysctl': [sysctl(''), ['securityContext.sysctls[0].name: Required value']],
  'bad sysctl': [
    sysctl('Net.x'),
    [
      'securityContext.sysctls[0].name: Invalid value: "Net.x": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'.replace(
        '\\\\',
        '\\',
      ),
    ],
  ],
  'a sysctl twice': [
    secured({
      sysctls: [
        { name: 'net.a', value: '1' },
        { name: 'net.a', value: '2' },
      ],
    }),
    ['securityContext.sysctls[1].name: Duplicate value: "net.a"'],
  ],
  "a sysctl of the node's network": [
    sysctl('net.a', { hostNetwork: true }),
    [`securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when 'hostNetwork' is true`],
  ],
  "a sysctl of the node's messages": [
    sysctl('kernel/sem', { hostIPC: true }),
    [`securityContext.sysctls[0].name: Invalid value: "kernel/sem": may not be specified when 'hostIPC' is true`],
  ],
  "a sysctl that is none of the node's messages": [sysctl('kernel.semantics', { hostIPC: true }), []],
  'seccomp without a type': [
    secured({ seccompProfile: { type: '' } }),
    ['securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set'],
  ],
  'seccomp of a bad type': [
    secured({ seccompProfile: { type: 'Maybe' } }),
    [`securityContext.seccompProfile.type: Unsupported value: "Maybe": ${TYPES}`],
  ],
  'seccomp of the node without a file': [
    secured({ seccompProfile: { type: 'Localhost' } }),
    ['securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
  ],
  'seccomp of the node that leads out': [
    secured({ seccompProfile: { type: 'Localhost', localhostProfile: '../x' } }),
    [`securityContext.seccompProfile.localhostProfile: Invalid value: "../x": must not contain '..'`],
  ],
  'seccomp with a file too many': [
    secured({ seccompProfile: { type: 'Unconfined', localhostProfile: 'x' } }),
    [
      'securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost',
    ],
  ],
  'AppArmor without a type': [
    secured({ appArmorProfile: { type: '' } }),
    ['securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set'],
  ],
  'AppArmor of a bad type': [
    secured({ appArmorProfile: { type: 'Maybe' } }),
    [`securityContext.appArmorProfile.type: Unsupported value: "Maybe": ${TYPES}`],
  ],
  'AppArmor of the node without a name': [
    secured({ appArmorProfile: { type: 'Localhost', localhostProfile: '' } }),
    ['securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost'],
  ],
  'AppArmor of the node, padded': [
    secured({ appArmorProfile: { type: 'Localhost', localhostProfile: ' x' } }),
    ['securityContext.appArmorProfile.localhostProfile: Invalid value: " x": must not be padded with whitespace'],
  ],
  'AppArmor of the node, too long': [
    secured({ appArmorProfile: { type: 'Localhost', localhostProfile: 'x'.repeat(4096) } }),
    ['securityContext.appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes'],
  ],
  'AppArmor with a name too many': [
    secured({ appArmorProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } }),
    ['securityContext.appArmorProfile.localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost'],
  ],
  'a user namespace of its own': [{ hostUsers: false }, []],
  "a user namespace of its own in the node's others": [
    { hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true },
    ['hostNetwork', 'HostPID', 'HostIPC'].map((name) => `${name}: Forbidden: when \`hostUsers\` is false`),
  ],
  'a user namespace of its own and devices': [
    {
      hostUsers: false,
      volumes: [{ name: 'p', persistentVolumeClaim: { claimName: 'p' } }],
      containers: [{ name: 'c', image: 'i', volumeDevices: [{ name: 'p', devicePath: '/dev/a' }] }],
    },
    ['containers[0].volumeDevices: Forbidden: when `hostUsers` is false'],
  ],
});

containerCases({
  'all of the container': [
    secured({ runAsUser: 1, privileged: false, allowPrivilegeEscalation: false, procMount: 'Default', capabilities: { drop: ['ALL'] } }),
    [],
  ],
  'ids of the container out of range': [
    secured({ runAsUser: -1, runAsGroup: -1 }),
    [`securityContext.runAsUser: Invalid value: -1: ${ID}`, `securityContext.runAsGroup: Invalid value: -1: ${ID}`],
  ],
  'bad procMount': [
    secured({ procMount: 'Half' }),
    ['securityContext.procMount: Unsupported value: "Half": supported values: "Default", "Unmasked"'],
  ],
  "unmasked in the node's user namespace": [
    secured({ procMount: 'Unmasked' }),
    ['securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
  ],
  'privileged but not more so': [
    secured({ privileged: true, allowPrivilegeEscalation: false }),
    [
      'securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  ],
  'an administrator but not more so': [
    secured({ capabilities: { add: ['CAP_SYS_ADMIN'] }, allowPrivilegeEscalation: false }),
    [
      'securityContext: Invalid value: {"capabilities":{"add":["CAP_SYS_ADMIN"]},"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
    ],
  ],
});

createCases(pods, {
  'unmasked in a user namespace of its own': [container(secured({ procMount: 'Unmasked' }), { hostUsers: false }), []],
  'the same profiles in annotations and fields': [
    pod(
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      {
        annotations: {
          'seccomp.security.alpha.kubernetes.io/pod': 'docker/default',
          'container.apparmor.security.beta.kubernetes.io/c': 'localhost/x',
        },
      },
    ),
    [],
  ],
  'other profiles in annotations and fields': [
    pod(
      {
        securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'a' } },
        containers: [
          {
            name: 'c',
            image: 'i',
            securityContext: { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Localhost', localhostProfile: 'a' } },
          },
        ],
      },
      {
        annotations: {
          'seccomp.security.alpha.kubernetes.io/pod': 'localhost/b',
          'container.seccomp.security.alpha.kubernetes.io/c': 'runtime/default',
          'container.apparmor.security.beta.kubernetes.io/c': 'localhost/b',
        },
      },
    ),
    [
      'spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match',
      'spec.containers[0].securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match',
      'spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match',
    ],
  ],
});
