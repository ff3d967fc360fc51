/**
 * Metrics of the controllers that publish certificate authorities, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/certificates/rootcacertpublisher/metrics.go`, `clustertrustbundlepublisher/metrics.go`.
 */
import type { Clock } from '#base/clock.ts';
import type { MetricRegistry } from '#base/metrics.ts';
import { StatusError } from '#machinery/status.ts';

/** 1 ms to 16 s, by twos. */
const BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** How the metrics of one publisher are called. */
export interface PublisherMetricNames {
  readonly prefix: string;
  readonly total: string;
  readonly duration: string;
}

/** Registers `PREFIX_sync_total` and `PREFIX_sync_duration_seconds`; what it answers runs one sync and counts it by the code of its outcome. */
export function publisherMetrics(registry: MetricRegistry | undefined, { prefix, total, duration }: PublisherMetricNames): (clock: Clock, sync: () => Promise<void>) => Promise<void> {
  const labels = ['code'];
  const syncs = registry?.counter({ name: `${prefix}_sync_total`, help: total, labels });
  const seconds = registry?.histogram({ name: `${prefix}_sync_duration_seconds`, help: duration, labels, buckets: BUCKETS });
  return async (clock, sync) => {
    const startMs = clock.monotonicMs();
    let code = '500';
    try {
      await sync();
      code = '200';
    } catch (error) {
      if (error instanceof StatusError) code = String(error.code);
      throw error;
    } finally {
      syncs?.increment([code]);
      seconds?.observe((clock.monotonicMs() - startMs) / 1000, [code]);
    }
  };
}
