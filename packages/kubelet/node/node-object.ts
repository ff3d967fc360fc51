/**
 * The Node object: what the kubelet says about its node. Pure.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_node_status.go`, `pkg/kubelet/nodestatus/setters.go`.
 */
import type { Image, RuntimeStatus, RuntimeVersion } from '#cri/runtime.ts';
import type { ContainerImage, Node, NodeAddress, NodeCondition, NodeStatus, Taint } from '#kinds/core/node/schema.ts';
import { parseQuantity, formatQuantity, quantityOf } from '#machinery/quantity.ts';
import { formatTime } from '#machinery/time.ts';
import type { Machine } from './machine.ts';

/** What is shown, from options and observation. */
export interface NodeFacts {
  readonly name: string;
  readonly version: string;
  readonly machine: Machine;
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly addresses: readonly NodeAddress[];
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly providerId: string | undefined;
  /** Port of the kubelet's server; 0 when it does not serve. */
  readonly port: number;
}

/** What the runtime says now. */
export interface RuntimeFacts {
  readonly version: RuntimeVersion | undefined;
  /** Undefined: the runtime does not answer. */
  readonly status: RuntimeStatus | undefined;
  readonly images: readonly Image[];
  /** A shortage, by condition type. */
  readonly pressure: ReadonlySet<string>;
}

/** Images shown at most, the largest first. */
const MAX_IMAGES = 50;
const MAX_NAMES_PER_IMAGE = 5;

const MEBIBYTE = 1024 * 1024;

/** Capacity as the machine has it, with what options replace. */
export function capacityOf(machine: Machine, maxPods: number, replaced: Readonly<Record<string, string>>): Record<string, string> {
  return {
    cpu: quantityOf(machine.cpus),
    'ephemeral-storage': quantityOf(Math.floor(machine.storageBytes / 1024) * 1024, 'BinarySI'),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: quantityOf(Math.floor(machine.memoryBytes / 1024) * 1024, 'BinarySI'),
    pods: quantityOf(maxPods),
    ...replaced,
  };
}

/** Memory that eviction keeps free. */
const EVICTION_RESERVE: Readonly<Record<string, string>> = { memory: quantityOf(100 * MEBIBYTE, 'BinarySI') };

/** What pods may use: capacity without what is reserved. */
export function allocatableOf(capacity: Readonly<Record<string, string>>, reserved: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, amount] of Object.entries(capacity)) {
    const { nanos, format } = parseQuantity(amount);
    const kept = parseQuantity(reserved[name] ?? '0').nanos + parseQuantity(EVICTION_RESERVE[name] ?? '0').nanos;
    result[name] = formatQuantity({ nanos: nanos > kept ? nanos - kept : 0n, format });
  }
  return result;
}

const PRESSURES = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure', 'KubeletHasDiskPressure', 'kubelet has disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
] as const;

/** What is wrong with one of the runtime's conditions; undefined when it is true. */
function conditionProblem(status: RuntimeStatus, type: string, words: string): string | undefined {
  const found = status.conditions.find((one) => one.type === type);
  if (!found) return `${words}: ${type} condition not set`;
  return found.status ? undefined : `${words}: ${type}=false reason:${found.reason} message:${found.message}`;
}

/** Why pods cannot get a network; undefined when they can, or when the runtime does not answer at all. */
export function networkProblem(status: RuntimeStatus | undefined): string | undefined {
  return status && conditionProblem(status, 'NetworkReady', 'container runtime network not ready');
}

/** Why the node is not ready; empty when it is. */
export function notReadyText(status: RuntimeStatus | undefined): string {
  if (!status) return 'container runtime is down';
  const problems = [conditionProblem(status, 'RuntimeReady', 'container runtime not ready'), networkProblem(status)].filter((one) => one !== undefined);
  return problems.length > 1 ? `[${problems.join(', ')}]` : (problems[0] ?? '');
}

function conditions(old: readonly NodeCondition[], runtime: RuntimeFacts, nowMs: number): NodeCondition[] {
  const now = formatTime(nowMs);
  const make = (type: string, status: 'True' | 'False', reason: string, message: string): NodeCondition => {
    const before = old.find((one) => one.type === type);
    const lastTransitionTime = before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  };
  const pressures = PRESSURES.map(([type, fine, fineText, short, shortText]) => (runtime.pressure.has(type) ? make(type, 'True', short, shortText) : make(type, 'False', fine, fineText)));
  const problem = notReadyText(runtime.status);
  const ready = problem ? make('Ready', 'False', 'KubeletNotReady', problem) : make('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status');
  const own = new Set(['Ready', ...PRESSURES.map(([type]) => type as string)]);
  return [...pressures, ready, ...old.filter(({ type }) => !own.has(type))];
}

function imageList(images: readonly Image[]): ContainerImage[] {
  return [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map(({ repoDigests, repoTags, sizeBytes }) => ({ names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES_PER_IMAGE), sizeBytes }))
    .filter(({ names }) => names.length > 0);
}

/** The status; conditions of others and what others wrote is kept from `old`. */
export function nodeStatus(facts: NodeFacts, runtime: RuntimeFacts, old: NodeStatus | undefined, nowMs: number): NodeStatus {
  const { machine } = facts;
  const { runtimeName = 'unknown', runtimeVersion = '' } = runtime.version ?? {};
  return {
    ...old,
    // Resources that others advertise, as capacity only: pods may have all of them.
    capacity: { ...old?.capacity, ...facts.capacity },
    allocatable: { ...old?.capacity, ...facts.allocatable },
    conditions: conditions(old?.conditions ?? [], runtime, nowMs),
    addresses: facts.addresses,
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${runtimeName}://${runtimeVersion}`,
      kubeletVersion: facts.version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
      ...(machine.swapBytes > 0 ? { swap: { capacity: machine.swapBytes } } : {}),
    },
    images: imageList(runtime.images),
    runtimeHandlers: (runtime.status?.runtimeHandlers ?? []).map(({ name, features }) => (features ? { name, features } : { name })),
  };
}

/** The labels that every node of this kind has, and its own. */
export function nodeLabels({ name, machine: { architecture }, labels }: NodeFacts): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...labels,
  };
}

/** The object to register. */
export function newNode(facts: NodeFacts, status: NodeStatus): Node {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: facts.name,
      labels: nodeLabels(facts),
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { ...(facts.providerId ? { providerID: facts.providerId } : {}), ...(facts.taints.length > 0 ? { taints: facts.taints } : {}) },
    status,
  };
}
