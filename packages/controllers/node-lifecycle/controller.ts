/**
 * Notices nodes that fall silent, and taints nodes as their conditions say; pods leave by the taint eviction controller.
 *
 *     every 5 s: heartbeat and lease of each node ──silent for 50 s──> conditions Unknown, pods not ready
 *     conditions, spec.unschedulable ──> NoSchedule taints at once
 *     not ready at a look ──zone's rate──> NoExecute taint
 *
 * Source: kube-controller-manager `pkg/controller/nodelifecycle`.
 */
import type { Counter } from '#base/metrics.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { readyCondition } from './health.ts';
import type { GracePeriods } from './health.ts';
import { missingLabels } from './labels.ts';
import { NODE_LEASE_NAMESPACE, NodeMonitor } from './monitor.ts';
import type { SilentNode } from './monitor.ts';
import { BY_NODE, claimsReady, markNotReady, nodeOf } from './pods.ts';
import { isEvicting, taintsFor, wantedNoExecute } from './taints.ts';
import type { Eviction } from './taints.ts';
import { lookTimes, zoneMetrics } from './zone-metrics.ts';
import type { LookTimes } from './zone-metrics.ts';
import { zoneOf } from './zones.ts';
import type { EvictionRates } from './zones.ts';

/** Times and rates; all have upstream's defaults. */
export interface NodeLifecycleOptions extends Partial<GracePeriods>, Partial<EvictionRates> {
  readonly monitorPeriodMs?: number;
}

const DEFAULTS = {
  monitorPeriodMs: 5_000,
  gracePeriodMs: 50_000,
  startupGracePeriodMs: 60_000,
  evictionRate: 0.1,
  secondaryEvictionRate: 0.01,
  largeClusterSize: 50,
  unhealthyZoneThreshold: 0.55,
};

/** Keys reconciled, and silent nodes written, at the same time. */
const CONCURRENCY = 8;
/** Status writes that go on at the same time when many nodes fall silent at once. */
const PARALLEL_WRITES = 8;

/** `node-lifecycle-controller`. */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): ControllerEntry {
  return {
    name: 'node-lifecycle-controller',
    component: 'node-controller',
    make: (dependencies) => new NodeLifecycle(dependencies, { ...DEFAULTS, ...options }).controller(),
  };
}

class NodeLifecycle {
  readonly #dependencies: ControllerDependencies;
  readonly #periodMs: number;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #monitor: NodeMonitor;
  readonly #evictions: Counter | undefined;
  readonly #times: LookTimes;

  constructor(dependencies: ControllerDependencies, options: Required<NodeLifecycleOptions>) {
    const { informers, events, clock } = dependencies;
    this.#dependencies = dependencies;
    this.#periodMs = options.monitorPeriodMs;
    this.#nodes = informers.of(nodes);
    this.#pods = informers.of(pods);
    this.#pods.addIndex(BY_NODE, nodeOf);
    this.#times = lookTimes(dependencies.metrics);
    this.#monitor = new NodeMonitor(
      { nodes: this.#nodes, leases: informers.of(leases, { namespace: NODE_LEASE_NAMESPACE }), events, clock, times: this.#times },
      options,
    );
    this.#evictions = zoneMetrics(dependencies.metrics, this.#monitor.zones);
  }

