/**
 * The metrics server of `navarch server`: measures the nodes and answers `metrics.k8s.io`.
 */
import type { Caches, Handler } from '#apiserver/call.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import type { Dial } from '#apiserver/streaming/dial.ts';
import { KubeletClient } from '#apiserver/streaming/kubelet-client.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { isReason, serviceUnavailable } from '#machinery/status.ts';
import type { UsageSource } from '#metrics-server/samples.ts';
import { samplesOfMetrics } from '#metrics-server/resource-metrics.ts';
import { startScraper } from '#metrics-server/scraper.ts';
import { UsageStore } from '#metrics-server/usage-store.ts';
import type { UsageReader } from '#metrics-server/usage-store.ts';
import { metricsHandlers } from './metrics-handlers.ts';
import { simulatedUsage } from './simulated-usage.ts';

/** A text that is longer is refused. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** Where usage is known once nodes are measured: the API asks for it from the start. */
export class MetricsServer {
  #usage: UsageReader | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Handlers for the API server. */
  handlers(caches: Caches): ReadonlyMap<string, Handler> {
    const known = (): UsageReader => {
      if (!this.#usage) throw serviceUnavailable('the server is currently unable to handle the request');
      return this.#usage;
    };
    return metricsHandlers(caches, { node: (node) => known().node(node), pod: (pod) => known().pod(pod) }, this.#clock);
  }

  /** Measures real nodes through their kubelets, until disposed. */
  measure(of: { readonly caches: Caches; readonly dial: Dial; readonly pki: Pki; readonly log: Logger }): AsyncDisposable {
    const store = new UsageStore();
    this.#usage = store;
    const { caches, dial, pki, log } = of;
    const kubelets = new KubeletClient({ caches, dial, certificate: () => pki.client('apiserver-kubelet-client'), ca: pki.caCert });
    const names = (): readonly string[] => caches.list(nodes).map(({ metadata }) => metadata.name ?? '');
    return startScraper({ nodes: names, source: kubeletUsage(kubelets, this.#clock), store, clock: this.#clock, log });
  }

  /** Answers with the usage of simulated nodes. */
  simulate(informers: InformerFactory): void {
    this.#usage = simulatedUsage(informers, this.#clock);
  }
}

function kubeletUsage(kubelets: KubeletClient, clock: Clock): UsageSource {
  return async (node, signal) => {
    const response = await kubelets.get(node, '/metrics/resource', signal);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_TEXT_BYTES) throw new Error('the text of usage is too long');
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    if (response.statusCode !== 200) throw new Error(`the kubelet answered ${response.statusCode}: ${text.slice(0, 200)}`);
    return samplesOfMetrics(text, clock.now());
  };
}

/** Lets those who may view a namespace see what its pods use. Source: metrics-server's manifests. */
export async function ensureMetricsReader(client: Client, signal: AbortSignal): Promise<void> {
  const metadata = {
    name: 'system:aggregated-metrics-reader',
    labels: {
      'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
      'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
      'rbac.authorization.k8s.io/aggregate-to-view': 'true',
    },
  };
  try {
    await client.of(clusterRoles).create({ metadata, rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }] }, {}, signal);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
