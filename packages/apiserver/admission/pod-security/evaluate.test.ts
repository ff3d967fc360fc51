import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodLike } from './check.ts';
import { violations, violationsText } from './evaluate.ts';
import { type Level, policyOfLabels, PRIVILEGED_POLICY, levelVersionText } from './policy.ts';

interface Case {
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly level?: Level;
  readonly minor?: number;
  readonly says: string;
}

const GOOD = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const container = (securityContext?: object, more: object = {}, name = 'c') => ({
  name,
  image: 'i',
  ...(securityContext ? { securityContext } : {}),
  ...more,
});
const one = (securityContext: object, more: object = {}) => ({ containers: [container(securityContext, more)] });
const pod = ({ spec = { containers: [container()] }, annotations = {} }: Case): PodLike => ({
  metadata: { annotations },
  spec: spec as PodLike['spec'],
});

const CASES: Readonly<Record<string, Case>> = {
  'privileged allows all': { level: 'privileged', spec: { hostPID: true, containers: [container({ privileged: true })] }, says: '' },
  'nothing set is baseline': { says: '' },
  'nothing set is not restricted': {
    level: 'restricted',
    says: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  },
  'all set is restricted': { level: 'restricted', spec: one(GOOD), says: '' },
  'containers of all kinds': {
    spec: {
      initContainers: [container({ privileged: true }, {}, 'a')],
      containers: [container({ privileged: true }, {}, 'b')],
      ephemeralContainers: [container({ privileged: true }, {}, 'e')],
    },
    says: 'privileged (containers "a", "b", "e" must not set securityContext.privileged=true)',
  },
  'host namespaces': {
    spec: { hostNetwork: true, hostPID: true, hostIPC: true, containers: [container()] },
    says: 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
  },
  'host path': {
    spec: {
      containers: [container()],
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', hostPath: { path: '/' } },
      ],
    },
    says: 'hostPath volumes (volumes "v", "w")',
  },
  'host path, restricted': {
    level: 'restricted',
    spec: {
      ...one(GOOD),
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'n', nfs: { server: 's', path: '/' } },
        { name: 'e', emptyDir: {} },
      ],
    },
    says: 'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
  },
  'host ports': {
    spec: {
      containers: [
        container(undefined, {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 8080 },
          ],
        }),
      ],
    },
    says: 'hostPort (container "c" uses hostPorts 80, 8080)',
  },
  'one host port of two containers': {
    spec: { containers: ['a', 'b'].map((name) => container(undefined, { ports: [{ containerPort: 1, hostPort: 80 }] }, name)) },
    says: 'hostPort (containers "a", "b" use hostPort 80)',
  },
  capabilities: {
    spec: one({ capabilities: { add: ['NET_ADMIN', 'CHOWN', 'SYS_TIME'] } }),
    says: 'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
  },
  'capabilities, restricted': {
    level: 'restricted',
    spec: one({ ...GOOD, capabilities: { add: ['CHOWN', 'NET_BIND_SERVICE'] } }),
    says: 'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" in securityContext.capabilities.add)',
  },
  'capabilities, restricted before they were': { level: 'restricted', minor: 21, spec: one({ ...GOOD, capabilities: { add: ['CHOWN'] } }), says: '' },
  'proc mount': { spec: one({ procMount: 'Unmasked' }), says: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")' },
  'proc mount in a user namespace': { spec: { hostUsers: false, ...one({ procMount: 'Unmasked' }) }, says: '' },
  'proc mount in a user namespace, before': {
    minor: 34,
    spec: { hostUsers: false, ...one({ procMount: 'Unmasked' }) },
    says: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  },
  'proc mount in a user namespace, restricted': {
    level: 'restricted',
    spec: { hostUsers: false, ...one({ ...GOOD, procMount: 'Unmasked' }) },
    says: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  },
  SELinux: {
    spec: { securityContext: { seLinuxOptions: { type: 'spc_t' } }, containers: [container({ seLinuxOptions: { user: 'u', role: 'r' } })] },
    says: 'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
  },
  'SELinux engine type': { spec: one({ seLinuxOptions: { type: 'container_engine_t' } }), says: '' },
  'SELinux engine type, before': {
    minor: 30,
    spec: one({ seLinuxOptions: { type: 'container_engine_t' } }),
    says: 'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  },
  seccomp: {
    spec: { securityContext: { seccompProfile: { type: 'Unconfined' } }, containers: [container()] },
    says: 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  },
  'seccomp annotation, long ago': {
    minor: 18,
    annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' },
    says: 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
  },
  AppArmor: {
    spec: one({ appArmorProfile: { type: 'Unconfined' } }),
    says: 'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
  },
  'AppArmor annotation': {
    annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' },
    says: 'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c=\\"unconfined\\"")',
  },
  sysctls: {
    spec: {
      securityContext: {
        sysctls: [
          { name: 'kernel.shm_rmid_forced', value: '0' },
          { name: 'kernel.msgmax', value: '1' },
        ],
      },
      containers: [container()],
    },
    says: 'forbidden sysctls (kernel.msgmax)',
  },
  'sysctls of later': {
    minor: 28,
    spec: { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] }, containers: [container()] },
    says: 'forbidden sysctls (net.ipv4.tcp_rmem)',
  },
  'Windows host process': {
    spec: { securityContext: { windowsOptions: { hostProcess: true } }, containers: [container()] },
    says: 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
  },
  'probes of other hosts': {
    spec: {
      containers: [
        container(undefined, {
          livenessProbe: { httpGet: { port: 1, host: '10.0.0.1' } },
          lifecycle: { preStop: { tcpSocket: { port: 1, host: 'h' } } },
        }),
      ],
    },
    says: 'probe or lifecycle host (container "c" uses probe or lifecycle hosts "10.0.0.1", "h")',
  },
  'probes of other hosts, before': {
    minor: 33,
    spec: { containers: [container(undefined, { livenessProbe: { httpGet: { port: 1, host: 'h' } } })] },
    says: '',
  },
  'root, said for the pod': {
    level: 'restricted',
    spec: { securityContext: { runAsUser: 0, runAsNonRoot: true }, ...one(GOOD) },
    says: 'runAsUser=0 (pod must not set runAsUser=0)',
  },
  'root, said by both': {
    level: 'restricted',
    spec: { securityContext: { runAsNonRoot: false }, ...one({ ...GOOD, runAsNonRoot: false }) },
    says: 'runAsNonRoot != true (pod and container "c" must not set securityContext.runAsNonRoot=false)',
  },
  'root in a user namespace': {
    level: 'restricted',
    spec: { hostUsers: false, ...one({ ...GOOD, runAsNonRoot: undefined, runAsUser: 0 }) },
    says: '',
  },
  'Windows pods': { level: 'restricted', spec: { os: { name: 'windows' }, ...one({ runAsNonRoot: true }) }, says: '' },
  'Windows pods, before': {
    level: 'restricted',
    minor: 18,
    spec: { os: { name: 'windows' }, ...one({ runAsNonRoot: true }) },
    says: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
  },
};

