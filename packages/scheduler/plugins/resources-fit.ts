/**
 * NodeResourcesFit: what the pod requests must be free; the strategy prefers empty nodes (spreading), full ones (bin packing) or a given shape.
 * NodeResourcesBalancedAllocation: prefers nodes on which cpu and memory would be used evenly.
 *
 * Source: the documented arguments and formulas of both plugins.
 */
import { MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Amounts } from '../resources.ts';

/** A resource with its weight in the score. */
export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

/** A point of a requested-to-capacity function: at `utilization` percent the node is worth `score` (0..10). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** How free resources become points. */
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly WeightedResource[];
  /** For RequestedToCapacityRatio, by rising utilization. */
  readonly shape?: readonly ShapePoint[];
}

/** Cpu and memory, equally. */
export const DEFAULT_RESOURCES: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** The default: prefer the node with the most left. */
export const LEAST_ALLOCATED: ScoringStrategy = { type: 'LeastAllocated', resources: DEFAULT_RESOURCES };

const TOO_MANY_PODS = 'Too many pods';

/** The amount of a resource by name. */
function amount(amounts: Amounts, name: string): number {
  if (name === 'cpu') return amounts.cpuMillis;
  if (name === 'memory') return amounts.memoryBytes;
  if (name === 'ephemeral-storage') return amounts.ephemeralBytes;
  return amounts.scalars.get(name) ?? 0;
}

/** Every resource of which the node has too little left for the pod, in words. */
export function insufficientResources(pod: PodInfo, node: NodeInfo): { readonly reasons: string[]; readonly resolvable: boolean } {
  const reasons: string[] = [];
  let resolvable = true;
  if (node.pods.size + 1 > node.allowedPods) reasons.push(TOO_MANY_PODS);
  const check = (name: string, wanted: number): void => {
    if (wanted <= 0 || wanted <= amount(node.allocatable, name) - amount(node.requested, name)) return;
    reasons.push(`Insufficient ${name}`);
    // More than the node has at all: no other pod's removal helps.
    if (wanted > amount(node.allocatable, name)) resolvable = false;
  };
  check('cpu', pod.requests.cpuMillis);
  check('memory', pod.requests.memoryBytes);
  check('ephemeral-storage', pod.requests.ephemeralBytes);
  for (const [name, wanted] of pod.requests.scalars) check(name, wanted);
  return { reasons, resolvable };
}

/** Resource fit with a scoring strategy. */
export function resourcesFit(strategy: ScoringStrategy = LEAST_ALLOCATED): Plugin {
  return {
    name: 'NodeResourcesFit',
    events: [{ on: ['AssignedPodDelete', 'AssignedPodUpdate', 'PodUpdate'] }, { on: ['NodeAdd', 'NodeAllocatable'] }],
    filter(pod, node): Rejection | undefined {
      const { requests } = pod;
      const { allocatable, requested } = node;
      // The common case without an allocation: it fits.
      if (
        node.pods.size + 1 <= node.allowedPods &&
        requests.cpuMillis <= allocatable.cpuMillis - requested.cpuMillis &&
        requests.memoryBytes <= allocatable.memoryBytes - requested.memoryBytes &&
        requests.ephemeralBytes === 0 &&
        requests.scalars.size === 0
      ) {
        return undefined;
      }
      const lack = insufficientResources(pod, node);
      return lack.reasons.length > 0 ? lack : undefined;
    },
    score: (pod, node) => scoreResources(strategy, pod, node),
  };
}

function scoreResources(strategy: ScoringStrategy, pod: PodInfo, node: NodeInfo): number {
  let sum = 0;
  let weights = 0;
  for (const { name, weight } of strategy.resources) {
    const capacity = amount(node.allocatable, name);
    if (capacity === 0) continue;
    const wanted = amount(pod.assumed, name);
    if (wanted === 0 && name !== 'cpu' && name !== 'memory') continue;
    const requested = Math.min(amount(node.assumedRequested, name) + wanted, capacity + 1);
    sum += weight * strategyPoints(strategy, requested, capacity);
    weights += weight;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}

function strategyPoints(strategy: ScoringStrategy, requested: number, capacity: number): number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
    case 'MostAllocated':
      return Math.floor((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);
    case 'RequestedToCapacityRatio':
      return requested > capacity ? shapePoints(strategy.shape ?? [], 100) : shapePoints(strategy.shape ?? [], Math.floor((requested * 100) / capacity));
    default:
      return strategy.type satisfies never;
  }
}

/** The piecewise linear function through the shape's points, scaled from 0..10 to 0..100. */
export function shapePoints(shape: readonly ShapePoint[], utilization: number): number {
  const scale = MAX_NODE_SCORE / 10;
  let previous: ShapePoint | undefined;
  for (const point of shape) {
    if (utilization <= point.utilization) {
      if (!previous) return point.score * scale;
      const share = (utilization - previous.utilization) / (point.utilization - previous.utilization);
      return Math.trunc((previous.score + (point.score - previous.score) * share) * scale);
    }
    previous = point;
  }
  return (previous?.score ?? 0) * scale;
}

/** Balanced use of resources: 100 less the spread (standard deviation) of the used shares. */
export function balancedAllocation(resources: readonly WeightedResource[] = DEFAULT_RESOURCES): Plugin<true> {
  return {
    name: 'NodeResourcesBalancedAllocation',
    // Pods that ask for nothing say nothing about balance.
    preScore: (pod) => (resources.some(({ name }) => amount(pod.requests, name) > 0) ? true : undefined),
    score(pod, node) {
      const shares: number[] = [];
      for (const { name } of resources) {
        const capacity = amount(node.allocatable, name);
        if (capacity > 0) shares.push(Math.min((amount(node.requested, name) + amount(pod.requests, name)) / capacity, 1));
      }
      return Math.floor((1 - standardDeviation(shares)) * MAX_NODE_SCORE);
    },
  };
}

function standardDeviation(values: readonly number[]): number {
  if (values.length === 2) return Math.abs((values[0]! - values[1]!) / 2);
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length || 1));
}
