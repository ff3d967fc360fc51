/**
 * Ends pods when the node runs short of memory or disk, those first that use most beyond what they asked for.
 *
 * Source: kubernetes `pkg/kubelet/eviction` (hard thresholds, ranking, messages).
 */
import { qosClass } from '#kinds/core/pod/qos.ts';
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { parseQuantity, quantityOf, quantityValue } from '#machinery/quantity.ts';

/** What must stay free, by signal (`memory.available`, `nodefs.inodesFree`), as quantity or percentage; `0%` switches a signal off. */
export type EvictionThresholds = Readonly<Record<string, string>>;

/** Upstream's hard thresholds. */
export const DEFAULT_EVICTION: EvictionThresholds = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

/** How much there is of something, and how much of it is free. */
export interface Amount {
  readonly capacity: number;
  readonly available: number;
}

/** What the node has left: bytes, and files that a disk still takes. */
export interface NodeSupply {
  readonly memory: Amount;
  /** The disk of volumes and logs. */
  readonly nodefs: Amount;
  readonly nodefsInodes: Amount;
  /** The disk of images and writable layers. */
  readonly imagefs: Amount;
  readonly imagefsInodes: Amount;
}

/** A signal below its threshold. */
export interface Shortage {
  readonly signal: string;
  readonly resource: 'memory' | 'ephemeral-storage' | 'inodes';
  readonly condition: 'MemoryPressure' | 'DiskPressure';
  readonly threshold: number;
  readonly available: number;
}

const SIGNALS: Readonly<Record<string, Pick<Shortage, 'resource' | 'condition'> & { readonly of: keyof NodeSupply }>> = {
  'memory.available': { resource: 'memory', condition: 'MemoryPressure', of: 'memory' },
  'nodefs.available': { resource: 'ephemeral-storage', condition: 'DiskPressure', of: 'nodefs' },
  'nodefs.inodesFree': { resource: 'inodes', condition: 'DiskPressure', of: 'nodefsInodes' },
  'imagefs.available': { resource: 'ephemeral-storage', condition: 'DiskPressure', of: 'imagefs' },
  'imagefs.inodesFree': { resource: 'inodes', condition: 'DiskPressure', of: 'imagefsInodes' },
};

/** Signals that are below their thresholds. @throws Error for a signal that does not exist, and for what is no amount. */
export function shortages(supply: NodeSupply, thresholds: EvictionThresholds): Shortage[] {
  const found: Shortage[] = [];
  for (const [name, text] of Object.entries(thresholds)) {
    const signal = Object.hasOwn(SIGNALS, name) ? SIGNALS[name] : undefined;
    if (!signal) throw new Error(`unsupported eviction signal ${name}`);
    const { capacity, available } = supply[signal.of];
    const threshold = thresholdOf(text, capacity);
    if (available < threshold) found.push({ signal: name, resource: signal.resource, condition: signal.condition, threshold, available });
  }
  return found;
}

/** 0 % and 100 % mean that nobody cares, as upstream reads them. */
function thresholdOf(text: string, capacity: number): number {
  if (!text.endsWith('%')) return quantityValue(text);
  const percent = Number(text.slice(0, -1));
  if (Number.isNaN(percent) || percent < 0 || percent > 100) throw new Error(`eviction percentage threshold ${text} must be from 0% to 100%`);
  return percent === 100 ? 0 : (capacity * percent) / 100;
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
      const over = usageOf(pod) - (resource === 'inodes' ? 0 : (podRequestAmounts(pod)[resource] ?? 0));
      return { pod, over, exceeds: over > 0 ? 1 : 0, priority: pod.spec.priority ?? 0 };
    });
  return facts.sort((a, b) => b.exceeds - a.exceeds || a.priority - b.priority || b.over - a.over).map(({ pod }) => pod);
}

const amountText = (amount: number, resource: Shortage['resource']): string => (resource === 'inodes' ? String(Math.floor(amount)) : quantityOf(Math.floor(amount / 1024) * 1024, 'BinarySI'));

/** What the evicted pod's status says. */
export function evictionMessage(pod: Pod, shortage: Shortage, usageOfContainer: (name: string) => number): string {
  let text = `The node was low on resource: ${shortage.resource}. Threshold quantity: ${amountText(shortage.threshold, shortage.resource)}, available: ${amountText(shortage.available, shortage.resource)}. `;
  for (const container of pod.spec.containers) {
    const request = container.resources?.requests?.[shortage.resource] ?? '0';
    const usage = usageOfContainer(container.name);
    if (usage > quantityValue(request)) text += `Container ${container.name} was using ${amountText(usage, shortage.resource)}, request is ${request}, has larger consumption of ${shortage.resource}. `;
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
