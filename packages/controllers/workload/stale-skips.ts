/**
 * How often a key had to wait for a cache, under upstream's names.
 *
 * Source: kube-controller-manager, the `metrics` packages of the controllers of Jobs, ReplicaSets, StatefulSets and DaemonSets.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { Kind } from '#machinery/kind.ts';

/** Registers `PREFIX_stale_sync_skips_total`; `noun`: `ReplicaSet`. What it answers counts. */
export function staleSkips(registry: MetricRegistry | undefined, prefix: string, noun: string): (kind: Kind) => void {
  const skips = registry?.counter({ name: `${prefix}_stale_sync_skips_total`, help: `Total number of ${noun} syncs skipped due to a stale watch cache.`, labels: ['group', 'resource'] });
  return ({ group, plural }) => skips?.increment([group, plural]);
}
