/**
 * One simulated node: its object and its lease.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatMicroTime, formatTime } from '#machinery/time.ts';

/** What the node is. */
export interface SimulatedNodeOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly name: string;
  readonly address: string;
  readonly version: string;
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const RETRY_MS = 500;

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

function nodeObject(of: SimulatedNodeOptions): Node {
  const now = formatTime(of.clock.now());
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: of.name,
      labels: { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': of.name, 'kubernetes.io/os': 'linux', 'navarch.dev/runtime': 'simulated', ...of.labels },
    },
    spec: {},
    status: {
      capacity: of.capacity,
      allocatable: of.capacity,
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({ type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message })),
      addresses: [
        { type: 'InternalIP', address: of.address },
        { type: 'Hostname', address: of.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: {
        machineID: of.name,
        systemUUID: of.name,
        bootID: of.name,
        kernelVersion: '6.12.0',
        osImage: 'Navarch simulated node',
        containerRuntimeVersion: 'simulated://1.0.0',
        kubeletVersion: of.version,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}

/** Registers the node and keeps its lease until `signal` aborts. */
export async function runNode(of: SimulatedNodeOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, name } = of;
  let registered = false;
  while (!signal.aborted) {
    try {
      if (!registered) await register(of, signal);
      registered = true;
      await renewLease(of, signal);
      // Spread over time, so that a large fleet does not renew all at once.
      await clock.sleep(RENEW_MS * (0.9 + 0.2 * random.next()), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, 'NotFound')) registered = false;
      else log.warn('a simulated node could not report', { node: name, ...errorFields(error) });
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

async function register(of: SimulatedNodeOptions, signal: AbortSignal): Promise<void> {
  const api = of.client.of(nodes);
  const wanted = nodeObject(of);
  try {
    await api.create(wanted, {}, signal);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
  await api.patch(of.name, { type: 'strategic', body: { status: wanted.status }, subresource: 'status' }, {}, signal);
}

async function renewLease(of: SimulatedNodeOptions, signal: AbortSignal): Promise<void> {
  const api = of.client.of(leases).namespace(LEASE_NAMESPACE);
  const spec = { holderIdentity: of.name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(of.clock.now()) };
  try {
    await api.patch(of.name, { type: 'merge', body: { spec } }, {}, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    const node = await of.client.of(nodes).get(of.name, signal);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: of.name, uid: node.metadata.uid ?? '' }];
    await api.create({ metadata: { name: of.name, namespace: LEASE_NAMESPACE, ownerReferences }, spec }, {}, signal);
  }
}
