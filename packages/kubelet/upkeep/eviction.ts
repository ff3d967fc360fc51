/**
 * Ends pods when the node runs short of memory or disk, those first that use most beyond what they asked for.
 *
 * Source: kubernetes `pkg/kubelet/eviction` (hard thresholds, ranking, messages).
 */
import { qosClass } from '#kinds/core/pod/qos.ts';
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { parseQuantity, quantityOf, quantityValue } from '#machinery/quantity.ts';

/** What must stay free: `memory.available`, `nodefs.available`, as quantity or percentage. */
export type EvictionThresholds = Readonly<Record<string, string>>;

/** What the node has left, in bytes. */
export interface NodeSupply {
  readonly memoryCapacity: number;
  readonly memoryAvailable: number;
  readonly diskCapacity: number;
  readonly diskAvailable: number;
}

/** A signal below its threshold. */
export interface Shortage {
  readonly signal: string;
  readonly resource: 'memory' | 'ephemeral-storage';
  readonly condition: 'MemoryPressure' | 'DiskPressure';
  readonly threshold: number;
  readonly available: number;
}

const SIGNALS = {
  'memory.available': { resource: 'memory', condition: 'MemoryPressure', capacity: 'memoryCapacity', available: 'memoryAvailable' },
  'nodefs.available': { resource: 'ephemeral-storage', condition: 'DiskPressure', capacity: 'diskCapacity', available: 'diskAvailable' },
} as const;

/** Signals that are below their thresholds. @throws Error for a signal that does not exist. */
export function shortages(supply: NodeSupply, thresholds: EvictionThresholds): Shortage[] {
  const found: Shortage[] = [];
  for (const [name, text] of Object.entries(thresholds)) {
    const signal = SIGNALS[name as keyof typeof SIGNALS];
    if (!signal) throw new Error(`unsupported eviction signal ${name}`);
    const threshold = text.endsWith('%') ? (supply[signal.capacity] * Number(text.slice(0, -1))) / 100 : quantityValue(text);
    const available = supply[signal.available];
    if (available < threshold) found.push({ signal: name, resource: signal.resource, condition: signal.condition, threshold, available });
  }
  return found;
}

const CRITICAL_PRIORITY = 2_000_000_000;

/** Pods that the system itself stands on are never ended for want of memory. */
export function isCritical(pod: Pod): boolean {
  return (pod.spec.priority ?? 0) >= CRITICAL_PRIORITY;
}

/** What a pod uses of the short resource, in bytes. */
export type UsageOf = (pod: Pod) => number;

/** The pods in the order in which they should go: over their requests first, then low priority, then most over. */
export function rankForEviction(pods: readonly Pod[], resource: Shortage['resource'], usageOf: UsageOf): Pod[] {
  const facts = pods
    .filter((pod) => !isCritical(pod))
    .map((pod) => {
      const over = usageOf(pod) - (podRequestAmounts(pod)[resource] ?? 0);
      return { pod, over, exceeds: over > 0 ? 1 : 0, priority: pod.spec.priority ?? 0 };
    });
  return facts.sort((a, b) => b.exceeds - a.exceeds || a.priority - b.priority || b.over - a.over).map(({ pod }) => pod);
}

const bytesText = (bytes: number): string => quantityOf(Math.floor(bytes / 1024) * 1024, 'BinarySI');

/** What the evicted pod's status says. */
export function evictionMessage(pod: Pod, shortage: Shortage, usageOfContainer: (name: string) => number): string {
  let text = `The node was low on resource: ${shortage.resource}. Threshold quantity: ${bytesText(shortage.threshold)}, available: ${bytesText(shortage.available)}. `;
  for (const container of pod.spec.containers) {
    const request = container.resources?.requests?.[shortage.resource] ?? '0';
    const usage = usageOfContainer(container.name);
    if (usage > quantityValue(request)) text += `Container ${container.name} was using ${bytesText(usage)}, request is ${request}, has larger consumption of ${shortage.resource}. `;
  }
  return text;
}

/** Whether a node under these conditions turns the pod away. */
export function refusedUnderPressure(pod: Pod, pressure: ReadonlySet<string>): string | undefined {
  if (pressure.size === 0 || isCritical(pod)) return undefined;
  const tolerates = (pod.spec.tolerations ?? []).some(({ key, operator, effect }) => (key === undefined || key === '' || key === 'node.kubernetes.io/memory-pressure') && operator === 'Exists' && (!effect || effect === 'NoSchedule'));
  const onlyMemory = pressure.size === 1 && pressure.has('MemoryPressure');
  if (onlyMemory && (qosClass(pod.spec) !== 'BestEffort' || tolerates)) return undefined;
  return `The node had condition: [${[...pressure].join(' ')}]. `;
}

/** Volumes that hold more than their size limit allows. */
export function overfullVolume(pod: Pod, usageOfVolume: (name: string) => number | undefined): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    if (!emptyDir?.sizeLimit) continue;
    const usage = usageOfVolume(name);
    if (usage !== undefined && BigInt(Math.ceil(usage)) * 1_000_000_000n > parseQuantity(emptyDir.sizeLimit).nanos) return `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir.sizeLimit}". `;
  }
  return undefined;
}
