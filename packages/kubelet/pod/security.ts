/**
 * Security contexts of pods and containers as the runtime takes them.
 *
 * Source: kubernetes `pkg/securitycontext`, `kuberuntime/security_context.go`.
 */
import type { ContainerSecurity, NamespaceOptions, SandboxSecurity, SecurityProfile } from '#cri/config.ts';
import type { Image } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { AppArmorProfile, SeccompProfile } from '#kinds/core/pod/security.ts';
import { ContainerConfigError } from './env.ts';

/** Paths that containers do not see, unless they ask for an unmasked `/proc` or are privileged. */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

/** Paths that containers may only read. */
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function seccomp(profile: SeccompProfile | undefined, seccompRoot: string): SecurityProfile | undefined {
  if (!profile) return { profileType: 'unconfined' };
  if (profile.type === 'Localhost') return { profileType: 'localhost', localhostRef: `${seccompRoot}/${profile.localhostProfile ?? ''}` };
  return { profileType: profile.type === 'RuntimeDefault' ? 'runtimeDefault' : 'unconfined' };
}

/** Undefined unless a profile is asked for: kernels without AppArmor refuse even the default. */
function apparmor(profile: AppArmorProfile | undefined): SecurityProfile | undefined {
  if (!profile || profile.type === 'Unconfined') return undefined;
  return profile.type === 'Localhost' ? { profileType: 'localhost', localhostRef: profile.localhostProfile ?? '' } : { profileType: 'runtimeDefault' };
}

/** Which namespaces a pod shares with its node, and whether its containers share one process namespace. */
export function namespaceOptions(pod: Pod): NamespaceOptions {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? 'node' : 'pod',
    ipc: hostIPC ? 'node' : 'pod',
    pid: hostPID ? 'node' : shareProcessNamespace ? 'pod' : 'container',
  };
}

/** Drops members that are undefined. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Whether any container of the pod is privileged: the sandbox then is too. */
function hasPrivileged(pod: Pod): boolean {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some((one) => one.securityContext?.privileged === true);
}

/** What the sandbox's own process may do. */
export function sandboxSecurity(pod: Pod): SandboxSecurity {
  const context = pod.spec.securityContext ?? {};
  const groups = [...(context.fsGroup === undefined ? [] : [context.fsGroup]), ...(context.supplementalGroups ?? [])];
  return given({
    namespaceOptions: namespaceOptions(pod),
    selinuxOptions: context.seLinuxOptions,
    runAsUser: context.runAsUser,
    runAsGroup: context.runAsUser === undefined ? undefined : context.runAsGroup,
    supplementalGroups: groups,
    privileged: hasPrivileged(pod),
    seccomp: { profileType: 'runtimeDefault' } as const,
  });
}

/** What a container may do. `targetId`: the container whose process namespace an ephemeral container joins. */
export interface ContainerSecurityInput {
  readonly image: Image | undefined;
  readonly seccompRoot: string;
  readonly targetId?: string;
}

/** What a container's processes may do. @throws ContainerConfigError when it must not run as root but would. */
export function containerSecurity(pod: Pod, container: Container, input: ContainerSecurityInput): ContainerSecurity {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser ?? input.image?.uid;
  const username = runAsUser === undefined ? input.image?.username : undefined;
  verifyNonRoot(pod, container, runAsUser, username);
  const privileged = own.privileged ?? false;
  const unmasked = own.procMount === 'Unmasked' || privileged;
  const seccompProfile = own.seccompProfile ?? shared.seccompProfile;
  const groups = [...(shared.fsGroup === undefined ? [] : [shared.fsGroup]), ...(shared.supplementalGroups ?? [])];
  const namespaces = namespaceOptions(pod);
  return given({
    capabilities: own.capabilities && { addCapabilities: own.capabilities.add ?? [], dropCapabilities: own.capabilities.drop ?? [] },
    privileged,
    namespaceOptions: input.targetId ? { ...namespaces, pid: 'target' as const, targetId: input.targetId } : namespaces,
    selinuxOptions: own.seLinuxOptions ?? shared.seLinuxOptions,
    runAsUser,
    runAsUsername: username || undefined,
    runAsGroup: own.runAsGroup ?? shared.runAsGroup,
    readonlyRootfs: own.readOnlyRootFilesystem,
    supplementalGroups: groups,
    supplementalGroupsPolicy: shared.supplementalGroupsPolicy === 'Strict' ? ('strict' as const) : undefined,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : MASKED_PATHS,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: privileged && !seccompProfile ? undefined : seccomp(seccompProfile, input.seccompRoot),
    apparmor: apparmor(own.appArmorProfile ?? shared.appArmorProfile),
  });
}

function verifyNonRoot(pod: Pod, container: Container, uid: number | undefined, username: string | undefined): void {
  const required = container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot;
  if (!required) return;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  const fromSpec = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  if (fromSpec === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (fromSpec !== undefined) return;
  if (uid === 0) throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (username) throw new ContainerConfigError(`container has runAsNonRoot and image has non-numeric user (${username}), cannot verify user is non-root ${where}`);
  if (uid === undefined) throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
}
