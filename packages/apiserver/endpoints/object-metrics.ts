/** What is stored and how it is read, and which deprecated versions are asked for. Source: apiserver `storage/etcd3/metrics`, `storage/cacher/metrics`, `endpoints/metrics`. */
import type { MetricRegistry, Sample } from '#base/metrics.ts';
import type { Store } from '#store/store.ts';
import type { Registry, ResourceCounts } from '../registry/registry.ts';

const LABELS = ['group', 'resource'];
/** Revisions are told by their last digits, which a number holds exactly. Source: apiserver `storage/cacher/metrics`. */
const REVISION_MODULUS = 1e15;

type Read = (counts: ResourceCounts) => number;

/** Counters of each resource: name, help, value. */
const COUNTERS: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['apiserver_cache_list_returned_objects_total', 'Number of objects returned for a LIST request from watch cache', ({ cache }) => cache.lists.returned],
  ['apiserver_init_events_total', 'Counter of init events processed in watch cache broken by resource type.', ({ cache }) => cache.initEvents],
  ['apiserver_storage_events_received_total', 'Number of etcd events received split by kind.', ({ cache }) => cache.events],
  ['apiserver_storage_list_evaluated_objects_total', 'Number of objects tested in the course of serving a LIST request from storage', ({ cache }) => cache.storeLists.fetched],
  ['apiserver_storage_list_fetched_objects_total', 'Number of objects read from storage in the course of serving a LIST request', ({ cache }) => cache.storeLists.fetched],
  ['apiserver_storage_list_returned_objects_total', 'Number of objects returned for a LIST request from storage', ({ cache }) => cache.storeLists.returned],
  ['apiserver_storage_list_total', 'Number of LIST requests served from storage', ({ cache }) => cache.storeLists.count],
  ['apiserver_terminated_watchers_total', 'Counter of watchers closed due to unresponsiveness broken by resource type.', ({ cache }) => cache.slowWatchers],
  ['apiserver_watch_cache_events_dispatched_total', 'Counter of events dispatched in watch cache broken by resource type.', ({ cache }) => cache.events],
  ['apiserver_watch_cache_events_received_total', 'Counter of events received in watch cache broken by resource type.', ({ cache }) => cache.events],
  ['apiserver_watch_cache_initializations_total', 'Counter of watch cache initializations broken by resource type.', ({ cache }) => cache.initializations],
];

/** The same of lists, whose index is named too; there is none. */
const INDEXED: typeof COUNTERS = [
  ['apiserver_cache_list_fetched_objects_total', 'Number of objects read from watch cache in the course of serving a LIST request', ({ cache }) => cache.lists.fetched],
  ['apiserver_cache_list_total', 'Number of LIST requests served from watch cache', ({ cache }) => cache.lists.count],
];

const OBJECTS = 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.';

/** Reads the counts when metrics are asked for. */
export async function addObjectMetrics(metrics: MetricRegistry, registry: Registry, store: Store): Promise<void> {
  const resource = (group: string, plural: string): string => (group === '' ? plural : `${plural}.${group}`);
  metrics.gauge({ name: 'apiserver_storage_objects', help: `[DEPRECATED, consider using apiserver_resource_objects instead] ${OBJECTS}`, stability: 'STABLE', labels: ['resource'] }, () =>
    registry.counts().map(({ group, plural, count }): Sample => ({ labels: [resource(group, plural)], value: count })),
  );
  const each = (read: Read, ...more: readonly string[]) => (): Sample[] => registry.counts().map((counts) => ({ labels: [counts.group, counts.plural, ...more], value: read(counts) }));
  metrics.gauge({ name: 'apiserver_resource_objects', help: OBJECTS, stability: 'ALPHA', labels: LABELS }, each(({ count }) => count));
  const version = 'Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.';
  metrics.gauge({ name: 'apiserver_watch_cache_resource_version', help: version, stability: 'ALPHA', labels: LABELS }, each(({ revision }) => revision % REVISION_MODULUS));
  for (const [name, help, read] of COUNTERS) metrics.gauge({ name, help, stability: name === 'apiserver_storage_events_received_total' ? 'BETA' : 'ALPHA', labels: LABELS, type: 'counter' }, each(read));
  for (const [name, help, read] of INDEXED) metrics.gauge({ name, help, stability: 'ALPHA', labels: [...LABELS, 'index'], type: 'counter' }, each(read, ''));
  const deprecated = 'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.';
  metrics.gauge({ name: 'apiserver_requested_deprecated_apis', help: deprecated, stability: 'STABLE', labels: ['group', 'version', 'resource', 'subresource', 'removed_release'] }, () =>
    registry.deprecated().map(({ group, version: of, plural, subresource }): Sample => ({ labels: [group, of, plural, subresource, ''], value: 1 })),
  );
  await addStorageSize(metrics, store);
}

/** The store is asked each time its size is read; the answer is told the next time. */
async function addStorageSize(metrics: MetricRegistry, store: Store): Promise<void> {
  let bytes = await store.sizeBytes();
  const refresh = (): void => {
    store.sizeBytes().then(
      (now) => (bytes = now),
      // A store that does not answer has the size that it had.
      () => {},
    );
  };
  metrics.gauge({ name: 'apiserver_storage_size_bytes', help: 'Size of the storage database file physically allocated in bytes.', stability: 'STABLE', labels: ['storage_cluster_id'] }, () => {
    refresh();
    return [{ labels: ['etcd-0'], value: bytes }];
  });
}
