/**
 * Whether a node can take a pod that was bound to it. Pure.
 *
 * Source: kubernetes `pkg/kubelet/lifecycle/predicate.go`.
 */
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ResizeRefusal } from '../pod/resize.ts';
import { refusedUnderPressure } from '../upkeep/eviction.ts';
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';

/** Why the pod is refused. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** The node, as far as admission looks. */
export interface AdmittingNode {
  readonly labels: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Whether the kernel has AppArmor. */
  readonly appArmor: boolean;
  /** Sysctls that pods may set although they may harm others; a trailing `*` stands for any ending. */
  readonly unsafeSysctls: readonly string[];
  /** Conditions under which the node is short of something. */
  readonly pressure: ReadonlySet<string>;
  /** Pods that run or will, without the one in question. */
  readonly pods: readonly Pod[];
}

const amount = (name: string, text: string): number => (name === 'cpu' ? quantityMilliValue(text) : quantityValue(text));

const refuse = (resource: string, requested: number, used: number, capacity: number): Refusal => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

/** Host ports of a pod as `protocol/port`; those bound to one address also clash with those on all. */
function hostPorts(pod: Pod): { readonly key: string; readonly ip: string }[] {
  return pod.spec.containers.flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort).map(({ hostPort, protocol = 'TCP', hostIP = '' }) => ({ key: `${protocol}/${hostPort}`, ip: hostIP === '0.0.0.0' ? '' : hostIP })),
  );
}

function portsClash(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPorts);
  return wanted.some((one) => taken.some((other) => one.key === other.key && (one.ip === '' || other.ip === '' || one.ip === other.ip)));
}

/** Sysctls of a namespace that harm nobody outside it. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** What the pod asks for that this node does not offer, or does not allow. */
function unsupportedFeature(pod: Pod, node: AdmittingNode): Refusal | undefined {
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.');
    const allowed = SAFE_SYSCTLS.has(dotted) || node.unsafeSysctls.some((one) => one === dotted || (one.endsWith('*') && dotted.startsWith(one.slice(0, -1))));
    if (!allowed) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" not allowlisted` };
  }
  const profiles = [pod.spec.securityContext, ...[...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((one) => one.securityContext)].map((context) => context?.appArmorProfile);
  if (!node.appArmor && profiles.some((profile) => profile && profile.type !== 'Unconfined')) return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  // Runtimes without user namespaces would run the pod as root of the node, and say nothing.
  if (pod.spec.hostUsers === false) return { reason: 'UserNamespacesNotSupported', message: "can't set `spec.hostUsers: false`, runtime does not support user namespaces" };
  return undefined;
}

/** Undefined when the pod is taken. */
export function admitPod(pod: Pod, node: AdmittingNode): Refusal | undefined {
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return { reason: 'PodOSNotSupported', message: 'Failed to admit pod as the OS field does not match node OS' };
  const unsupported = unsupportedFeature(pod, node);
  if (unsupported) return unsupported;
  const pressed = refusedUnderPressure(pod, node.pressure);
  if (pressed) return { reason: 'Evicted', message: pressed };
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (node.labels[key] !== value) return { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
  }
  if (portsClash(pod, node.pods)) return { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" };
  const maxPods = quantityValue(node.allocatable['pods'] ?? '110');
  if (node.pods.length + 1 > maxPods) return refuse('pods', 1, node.pods.length, maxPods);
  const requests = podRequestAmounts(pod);
  const others = node.pods.map((one) => podRequestAmounts(one));
  for (const [name, requested] of Object.entries(requests)) {
    const text = node.allocatable[name];
    if (requested === 0 || text === undefined) continue;
    const used = others.reduce((sum, one) => sum + (one[name] ?? 0), 0);
    const capacity = amount(name, text);
    if (used + requested > capacity) return refuse(name, requested, used, capacity);
  }
  return undefined;
}

/**
 * Whether the node has room for what a pod that runs on it now wants. Undefined when it has.
 *
 * Source: kubernetes `pkg/kubelet/allocation` canResizePod.
 */
export function admitResize(pod: Pod, { allocatable, pods }: Pick<AdmittingNode, 'allocatable' | 'pods'>): ResizeRefusal | undefined {
  const wanted = podRequestAmounts({ spec: pod.spec });
  // As upstream, memory is named when both are too much.
  for (const name of ['memory', 'cpu']) {
    const capacity = amount(name, allocatable[name] ?? '0');
    const requested = wanted[name] ?? 0;
    if (requested > capacity) return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}` };
  }
  const others = pods.map((one) => podRequestAmounts(one));
  for (const name of ['cpu', 'memory']) {
    const capacity = amount(name, allocatable[name] ?? '0');
    const requested = wanted[name] ?? 0;
    const used = others.reduce((sum, one) => sum + (one[name] ?? 0), 0);
    if (requested > 0 && used + requested > capacity) return { reason: 'Deferred', message: refuse(name, requested, used, capacity).message };
  }
  return undefined;
}
