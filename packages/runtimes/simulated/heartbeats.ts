/**
 * Registers the nodes of a fleet and renews their leases: one loop for all of them, a bounded number of requests at a time.
 *
 * Source: kubelets renew a lease of 40 seconds every 10 seconds.
 */
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { type Node, nodeStatus } from '#kinds/core/node/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { FleetNode } from './fleet.ts';
import { nodeObject, type NodeShape } from './node-object.ts';
import { withPatch } from './status-patch.ts';

/** What heartbeats need. */
export interface HeartbeatOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly fleet: Iterable<FleetNode>;
  readonly shape: NodeShape;
  /** The node as the API shows it. */
  readonly current: (name: string) => Node | undefined;
}

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const RETRY_MS = 500;
/** Requests at the same time over all nodes: enough to keep the server busy, few enough not to crowd others out. */
const MAX_REQUESTS = 32;

/** Nodes report together at multiples of this: a store makes one durable transaction of what comes at once, and two threads wake once instead of once for each node. */
const TICK_MS = 100;

interface Beat {
  readonly node: FleetNode;
  uid: string | undefined;
  lease: Lease | undefined;
}

const readiness = ({ status }: Node): string | undefined => status.conditions?.find(({ type }) => type === 'Ready')?.status;

/** Keeps the nodes' heartbeats going until disposed. */
export class Heartbeats implements AsyncDisposable {
  readonly #options: HeartbeatOptions;
  readonly #stop = new AbortController();
  /** Who reports at which tick. */
  readonly #ticks = new Map<number, { readonly beats: Beat[]; readonly timer: Timer }>();
  readonly #due: Beat[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    for (const node of options.fleet) this.#due.push({ node, uid: undefined, lease: undefined });
    // The queue is taken from its end.
    this.#due.reverse();
    this.#pump();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const { timer } of this.#ticks.values()) timer.cancel();
    this.#ticks.clear();
    this.#due.length = 0;
    await Promise.all(this.#running);
  }

  #pump(): void {
    while (this.#running.size < MAX_REQUESTS && this.#due.length > 0 && !this.#stop.signal.aborted) {
      const running: Promise<void> = this.#beat(this.#due.pop()!).finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
      this.#running.add(running);
    }
  }

  async #beat(beat: Beat): Promise<void> {
    const { log, random } = this.#options;
    const { signal } = this.#stop;
    if (beat.node.state !== 'up') {
      this.#later(beat, RETRY_MS);
      return;
    }
    try {
      if (beat.uid === undefined) await this.#register(beat, signal);
      else if (this.#isMisjudged(beat)) await this.#report(beat, signal);
      await this.#renew(beat, signal);
      // Spread over time, so that a large fleet does not renew all at once.
      this.#later(beat, RENEW_MS * (0.9 + 0.2 * random.next()));
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, 'NotFound')) beat.uid = undefined;
      else if (isReason(error, 'Conflict')) beat.lease = undefined;
      else log.warn('a simulated node could not report', { node: beat.node.name, ...errorFields(error) });
      this.#later(beat, RETRY_MS);
    }
  }

  #later(beat: Beat, ms: number): void {
    if (this.#stop.signal.aborted) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const tick = Math.ceil((nowMs + ms) / TICK_MS);
    const known = this.#ticks.get(tick);
    if (known) {
      known.beats.push(beat);
      return;
    }
    const beats = [beat];
    const timer = clock.after(tick * TICK_MS - nowMs, () => {
      this.#ticks.delete(tick);
      this.#due.unshift(...beats);
      this.#pump();
    });
    this.#ticks.set(tick, { beats, timer });
  }

  async #register(beat: Beat, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted(beat);
    beat.lease = undefined;
    try {
      beat.uid = (await this.#options.client.of(nodes).create(wanted, {}, signal)).metadata.uid ?? '';
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      await this.#report(beat, signal);
    }
  }

  /** Whether somebody has given the node up meanwhile, or a stage no longer says that it fails. */
  #isMisjudged(beat: Beat): boolean {
    const shown = this.#options.current(beat.node.name);
    return shown !== undefined && readiness(shown) !== (beat.node.said ? readiness(this.#wanted(beat)) : 'True');
  }

  async #report(beat: Beat, signal: AbortSignal): Promise<void> {
    const { status } = this.#wanted(beat);
    const known = await this.#options.client.of(nodes).patch(beat.node.name, { type: 'strategic', body: { status }, subresource: 'status' }, {}, signal);
    beat.uid = known.metadata.uid ?? '';
  }

  #wanted({ node }: Beat): Node {
    const { clock, shape } = this.#options;
    const well = nodeObject(node.name, node.address, shape, clock.now());
    return node.said ? { ...well, status: withPatch(nodeStatus, well.status, node.said, clock.now()) } : well;
  }

  async #renew(beat: Beat, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const { name } = beat.node;
    const api = client.of(leases).namespace(LEASE_NAMESPACE);
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) };
    if (beat.lease) {
      beat.lease = await api.update({ ...beat.lease, spec }, {}, signal);
      return;
    }
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: beat.uid ?? '' }];
    try {
      beat.lease = await api.create({ metadata: { name, namespace: LEASE_NAMESPACE, ownerReferences }, spec }, {}, signal);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      beat.lease = await api.patch(name, { type: 'merge', body: { spec } }, {}, signal);
    }
  }
}
