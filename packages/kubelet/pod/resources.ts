/**
 * CPU and memory amounts as Linux limits.
 *
 * Source: kubernetes `pkg/kubelet/cm/helpers_linux.go`, `pkg/kubelet/qos/policy.go`.
 */
import type { ContainerResources } from '#cri/config.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import { podLimits, podRequests } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';

const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** Microseconds. */
const QUOTA_PERIOD = 100_000;
const MIN_QUOTA = 1_000;

/** CPU weight of a request in thousandths of a core. */
export function cpuShares(milliCpu: number): number {
  return milliCpu <= 0 ? MIN_SHARES : Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), MIN_SHARES), MAX_SHARES);
}

/** Microseconds per period that a limit allows; 0 when there is no limit. */
export function cpuQuota(milliCpu: number): number {
  return milliCpu <= 0 ? 0 : Math.max(Math.floor((milliCpu * QUOTA_PERIOD) / 1000), MIN_QUOTA);
}

/** Limits of a whole pod; members that are undefined are not limited. */
export interface PodLimits {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod: number;
  readonly memoryBytes?: number;
}

/** What the pod's cgroup gets: the sums, where every container is limited. */
export function podCgroupLimits(pod: Pod): PodLimits {
  // What statuses say that containers still hold is not what they shall have.
  const asked = { spec: pod.spec };
  const requests = podRequests(asked);
  const limits = podLimits(asked);
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const everyoneHas = (name: string): boolean => pod.spec.resources?.limits?.[name] !== undefined || all.every((one) => one.resources?.limits?.[name] !== undefined);
  const cpuLimit = everyoneHas('cpu') && limits['cpu'] !== undefined ? cpuQuota(quantityMilliValue(limits['cpu'])) : 0;
  const memoryLimit = everyoneHas('memory') && limits['memory'] !== undefined ? quantityValue(limits['memory']) : 0;
  return {
    cpuShares: cpuShares(quantityMilliValue(requests['cpu'] ?? '0')),
    cpuPeriod: QUOTA_PERIOD,
    ...(cpuLimit > 0 ? { cpuQuota: cpuLimit } : {}),
    ...(memoryLimit > 0 ? { memoryBytes: memoryLimit } : {}),
  };
}

const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
const CRITICAL_PRIORITY = 2_000_000_000;

/** How willingly the kernel kills a container when memory runs out; more is sooner. */
export function oomScoreAdjust(pod: Pod, container: Container, memoryCapacity: number): number {
  if ((pod.spec.priority ?? 0) >= CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  const qos = qosClass(pod.spec);
  if (qos === 'Guaranteed') return GUARANTEED_OOM_SCORE;
  if (qos === 'BestEffort') return BEST_EFFORT_OOM_SCORE;
  const request = quantityValue(container.resources?.requests?.['memory'] ?? '0');
  const adjust = Math.trunc(1000 - (1000 * request) / memoryCapacity);
  if (adjust < 1000 + GUARANTEED_OOM_SCORE) return 1000 + GUARANTEED_OOM_SCORE;
  return adjust === BEST_EFFORT_OOM_SCORE ? adjust - 1 : adjust;
}

/** Linux limits of one container. `cgroupV2` allows what only the unified hierarchy knows. */
export function containerLimits(pod: Pod, container: Container, node: { readonly memoryCapacity: number; readonly cgroupV2: boolean }): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const request = requests['cpu'] ?? limits['cpu'];
  const quota = limits['cpu'] === undefined ? 0 : cpuQuota(quantityMilliValue(limits['cpu']));
  const memory = limits['memory'] === undefined ? 0 : quantityValue(limits['memory']);
  return {
    cpuShares: cpuShares(request === undefined ? 0 : quantityMilliValue(request)),
    oomScoreAdj: oomScoreAdjust(pod, container, node.memoryCapacity),
    ...(quota > 0 ? { cpuQuota: quota, cpuPeriod: QUOTA_PERIOD } : {}),
    ...(memory > 0 ? { memoryLimitInBytes: memory } : {}),
    ...(node.cgroupV2 ? { unified: { 'memory.oom.group': '1' } } : {}),
  };
}
