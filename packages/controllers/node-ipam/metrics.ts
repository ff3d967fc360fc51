/**
 * Metrics of the blocks that nodes get, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/nodeipam/ipam/cidrset/metrics.go`.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { CidrSet } from './cidr-set.ts';

/** Told of what happens to the blocks of one range. */
export interface CidrMetrics {
  allocated(): void;
  released(): void;
  /** How many taken blocks a search met before a free one. */
  tried(count: number): void;
}

/** Registers the metrics of the ranges of a cluster; answers those of the range with this text. */
export function cidrMetrics(registry: MetricRegistry | undefined, sets: ReadonlyMap<string, CidrSet>): (range: string) => CidrMetrics {
  const prefix = 'node_ipam_controller';
  const labels = ['clusterCIDR'];
  const allocations = registry?.counter({ name: `${prefix}_cidrset_cidrs_allocations_total`, help: 'Counter measuring total number of CIDR allocations.', labels });
  const releases = registry?.counter({ name: `${prefix}_cidrset_cidrs_releases_total`, help: 'Counter measuring total number of CIDR releases.', labels });
  const each = (read: (set: CidrSet) => number) => () => [...sets].map(([range, set]) => ({ labels: [range], value: read(set) }));
  // Upstream's spelling.
  registry?.gauge({ name: `${prefix}_cirdset_max_cidrs`, help: 'Maximum number of CIDRs that can be allocated.', labels }, each(({ size }) => size));
  registry?.gauge({ name: `${prefix}_cidrset_usage_cidrs`, help: 'Gauge measuring percentage of allocated CIDRs.', labels }, each(({ size, taken }) => taken / size));
  // Upstream's words, which are those of another metric.
  const tries = registry?.histogram({ name: `${prefix}_cidrset_allocation_tries_per_request`, help: 'Number of endpoints added on each Service sync', labels, buckets: [1, 5, 25, 125, 625] });
  return (range) => ({
    allocated: () => allocations?.increment([range]),
    released: () => releases?.increment([range]),
    tried: (count) => tries?.observe(count, [range]),
  });
}
