/**
 * Metrics of endpoint slices that only those of Services have.
 *
 * Source: `k8s.io/endpointslice/metrics`.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import { hasManagedEndpoints } from '../service-endpoints/pod-endpoints.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { sliceMetrics } from './metrics.ts';
import type { SliceMetrics } from './metrics.ts';

/** Counts passes over Services, too. */
export interface ServiceMetrics extends SliceMetrics {
  synced(result: 'success' | 'stale' | 'error'): void;
  /** How many slices one pass wrote. */
  slicesChanged(service: Service, topology: 'Auto' | 'Disabled', count: number): void;
}

/** Prometheus' usual buckets, which upstream leaves this one. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const KNOWN_DISTRIBUTIONS = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

function distributionOf({ spec }: Service): string | undefined {
  const { trafficDistribution } = spec;
  return trafficDistribution === undefined || KNOWN_DISTRIBUTIONS.has(trafficDistribution) ? trafficDistribution : 'ImplementationSpecific';
}

/** Registers `endpoint_slice_controller_…`. */
export function serviceMetrics(registry: MetricRegistry | undefined, services: Informer<Service>): ServiceMetrics {
  const prefix = 'endpoint_slice_controller';
  const syncs = registry?.counter({ name: `${prefix}_syncs`, help: 'Number of EndpointSlice syncs', labels: ['result'] });
  const changed = registry?.histogram({
    name: `${prefix}_endpointslices_changed_per_sync`,
    help: 'Number of EndpointSlices changed on each Service sync',
    labels: ['topology', 'traffic_distribution'],
    buckets: DEFAULT_BUCKETS,
  });
  const distributions = { name: `${prefix}_services_count_by_traffic_distribution`, help: 'Number of Services using some specific trafficDistribution', labels: ['traffic_distribution'] };
  registry?.gauge(distributions, () => {
    const by = Map.groupBy(services.lister.list().filter(hasManagedEndpoints), distributionOf);
    return [...by].flatMap(([distribution, found]) => (distribution === undefined ? [] : [{ labels: [distribution], value: found.length }]));
  });
  return {
    ...sliceMetrics(registry, prefix, 'Service'),
    synced: (result) => syncs?.increment([result]),
    slicesChanged: (service, topology, count) => changed?.observe(count, [topology, topology === 'Auto' ? '' : (distributionOf(service) ?? '')]),
  };
}
