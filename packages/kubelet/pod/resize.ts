/**
 * Containers whose CPU and memory are changed while they run.
 *
 *     spec (wanted) ── the node has room ──> granted ── cgroups changed, or restarted ──> in force (status.resources)
 *
 * Source: KEP-1287 (in-place resize of pods), kubernetes `pkg/kubelet/allocation`.
 */
import type { Container } from '#kinds/core/pod/container.ts';
import type { ResourceRequirements } from '#kinds/core/resources.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { quantityValue } from '#machinery/quantity.ts';
import { sameJson } from '../status-patch.ts';
import type { NodeServices } from './node-services.ts';
import type { PodState } from './pod-state.ts';
import { containerLimits, type PodLimits, podCgroupLimits } from './resources.ts';
import { readySandbox } from './snapshot.ts';

/** Why a resize that is wanted is not granted. */
export interface ResizeRefusal {
  /** It can never fit, or not now. */
  readonly reason: 'Infeasible' | 'Deferred';
  readonly message: string;
}

/** What a pod's worker knows of its resizes. */
export interface Resizes {
  /** What the node has granted, by container name. */
  readonly granted: Map<string, ResourceRequirements>;
  /** What running containers have, by container id. */
  readonly inForce: Map<string, ResourceRequirements>;
  refusal: ResizeRefusal | undefined;
  /** Why what was granted is not in force yet. */
  error: string | undefined;
  /** The pod's own cgroup allows more than the pod was granted, until all containers have what was granted. */
  widened: boolean;
}

/** Of a pod that was just seen. */
export const newResizes = (): Resizes => ({ granted: new Map(), inForce: new Map(), refusal: undefined, error: undefined, widened: false });

const NOTHING: ResourceRequirements = {};
/** A resize that did not fit or did not work is tried again after this long. */
export const RESIZE_RETRY_MS = 5_000;

const resizable = ({ spec }: Pod): readonly Container[] => [...spec.containers, ...(spec.initContainers ?? [])];
const wantedBy = (container: Container): ResourceRequirements => container.resources ?? NOTHING;

/** The pod as the node has granted it; the pod itself as long as that is what is wanted. */
export function grantedPod({ pod, resizes: { granted } }: Pick<PodState, 'pod' | 'resizes'>): Pod {
  if (resizable(pod).every((container) => sameJson(granted.get(container.name ?? '') ?? wantedBy(container), wantedBy(container)))) return pod;
  const asGranted = (container: Container): Container => ({ ...container, resources: granted.get(container.name ?? '') ?? wantedBy(container) });
  const { initContainers } = pod.spec;
  return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(asGranted), ...(initContainers ? { initContainers: initContainers.map(asGranted) } : {}) } };
}

/** What was granted and in force when this process took the containers over, as the API remembers it. */
function recall(state: PodState, runtimeName: string): void {
  const { pod, snapshot, resizes } = state;
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  for (const container of resizable(pod)) {
    const { name } = container;
    const status = statuses.find((one) => one.name === name);
    const running = snapshot.containers.find((one) => one.name === name && `${runtimeName}://${one.id}` === status?.containerID);
    const limits = status?.resources?.limits;
    const remembered = running && status?.resources;
    if (remembered && running) resizes.inForce.set(running.id, remembered);
    const requests = status?.allocatedResources ?? remembered?.requests;
    resizes.granted.set(name, remembered ? { ...container.resources, ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) } : wantedBy(container));
  }
}

/** Grants what is wanted, if the node has room; answers whether it must be looked at again. */
export function grantResize(state: PodState, node: NodeServices): boolean {
  const { pod, resizes } = state;
  if (resizes.granted.size === 0) recall(state, node.runtimeName);
  const before = resizes.refusal;
  resizes.refusal = grantedPod(state) === pod ? undefined : node.resize(pod);
  if (resizes.refusal) {
    if (!sameJson(before, resizes.refusal)) node.recorder.event(pod, 'Warning', `Resize${resizes.refusal.reason}`, `Pod resize ${resizes.refusal.reason}: ${resizes.refusal.message}`);
    return true;
  }
  for (const container of resizable(pod)) resizes.granted.set(container.name ?? '', wantedBy(container));
  return false;
}

/** The resources whose amounts differ. */
function differing(a: ResourceRequirements, b: ResourceRequirements): readonly string[] {
  const amounts = ({ requests, limits }: ResourceRequirements, name: string): readonly unknown[] => [requests?.[name], limits?.[name]];
  return ['cpu', 'memory'].filter((name) => !sameJson(amounts(a, name), amounts(b, name)));
}

