/**
 * The taints that a node's condition calls for.
 *
 * Source: the documented taints `node.kubernetes.io/*`; kube-controller-manager `pkg/controller/nodelifecycle`.
 */
import type { Node, Taint } from '#kinds/core/node/schema.ts';
import { readyCondition } from './health.ts';

/** Set while the node is not ready. */
export const NOT_READY = 'node.kubernetes.io/not-ready';
/** Set while nothing is heard of the node. */
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Condition, status, taint. */
const CONDITION_TAINTS: readonly (readonly [string, string, string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];

const MANAGED_NO_SCHEDULE = new Set([UNSCHEDULABLE, ...CONDITION_TAINTS.map(([, , key]) => key)]);

type TaintName = Pick<Taint, 'key' | 'effect'>;

/** Which pods may stay on the node: all, or only those that tolerate its state. */
export type Eviction = 'none' | 'wanted' | 'permitted';

function isManaged({ key, effect }: TaintName): boolean {
  if (effect === 'NoSchedule') return MANAGED_NO_SCHEDULE.has(key);
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);
}

function wantedNoSchedule({ spec, status }: Node): readonly string[] {
  const keys = CONDITION_TAINTS.filter(([type, bad]) => status.conditions?.some((one) => one.type === type && one.status === bad)).map(
    ([, , key]) => key,
  );
  return spec.unschedulable ? [...keys, UNSCHEDULABLE] : keys;
}

/** The NoExecute taint that the node's readiness calls for. */
export function wantedNoExecute(node: Node): typeof NOT_READY | typeof UNREACHABLE | undefined {
  switch (readyCondition(node)?.status) {
    case 'False':
      return NOT_READY;
    case 'Unknown':
      return UNREACHABLE;
    default:
      return undefined;
  }
}

/** Whether the node carries a NoExecute taint for its readiness. */
export function isEvicting(node: Node): boolean {
  return (node.spec.taints ?? []).some((one) => one.effect === 'NoExecute' && isManaged(one));
}

/**
 * The taints that the node should have; `undefined` when it has them.
 * `evict`: whether NoExecute taints go (`none`), may be exchanged but not begun (`wanted`), or may be begun too (`permitted`).
 */
export function taintsFor(node: Node, evict: Eviction, now: string): readonly Taint[] | undefined {
  const current = node.spec.taints ?? [];
  const wanted: TaintName[] = wantedNoSchedule(node).map((key) => ({ key, effect: 'NoSchedule' }));
  const lasting = evict === 'none' ? undefined : wantedNoExecute(node);
  if (lasting && (evict === 'permitted' || isEvicting(node))) wanted.push({ key: lasting, effect: 'NoExecute' });
  const isWanted = (taint: TaintName): boolean => wanted.some((one) => one.key === taint.key && one.effect === taint.effect);
  const kept = current.filter((one) => !isManaged(one) || isWanted(one));
  const added = wanted.filter((one) => !current.some((has) => has.key === one.key && has.effect === one.effect));
  if (kept.length === current.length && added.length === 0) return undefined;
  return [...kept, ...added.map((one): Taint => ({ ...one, timeAdded: now }))];
}