  controller(): Controller {
    const { informers } = this.#dependencies;
    return {
      name: 'node_lifecycle_controller',
      concurrency: CONCURRENCY,
      watches: [
        watchSelf(this.#nodes),
        watch(this.#nodes, (node) => this.#podsToMark(node), { changed: (node, old) => isLost(node) && !isLost(old) }),
        watch(this.#pods, (pod) => this.#misplaced(pod), { changed: (pod, old) => pod.spec.nodeName !== old.spec.nodeName }),
        watch(informers.of(leases, { namespace: NODE_LEASE_NAMESPACE }), () => []),
      ],
      // Node names have no slash, keys of pods do.
      reconcile: (key, context) => (key.includes('/') ? this.#reconcilePod(key, context) : this.#reconcileNode(key, context)),
      background: async ({ clock, client, signal }, enqueue) => {
        for (;;) {
          const startMs = clock.monotonicMs();
          await this.#look(client, enqueue, signal);
          this.#times.all?.observe((clock.monotonicMs() - startMs) / 1000);
          await clock.sleep(this.#periodMs, signal);
        }
      },
    };
  }

  /** Pods of a lost node that claim to be ready. */
  #podsToMark(node: Node): readonly string[] {
    if (!isLost(node)) return [];
    return this.#pods.lister
      .byIndex(BY_NODE, node.metadata.name ?? '')
      .filter(claimsReady)
      .map(objectKey);
  }

  /** A pod that claims to be ready on a node that is not. */
  #misplaced(pod: Pod): readonly string[] {
    return this.#isMisplaced(pod) ? [objectKey(pod)] : [];
  }

  #isMisplaced(pod: Pod): boolean {
    const node = pod.spec.nodeName ? this.#nodes.lister.get(pod.spec.nodeName) : undefined;
    const ready = node && readyCondition(node);
    return ready !== undefined && ready.status !== 'True' && claimsReady(pod);
  }

  async #reconcilePod(key: string, { client, clock, signal }: ReconcileContext): Promise<void> {
    const pod = this.#pods.lister.get(key);
    if (pod && this.#isMisplaced(pod)) await markNotReady(pod, { client, events: this.#dependencies.events, nowMs: clock.now() }, signal);
  }

  async #reconcileNode(key: string, { client, clock, signal }: ReconcileContext): Promise<void> {
    const node = this.#nodes.lister.get(key);
    if (!node) return;
    const labels = missingLabels(node);
    const taints = taintsFor(node, this.#evictionOf(node), formatTime(clock.now()));
    if (!taints && Object.keys(labels).length === 0) return;
    const body = {
      metadata: { resourceVersion: node.metadata.resourceVersion, labels },
      ...(taints ? { spec: { taints } } : {}),
    };
    await client.of(nodes).patch(key, { type: 'merge', body }, {}, signal);
  }

  /** Whether the node's pods may be driven away; takes a permit of the zone when one is needed. */
  #evictionOf(node: Node): Eviction {
    if (this.#monitor.zones.stopped) return 'none';
    if (!this.#monitor.isNotReady(node.metadata.name ?? '') || !wantedNoExecute(node) || isEvicting(node)) return 'wanted';
    if (!this.#monitor.zones.permit(zoneOf(node), this.#dependencies.clock.monotonicMs())) return 'wanted';
    this.#evictions?.increment([zoneOf(node)]);
    return 'permitted';
  }

  async #look(client: Client, enqueue: (key: string) => void, signal: AbortSignal): Promise<void> {
    const silent = this.#monitor.look().values();
    const write = async (): Promise<void> => {
      for (const one of silent) await this.#declareSilent(one, client, signal);
    };
    await Promise.all(Array.from({ length: PARALLEL_WRITES }, write));
    for (const node of this.#nodes.lister.list()) {
      const evict = this.#monitor.zones.stopped ? 'none' : this.#monitor.isNotReady(node.metadata.name ?? '') ? 'permitted' : 'wanted';
      if (taintsFor(node, evict, '')) enqueue(node.metadata.name ?? '');
    }
  }

  async #declareSilent({ node, conditions, wasReady }: SilentNode, client: Client, signal: AbortSignal): Promise<void> {
    const { name = '', resourceVersion } = node.metadata;
    const { log, events } = this.#dependencies;
    try {
      // The resourceVersion makes sure that a node that has just spoken up is not declared silent.
      await client
        .of(nodes)
        .patch(name, { type: 'strategic', body: { metadata: { resourceVersion }, status: { conditions } }, subresource: 'status' }, {}, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // The next look tries again.
      if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound'))
        log.warn('a silent node could not be marked', { node: name, error: String(error) });
      return;
    }
    if (wasReady) events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }
}

function isLost(node: Node): boolean {
  return readyCondition(node)?.status === 'Unknown';
}
