/**
 * Looks at all nodes every few seconds: who is silent, how the zones fare.
 */
import type { Clock } from '#base/clock.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { Informer } from '#client/informer.ts';
import type { ObjectReference } from '#kinds/core/references.ts';
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import type { Node, NodeCondition } from '#kinds/core/node/schema.ts';
import { isOverdue, observeNode, readyCondition, unknownConditions } from './health.ts';
import type { GracePeriods, Moment, NodeHealth } from './health.ts';
import { Zones, zoneOf } from './zones.ts';
import type { EvictionRates, ZoneCount } from './zones.ts';
import type { LookTimes } from './zone-metrics.ts';

/** Where nodes and their leases are read. */
export interface MonitorSources {
  readonly nodes: Informer<Node>;
  readonly leases: Informer<Lease>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly times: LookTimes;
}

/** A node whose silence must be written down. */
export interface SilentNode {
  readonly node: Node;
  readonly conditions: readonly NodeCondition[];
  /** It was ready until now. */
  readonly wasReady: boolean;
}

/** The namespace of node leases. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';

/** What is known of nodes between looks. Holds one entry per node. */
export class NodeMonitor {
  readonly #sources: MonitorSources;
  readonly #grace: GracePeriods;
  readonly #health = new Map<string, NodeHealth>();
  /** Nodes that were not ready at the last look. */
  #notReady = new Set<string>();
  readonly zones: Zones;

  constructor(sources: MonitorSources, options: GracePeriods & EvictionRates) {
    this.#sources = sources;
    this.#grace = options;
    this.zones = new Zones(options);
  }

  /** Whether the node was not ready at the last look: one that starts or stumbles between looks is left in peace. */
  isNotReady(name: string): boolean {
    return this.#notReady.has(name);
  }

  /** One look. Answers the nodes whose conditions no longer hold. */
  look(): readonly SilentNode[] {
    const { nodes, clock, times } = this.#sources;
    const at = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() };
    const all = nodes.lister.list();
    this.#forgetGone();
    const silent: SilentNode[] = [];
    const notReady = new Set<string>();
    const counts = new Map<string, ZoneCount>();
    for (const node of all) {
      const startMs = clock.monotonicMs();
      const one = this.#lookAt(node, at);
      times.one?.observe((clock.monotonicMs() - startMs) / 1000);
      if (one) silent.push(one);
      const status = one ? 'Unknown' : readyCondition(node)?.status;
      if (status !== 'True') notReady.add(node.metadata.name ?? '');
      if (status !== undefined) count(counts, zoneOf(node), status === 'True');
    }
    this.#notReady = notReady;
    const { resumed } = this.zones.update(counts, at.monotonicMs);
    if (!resumed) return silent;
    // All were silent, and are not any more: the fault was here, so that everyone's time begins anew.
    for (const [name, health] of this.#health) this.#health.set(name, { ...health, seenMs: at.monotonicMs });
    return [];
  }

  #lookAt(node: Node, at: Moment): SilentNode | undefined {
    const { name = '' } = node.metadata;
    const previous = this.#health.get(name);
    if (!previous) this.#say(name, node.metadata.uid ?? name, 'RegisteredNode', `Registered Node ${name} in Controller`);
    const health = observeNode(previous, node, this.#sources.leases.lister.get(`${NODE_LEASE_NAMESPACE}/${name}`), at);
    this.#health.set(name, health);
    if (!isOverdue(node, health, at, this.#grace)) return undefined;
    const conditions = unknownConditions(node, at.nowMs);
    return conditions.length > 0 ? { node, conditions, wasReady: readyCondition(node)?.status === 'True' } : undefined;
  }

  #forgetGone(): void {
    for (const [name, { uid }] of this.#health) {
      if (this.#sources.nodes.lister.get(name)?.metadata.uid === uid) continue;
      this.#health.delete(name);
      this.#say(name, uid ?? name, 'RemovingNode', `Removing Node ${name} from Controller`);
    }
  }

  #say(name: string, uid: string, reason: string, text: string): void {
    const about: ObjectReference = { kind: 'Node', apiVersion: 'v1', name, uid };
    this.#sources.events.event(about, 'Normal', reason, `Node ${name} event: ${text}`);
  }
}

function count(counts: Map<string, ZoneCount>, zone: string, ready: boolean): void {
  const known = counts.get(zone) ?? { ready: 0, notReady: 0 };
  counts.set(zone, ready ? { ...known, ready: known.ready + 1 } : { ...known, notReady: known.notReady + 1 });
}
