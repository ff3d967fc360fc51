/**
 * Metrics of zones, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/nodelifecycle/metrics.go`.
 */
import type { Counter, Histogram, MetricRegistry, Sample } from '#base/metrics.ts';
import type { ZoneCount, Zones } from './zones.ts';

/** Registers them; answers the counter of nodes that begin to be emptied, by zone. */
export function zoneMetrics(registry: MetricRegistry | undefined, zones: Zones): Counter | undefined {
  const labels = ['zone'];
  const each = (read: (count: ZoneCount) => number) => (): Sample[] => [...zones.counts()].map(([zone, count]) => ({ labels: [zone], value: read(count) }));
  registry?.gauge({ name: 'node_collector_zone_size', help: 'Gauge measuring number of registered Nodes per zones.', labels }, each(({ ready, notReady }) => ready + notReady));
  registry?.gauge({ name: 'node_collector_zone_health', help: 'Gauge measuring percentage of healthy nodes per zone.', labels }, each(({ ready, notReady }) => (100 * ready) / Math.max(ready + notReady, 1)));
  registry?.gauge({ name: 'node_collector_unhealthy_nodes_in_zone', help: 'Gauge measuring number of not Ready Nodes per zones.', labels }, each(({ notReady }) => notReady));
  return registry?.counter({ name: 'node_collector_evictions_total', help: 'Number of Node evictions that happened since current instance of NodeController started.', labels, stability: 'STABLE' });
}

/** How long looks take, in seconds: at one node, and at all. */
export interface LookTimes {
  readonly one: Histogram | undefined;
  readonly all: Histogram | undefined;
}

/** Registers them. */
export function lookTimes(registry: MetricRegistry | undefined): LookTimes {
  const prefix = 'node_collector_update';
  return {
    one: registry?.histogram({ name: `${prefix}_node_health_duration_seconds`, help: 'Duration in seconds for NodeController to update the health of a single node.', buckets: byFours(0.001) }),
    all: registry?.histogram({ name: `${prefix}_all_nodes_health_duration_seconds`, help: 'Duration in seconds for NodeController to update the health of all nodes.', buckets: byFours(0.01) }),
  };
}

function byFours(first: number): readonly number[] {
  return Array.from({ length: 8 }, (_, i) => Number((first * 4 ** i).toPrecision(12)));
}
