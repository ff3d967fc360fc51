/**
 * A pod with what the plugins ask of it again and again, worked out once.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type Amounts, podAmounts } from './resources.ts';

/** A port of the node that a pod wants for itself. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A pod as the scheduler holds it. */
export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly priority: number;
  /** Exact requests, for filtering. */
  readonly requests: Amounts;
  /** Requests with defaults where there are none, for scoring. */
  readonly assumed: Amounts;
  readonly hostPorts: readonly HostPort[];
}

/** Works out a pod's facts. */
export function podInfo(pod: Pod): PodInfo {
  return {
    pod,
    uid: pod.metadata.uid ?? '',
    key: `${pod.metadata.namespace}/${pod.metadata.name}`,
    priority: pod.spec.priority ?? 0,
    requests: podAmounts(pod, false),
    assumed: podAmounts(pod, true),
    hostPorts: hostPortsOf(pod),
  };
}

/** Whether the pod has finished for good and holds nothing of its node any more. */
export function isTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always')];
  for (const container of containers) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) ports.push({ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort });
    }
  }
  return ports;
}
