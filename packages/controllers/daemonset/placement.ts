/**
 * On which nodes a DaemonSet's pods belong.
 *
 * Source: upstream `NodeShouldRunDaemonPod`; the documented tolerations of daemon pods.
 */
import type { DaemonSet } from '#kinds/apps/daemon-set/schema.ts';
import { admitsNode } from '#kinds/core/node/matching.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Toleration } from '#kinds/core/pod/affinity.ts';
import type { Pod, PodSpec } from '#kinds/core/pod/schema.ts';
import { findUntolerated } from '#kinds/core/pod/tolerations.ts';

/** Whether a node gets a pod, and whether one that is there may stay. */
export interface Placement {
  readonly run: boolean;
  readonly stay: boolean;
}

const exists = (key: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({ key, operator: 'Exists', effect });

/** Daemons run on nodes in trouble too: they may be what is needed to get the node out of it. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
];
const HOST_NETWORK_TOLERATION = exists('node.kubernetes.io/network-unavailable', 'NoSchedule');

/** The tolerations of a daemon's pods: the template's and those that every daemon has. */
export function daemonTolerations(spec: PodSpec): readonly Toleration[] {
  const own = spec.tolerations ?? [];
  const wanted = spec.hostNetwork ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION] : DAEMON_TOLERATIONS;
  const same = (a: Toleration, b: Toleration): boolean => a.key === b.key && a.operator === b.operator && a.effect === b.effect && (a.value ?? '') === (b.value ?? '');
  return [...own.filter((one) => !wanted.some((daemon) => same(one, daemon))), ...wanted];
}

/** Whether the set's pods belong on a node. */
export function placementOn(set: DaemonSet, node: Node): Placement {
  const { template } = set.spec;
  const { nodeName } = template.spec;
  if (nodeName && nodeName !== node.metadata.name) return { run: false, stay: false };
  const pod: Pod = { kind: 'Pod', apiVersion: 'v1', metadata: template.metadata, spec: template.spec, status: {} };
  if (!admitsNode(pod, node)) return { run: false, stay: false };
  const tolerations = daemonTolerations(template.spec);
  if (!findUntolerated(node.spec.taints, tolerations, ['NoSchedule', 'NoExecute'])) return { run: true, stay: true };
  return { run: false, stay: !findUntolerated(node.spec.taints, tolerations, ['NoExecute']) };
}

/** The node a daemon's pod is on, or is meant for before it is scheduled. */
export function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  for (const { matchFields } of pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values } of matchFields ?? []) if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0];
  }
  return undefined;
}

/** The template's spec for the pod of one node: the scheduler binds it there and nowhere else. */
export function podSpecFor(spec: PodSpec, nodeName: string): PodSpec {
  const requiredDuringSchedulingIgnoredDuringExecution = {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }] }],
  };
  return {
    ...spec,
    tolerations: daemonTolerations(spec),
    affinity: { ...spec.affinity, nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution } },
  };
}