/** Containers that run with something else than what was granted. */
function pendingResizes(state: PodState): readonly { readonly container: Container; readonly id: string; readonly names: readonly string[] }[] {
  const { snapshot, resizes } = state;
  const pod = grantedPod(state);
  const sandbox = readySandbox(snapshot);
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)].flatMap((container) => {
    const running = snapshot.containers.find((one) => one.name === container.name && one.sandboxId === sandbox?.id && one.state === 'running');
    const held = running && resizes.inForce.get(running.id);
    const names = held ? differing(held, wantedBy(container)) : [];
    return running && names.length > 0 ? [{ container, id: running.id, names }] : [];
  });
}

const needsRestart = (container: Container, names: readonly string[]): boolean =>
  (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && names.includes(resourceName ?? ''));

/** Whether the container must be restarted to get what was granted. */
export function restartsForResize(state: PodState, containerId: string): boolean {
  return pendingResizes(state).some(({ container, id, names }) => id === containerId && needsRestart(container, names));
}

/** Whether something that was granted is not in force. */
export const resizeInProgress = (state: PodState): boolean => pendingResizes(state).length > 0;

/** Takes note of what a container was started with. */
export function noteStarted(state: PodState, containerId: string, container: Container): void {
  state.resizes.inForce.set(containerId, wantedBy(container));
}

/** Per amount the one that allows more; what is absent is unlimited. */
function looser(a: PodLimits, b: PodLimits): PodLimits {
  const most = (one: number | undefined, other: number | undefined): number | undefined => (one === undefined || other === undefined ? undefined : Math.max(one, other));
  const cpuQuota = most(a.cpuQuota, b.cpuQuota);
  const memoryBytes = most(a.memoryBytes, b.memoryBytes);
  return { cpuShares: Math.max(a.cpuShares, b.cpuShares), cpuPeriod: b.cpuPeriod, ...(cpuQuota === undefined ? {} : { cpuQuota }), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}

/** The pod with what its containers hold now. */
function heldPod(state: PodState): Pod {
  const { snapshot, resizes } = state;
  const held = new Map(snapshot.containers.filter((one) => one.state === 'running').map((one) => [one.name, resizes.inForce.get(one.id)]));
  const asHeld = (container: Container): Container => ({ ...container, resources: held.get(container.name ?? '') ?? wantedBy(container) });
  const pod = grantedPod(state);
  return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(asHeld), initContainers: (pod.spec.initContainers ?? []).map(asHeld) } };
}

/** The kernel would kill a container whose limit falls below what it uses. @throws Error */
async function refuseBelowUsage(id: string, container: Container, node: NodeServices): Promise<void> {
  const limit = container.resources?.limits?.['memory'];
  if (limit === undefined) return;
  const [usage] = await node.runtime.containerStats({ id }, node.signal);
  const used = usage?.memory?.workingSetBytes ?? 0;
  if (quantityValue(limit) < used) throw new Error(`attempting to set pod memory limit (${quantityValue(limit)}) below current usage (${used})`);
}

/**
 * Changes the cgroups of running containers to what was granted, those that need a restart excepted. The pod's own cgroup is widened before and narrowed after,
 * since no container may have more than its pod. Answers whether it must be tried again.
 */
export async function enforceResize(state: PodState, node: NodeServices): Promise<boolean> {
  const { resizes, snapshot } = state;
  for (const id of resizes.inForce.keys()) if (!snapshot.containers.some((one) => one.id === id)) resizes.inForce.delete(id);
  const pending = pendingResizes(state);
  if (pending.length === 0 && !resizes.widened) {
    resizes.error = undefined;
    return false;
  }
  const pod = grantedPod(state);
  const limits = podCgroupLimits(pod);
  try {
    if (pending.length > 0) {
      await node.cgroups?.limit(pod, looser(podCgroupLimits(heldPod(state)), limits));
      resizes.widened = true;
    }
    for (const { container, id, names } of pending) {
      if (needsRestart(container, names)) continue;
      await refuseBelowUsage(id, container, node);
      await node.runtime.updateContainerResources(id, containerLimits(pod, container, { memoryCapacity: node.memoryCapacity, cgroupV2: node.cgroups?.version === 2 }), node.signal);
      resizes.inForce.set(id, wantedBy(container));
    }
    if (!resizeInProgress(state)) {
      await node.cgroups?.limit(pod, limits);
      resizes.widened = false;
    }
    resizes.error = undefined;
    return false;
  } catch (error) {
    if (node.signal.aborted) throw error;
    const message = (error as Error).message;
    if (resizes.error !== message) node.recorder.event(pod, 'Warning', 'ResizeError', `Pod resize error: ${message}`);
    resizes.error = message;
    return true;
  }
}
