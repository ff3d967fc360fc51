/**
 * NodeResourcesBalancedAllocation: prefers nodes on which the resources would be used evenly.
 *
 * Source: the documented formula: 100 less the standard deviation of the used shares.
 */
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { amountOf } from '../resources.ts';
import { DEFAULT_RESOURCES, type WeightedResource } from './resources-fit.ts';

/** Balanced use of `resources` (weights do not matter). */
export function balancedAllocation(resources: readonly WeightedResource[] = DEFAULT_RESOURCES): Plugin {
  const names = resources.map(({ name }) => name);
  const cpuAndMemory = names.length === 2 && names.includes('cpu') && names.includes('memory');
  return {
    name: 'NodeResourcesBalancedAllocation',
    nodeLocal: true,
    // Pods that ask for nothing say nothing about balance.
    preScore: (pod) => (names.some((name) => amountOf(pod.requests, name) > 0) ? true : undefined),
    score: (pod, node) => Math.trunc((1 - (cpuAndMemory ? cpuMemoryDeviation(pod, node) : deviation(names, pod, node))) * MAX_NODE_SCORE),
  };
}

/** The usual case without an array. */
function cpuMemoryDeviation({ requests }: PodInfo, { requested, allocatable }: NodeInfo): number {
  if (allocatable.cpuMillis === 0 || allocatable.memoryBytes === 0) return 0;
  const cpu = Math.min((requested.cpuMillis + requests.cpuMillis) / allocatable.cpuMillis, 1);
  const memory = Math.min((requested.memoryBytes + requests.memoryBytes) / allocatable.memoryBytes, 1);
  return Math.abs(cpu - memory) / 2;
}

function deviation(names: readonly string[], pod: PodInfo, node: NodeInfo): number {
  const shares: number[] = [];
  for (const name of names) {
    const capacity = amountOf(node.allocatable, name);
    const wanted = amountOf(pod.requests, name);
    // Extended resources count for pods that ask for them.
    if (capacity === 0 || (wanted === 0 && name.includes('/'))) continue;
    shares.push(Math.min((amountOf(node.requested, name) + wanted) / capacity, 1));
  }
  if (shares.length < 2) return 0;
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2;
  const mean = shares.reduce((sum, value) => sum + value, 0) / shares.length;
  return Math.sqrt(shares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shares.length);
}
