/**
 * The checks of the baseline level: nothing that is a known way to more privileges on the node.
 *
 * Source: the Pod Security Standards; `k8s.io/pod-security-admission/policy`.
 */
import {
  allContainers,
  type AnyContainer,
  type Check,
  containersText,
  containersWith,
  hasUserNamespace,
  plural,
  type PodLike,
  quoted,
  settersText,
  sortedSet,
  type Test,
  unless,
} from './check.ts';

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';

/** Profiles that confine. */
export function confines(type: string): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost';
}

const appArmorProfile: Test = (pod) => {
  const type = pod.spec.securityContext?.appArmorProfile?.type;
  const badPod = type !== undefined && !confines(type);
  const bad = allContainers(pod.spec).flatMap(({ name, securityContext }) => {
    const own = securityContext?.appArmorProfile?.type;
    return own !== undefined && !confines(own) ? [{ name, own }] : [];
  });
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted();
  const values = [...sortedSet([...(badPod ? [type] : []), ...bad.map(({ own }) => own)]), ...annotations];
  if (values.length === 0) return undefined;
  const setters = settersText(
    badPod,
    bad.map(({ name }) => name),
  );
  const noted = annotations.length > 0 ? plural('annotation', 'annotations', annotations.length) : '';
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${[setters, noted].filter((text) => text !== '').join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Test = (pod) => {
  const added = ({ securityContext }: AnyContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((one) => !DEFAULT_CAPABILITIES.has(one));
  const bad = containersWith(pod, (container) => added(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = sortedSet(allContainers(pod.spec).flatMap(added));
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${quoted(names)} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: Test = ({ spec }) => {
  const shared = [
    ...(spec.hostNetwork ? ['hostNetwork=true'] : []),
    ...(spec.hostPID ? ['hostPID=true'] : []),
    ...(spec.hostIPC ? ['hostIPC=true'] : []),
  ];
  return shared.length > 0 ? { reason: 'host namespaces', detail: shared.join(', ') } : undefined;
};

const hostPathVolumes: Test = ({ spec }) => {
  const names = (spec.volumes ?? []).flatMap(({ name, hostPath }) => (hostPath ? [name] : []));
  return names.length > 0 ? { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` } : undefined;
};

const hostPorts: Test = (pod) => {
  const portsOf = ({ ports }: AnyContainer): string[] => (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = containersWith(pod, (container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sortedSet(allContainers(pod.spec).flatMap(portsOf));
  return {
    reason: 'hostPort',
    detail: `${containersText(bad)} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  };
};

function probedHosts({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop];
  return handlers.flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host]).filter((host): host is string => Boolean(host));
}

const hostProbes: Test = (pod) => {
  const bad = sortedSet(containersWith(pod, (container) => probedHosts(container).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sortedSet(allContainers(pod.spec).flatMap(probedHosts));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length);
  return { reason: 'probe or lifecycle host', detail: `${containersText(bad)} ${plural('uses', 'use', bad.length)} ${what} ${quoted(hosts)}` };
};

const privileged: Test = (pod) => {
  const bad = containersWith(pod, ({ securityContext }) => securityContext?.privileged === true);
  return bad.length > 0 ? { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` } : undefined;
};

/** Also of the restricted level, where user namespaces change nothing. */
export const procMount: Test = (pod) => {
  const unusual = ({ securityContext }: AnyContainer): boolean => securityContext?.procMount !== undefined && securityContext.procMount !== 'Default';
  const bad = containersWith(pod, unusual);
  if (bad.length === 0) return undefined;
  const values = sortedSet(allContainers(pod.spec).flatMap((container) => (unusual(container) ? [container.securityContext?.procMount ?? ''] : [])));
  return { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(values)}` };
};

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function seLinuxOptions(types: readonly string[]): Test {
  return (pod) => {
    type Options = { readonly type?: string; readonly user?: string; readonly role?: string };
    const isBad = ({ type = '', user, role }: Options): boolean => !types.includes(type) || Boolean(user) || Boolean(role);
    const ofPod = pod.spec.securityContext?.seLinuxOptions;
    const ofContainers = allContainers(pod.spec).flatMap(({ name, securityContext }) =>
      securityContext?.seLinuxOptions ? [{ name, options: securityContext.seLinuxOptions }] : [],
    );
    const badPod = ofPod !== undefined && isBad(ofPod);
    const bad = ofContainers.filter(({ options }) => isBad(options));
    if (!badPod && bad.length === 0) return undefined;
    const all: Options[] = [...(ofPod ? [ofPod] : []), ...ofContainers.map(({ options }) => options)];
    const badTypes = sortedSet(all.flatMap(({ type = '' }) => (types.includes(type) ? [] : [type])));
    const data = [
      ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
      ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
      ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${settersText(
        badPod,
        bad.map(({ name }) => name),
      )} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    };
  };
}

const seccompAnnotations: Test = ({ metadata, spec }) => {
  const keys = [SECCOMP_POD_ANNOTATION, ...allContainers(spec).map(({ name }) => SECCOMP_CONTAINER_ANNOTATION + name)];
  const bad = keys.flatMap((key) => {
    const value = metadata.annotations?.[key];
    const good = value === undefined || value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
    return good ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  if (bad.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${sortedSet(bad).join(', ')}` };
};

/** Who sets a seccomp profile that does not confine; also the first half of the restricted level's check. */
export const seccompProfile: Test = (pod) => {
  const type = pod.spec.securityContext?.seccompProfile?.type;
  const badPod = type !== undefined && !confines(type);
  const isBad = ({ securityContext }: AnyContainer): boolean =>
    securityContext?.seccompProfile !== undefined && !confines(securityContext.seccompProfile.type);
  const bad = containersWith(pod, isBad);
  if (!badPod && bad.length === 0) return undefined;
  const own = allContainers(pod.spec).flatMap((container) => (isBad(container) ? [container.securityContext?.seccompProfile?.type ?? ''] : []));
  const values = sortedSet([...(badPod ? [type] : []), ...own]);
  return { reason: 'seccompProfile', detail: `${settersText(badPod, bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}` };
};

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

function sysctls(allowed: readonly string[]): Test {
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).flatMap(({ name }) => (allowed.includes(name) ? [] : [name]));
    return bad.length > 0 ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined;
  };
}

const windowsHostProcess: Test = (pod) => {
  const badPod = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = containersWith(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  if (!badPod && bad.length === 0) return undefined;
  return { reason: 'hostProcess', detail: `${settersText(badPod, bad)} must not set securityContext.windowsOptions.hostProcess=true` };
};

const always = (test: (pod: PodLike) => ReturnType<Test>): Check['versions'] => [{ since: 0, test }];

/** By id, as messages list what they find. */
export const BASELINE_CHECKS: readonly Check[] = [
  { id: 'appArmorProfile', versions: always(appArmorProfile) },
  { id: 'capabilities_baseline', versions: always(capabilities) },
  { id: 'hostNamespaces', versions: always(hostNamespaces) },
  { id: 'hostPathVolumes', versions: always(hostPathVolumes) },
  { id: 'hostPorts', versions: always(hostPorts) },
  { id: 'hostProbesAndHostLifecycle', versions: [{ since: 34, test: hostProbes }] },
  { id: 'privileged', versions: always(privileged) },
  {
    id: 'procMount',
    versions: [
      { since: 0, test: procMount },
      { since: 35, test: unless(hasUserNamespace, procMount) },
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      { since: 0, test: seLinuxOptions(SELINUX_TYPES) },
      { since: 31, test: seLinuxOptions([...SELINUX_TYPES, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      { since: 0, test: seccompAnnotations },
      { since: 19, test: seccompProfile },
    ],
  },
  {
    id: 'sysctls',
    versions: [
      { since: 0, test: sysctls(SYSCTLS) },
      { since: 27, test: sysctls(SYSCTLS_27) },
      { since: 29, test: sysctls(SYSCTLS_29) },
      { since: 32, test: sysctls(SYSCTLS_32) },
    ],
  },
  { id: 'windowsHostProcess', versions: always(windowsHostProcess) },
];
