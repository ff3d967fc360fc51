/**
 * Whether a node can take a pod that was bound to it. Pure.
 *
 * Source: kubernetes `pkg/kubelet/lifecycle/predicate.go`.
 */
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
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

/** Undefined when the pod is taken. */
export function admitPod(pod: Pod, node: AdmittingNode): Refusal | undefined {
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return { reason: 'PodOSNotSupported', message: 'Failed to admit pod as the OS field does not match node OS' };
  const pressed = refusedUnderPressure(pod, node.pressure);
  if (pressed) return { reason: 'Evicted', message: pressed };
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (node.labels[key] !== value) return { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
  }
  if (portsClash(pod, node.pods)) return { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" };
  const maxPods = quantityValue(node.allocatable['pods'] ?? '110');
  if (node.pods.length + 1 > maxPods) return refuse('pods', 1, node.pods.length, maxPods);
  const requests = podRequestAmounts(pod);
  const others = node.pods.map(podRequestAmounts);
  for (const [name, requested] of Object.entries(requests)) {
    const text = node.allocatable[name];
    if (requested === 0 || text === undefined) continue;
    const used = others.reduce((sum, one) => sum + (one[name] ?? 0), 0);
    const capacity = amount(name, text);
    if (used + requested > capacity) return refuse(name, requested, used, capacity);
  }
  return undefined;
}