test('what each level says about a pod', () => {
  for (const [name, one] of Object.entries(CASES)) {
    assert.equal(violationsText(violations(pod(one), { level: one.level ?? 'baseline', minor: one.minor ?? Infinity })), one.says, name);
  }
});

test('labels of a namespace', () => {
  const read = (labels: Record<string, string>) => {
    const { policy, errors } = policyOfLabels(
      Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])),
      PRIVILEGED_POLICY,
    );
    return {
      modes: [policy.enforce, policy.audit, policy.warn].map(levelVersionText).join(' '),
      errors: errors.map(({ field, message }) => `${field}: ${message}`),
    };
  };
  assert.equal(read({}).modes, 'privileged:latest privileged:latest privileged:latest');
  assert.equal(read({ enforce: 'baseline', 'enforce-version': 'v1.30' }).modes, 'baseline:v1.30 privileged:latest baseline:v1.30');
  assert.equal(
    read({ enforce: 'baseline', warn: 'restricted', audit: 'restricted', 'audit-version': 'v1.0' }).modes,
    'baseline:latest restricted:v1.0 restricted:latest',
  );
  assert.deepEqual(read({ enforce: 'strict', 'warn-version': '1.2' }), {
    modes: 'restricted:latest privileged:latest privileged:latest',
    errors: [
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"',
    ],
  });
});
