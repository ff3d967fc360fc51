/**
 * Metrics of volumes and claims, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/volume/persistentvolume/metrics`.
 */
import type { Counter, MetricRegistry, Sample } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import { classOf } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';

/** Counts of what the binder does. */
export interface BinderMetrics {
  /** Claims that got the default class afterwards, and those where that failed. */
  readonly classes: Counter | undefined;
  readonly classErrors: Counter | undefined;
  /** Failures by plugin and operation. */
  readonly errors: Counter | undefined;
}

const PLUGINS: readonly (readonly [keyof PersistentVolume['spec'], string])[] = [
  ['hostPath', 'host-path'],
  ['nfs', 'nfs'],
  ['local', 'local-volume'],
  ['iscsi', 'iscsi'],
  ['fc', 'fc'],
];

/** Who serves a volume, as metrics name it. */
export function pluginOf({ spec }: PersistentVolume): string {
  if (spec.csi) return `kubernetes.io/csi:${spec.csi.driver}`;
  const plugin = PLUGINS.find(([field]) => spec[field] !== undefined);
  return plugin ? `kubernetes.io/${plugin[1]}` : 'N/A';
}

function countBy<T>(objects: readonly T[], labelsOf: (object: T) => readonly string[]): Sample[] {
  const samples = new Map<string, Sample>();
  for (const object of objects) {
    const labels = labelsOf(object);
    const key = labels.join('\n');
    samples.set(key, { labels, value: (samples.get(key)?.value ?? 0) + 1 });
  }
  return [...samples.values()];
}

/** Registers how many volumes and claims there are. */
export function binderMetrics(registry: MetricRegistry | undefined, volumes: Informer<PersistentVolume>, claims: Informer<PersistentVolumeClaim>): BinderMetrics {
  const byClaim = ['namespace', 'storage_class', 'volume_attributes_class'];
  for (const [state, isBound] of [['bound', true], ['unbound', false]] as const) {
    registry?.gauge({ name: `pv_collector_${state}_pv_count`, help: `Gauge measuring number of persistent volume currently ${state}`, labels: ['storage_class'] }, () =>
      countBy(volumes.lister.list().filter(({ status }) => (status.phase === 'Bound') === isBound), ({ spec }) => [spec.storageClassName ?? '']),
    );
    registry?.gauge({ name: `pv_collector_${state}_pvc_count`, help: `Gauge measuring number of persistent volume claim currently ${state}`, labels: byClaim }, () =>
      countBy(claims.lister.list().filter(({ status }) => (status.phase === 'Bound') === isBound), (claim) => [claim.metadata.namespace ?? '', classOf(claim), claim.spec.volumeAttributesClassName ?? '']),
    );
  }
  registry?.gauge({ name: 'pv_collector_total_pv_count', help: 'Gauge measuring total number of persistent volumes', labels: ['plugin_name', 'volume_mode'] }, () =>
    countBy(volumes.lister.list(), (volume) => [pluginOf(volume), volume.spec.volumeMode ?? '']),
  );
  return {
    classes: registry?.counter({ name: 'retroactive_storageclass_total', help: 'Total number of retroactive StorageClass assignments to persistent volume claim' }),
    classErrors: registry?.counter({ name: 'retroactive_storageclass_errors_total', help: 'Total number of failed retroactive StorageClass assignments to persistent volume claim' }),
    errors: registry?.counter({ name: 'volume_operation_total_errors', help: 'Total volume operation errors', labels: ['plugin_name', 'operation_name'] }),
  };
}
