/**
 * What a simulated node says of itself.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import { formatTime } from '#machinery/time.ts';

/** What the nodes of a fleet have in common. */
export interface NodeShape {
  /** As `nodeInfo.kubeletVersion` shows it. */
  readonly version: string;
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the kubelet listens, as far as anyone is told; 0: nowhere. */
  readonly kubeletPort: number;
}

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** The node as its kubelet registers it at `nowMs`. */
export function nodeObject(name: string, address: string, shape: NodeShape, nowMs: number): Node {
  const now = formatTime(nowMs);
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'navarch.dev/runtime': 'simulated', ...shape.labels },
    },
    spec: {},
    status: {
      capacity: shape.capacity,
      allocatable: shape.capacity,
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({ type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message })),
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: shape.kubeletPort } },
      nodeInfo: {
        machineID: name,
        systemUUID: name,
        bootID: name,
        kernelVersion: '6.12.0',
        osImage: 'Navarch simulated node',
        containerRuntimeVersion: 'simulated://1.0.0',
        kubeletVersion: shape.version,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}
