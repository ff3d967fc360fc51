/**
 * How many feasible nodes are enough before scoring starts.
 *
 * Source: the documented behaviour of `percentageOfNodesToScore`.
 */

/** In clusters of this size and below, every node is looked at. */
const MIN_FEASIBLE_NODES = 100;
/** However large the cluster, at least this share of it (in percent) is looked at by default. */
const MIN_PERCENTAGE = 5;

/** All up to 100 nodes; then the given share (percent), by default one that falls from 50 % by 1 % per 125 nodes, never under 5 %; at least 100. */
export function enoughFeasible(nodeCount: number, percentage?: number): number {
  if (nodeCount < MIN_FEASIBLE_NODES) return nodeCount;
  const share = percentage || Math.max(MIN_PERCENTAGE, 50 - Math.floor(nodeCount / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.floor((nodeCount * share) / 100));
}
