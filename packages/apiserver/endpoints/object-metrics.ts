/** How many objects there are, and which deprecated versions are asked for. Source: apiserver `storage/etcd3/metrics`, `endpoints/metrics`. */
import type { MetricRegistry, Sample } from '#base/metrics.ts';
import type { Registry } from '../registry/registry.ts';

/** Reads the counts when metrics are asked for. */
export function addObjectMetrics(metrics: MetricRegistry, registry: Registry): void {
  const resource = (group: string, plural: string): string => (group === '' ? plural : `${plural}.${group}`);
  metrics.gauge({ name: 'apiserver_storage_objects', stability: 'STABLE', help: '[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind.', labels: ['resource'] }, () =>
    registry.counts().map(({ group, plural, count }): Sample => ({ labels: [resource(group, plural)], value: count })),
  );
  metrics.gauge({ name: 'apiserver_resource_objects', stability: 'ALPHA', help: 'Number of stored objects at the time of last check split by kind.', labels: ['group', 'resource'] }, () =>
    registry.counts().map(({ group, plural, count }): Sample => ({ labels: [group, plural], value: count })),
  );
  metrics.gauge({ name: 'apiserver_requested_deprecated_apis', stability: 'STABLE', help: 'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.', labels: ['group', 'version', 'resource', 'subresource', 'removed_release'] }, () =>
    registry.deprecated().map(({ group, version, plural, subresource }): Sample => ({ labels: [group, version, plural, subresource, ''], value: 1 })),
  );
}
