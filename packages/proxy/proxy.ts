/**
 * The service proxy of a node: watches services and endpoint slices and keeps the node's packet filter in line, one small change at a time.
 */
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { type Convergence, openConvergence } from '#base/convergence.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Informer, InformerFactory } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { deleteFlows, type StaleFlows } from './conntrack.ts';
import { HealthCheckServers, healthCheckOf } from './health-checks.ts';
import { FamilyRules } from './nftables/family-rules.ts';
import { IPV4, IPV6 } from './nftables/family.ts';
import { applyScript } from './nftables/nft.ts';
import { emptyTable } from './nftables/table.ts';
import { serviceKeyOfSlice } from './rules.ts';

/** What the proxy works with. It must run in the node's network namespace. */
export interface ProxyOptions {
  readonly informers: InformerFactory;
  readonly nodeName: string;
  /** Ranges of all pods of the cluster; a proxy serves the address families they have. */
  readonly podCidrs: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A running proxy. Disposing stops the updates and leaves the rules, so that traffic flows on while the agent restarts. */
export interface Proxy extends AsyncDisposable {
  /** Resolves when everything known so far is in the packet filter. */
  settled(signal: AbortSignal): Promise<void>;
  /** Resolves when no rule of this node has any of the addresses as a ready endpoint. */
  whenUnused(addresses: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Resolves when a pod with these addresses may end without losing a request: no rule here uses it, and the other nodes, which hear of it at the
   * same time, have had time to follow. At once when no service uses it; after a second at most.
   */
  drained(addresses: readonly string[], signal: AbortSignal): Promise<void>;
  /** Whether the rules have been in line at least once. */
  readonly ready: boolean;
}

const RETRY = { initialMs: 50, factor: 2, maxMs: 5_000, jitter: 0.2 };
/** How long other nodes may take to follow a change that this node has applied. */
const FOLLOW_MS = 150;
/** The longest a pod waits: its service may have no controller that takes it out. */
const MAX_DRAIN_MS = 1_000;
const ZONE_LABEL = 'topology.kubernetes.io/zone';
const BY_SERVICE = 'proxy-service';

/** Starts the proxy; rules appear when services and slices have been listed. */
export function startProxy(options: ProxyOptions): Proxy {
  return new NodeProxy(options);
}

class NodeProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #families: readonly FamilyRules[];
  readonly #healthChecks: HealthCheckServers;
  readonly #loop: Convergence;
  readonly #subscriptions: readonly Disposable[];
  readonly #waiting = new Set<{ readonly addresses: readonly string[]; readonly resolve: () => void }>();
  /** Keys of services to look at again. */
  #dirty = new Set<string>();
  /** Set when the kernel's state is not known: at the start and after a failure. */
  #rebuild = true;
  #ready = false;
  #zone: string | undefined;
  #lacksConntrack = false;
  /** When (monotonic ms) addresses went out of use; kept for `FOLLOW_MS`. */
  readonly #leftMs = new Map<string, number>();

  constructor(options: ProxyOptions) {
    const { informers, podCidrs, nodeName, clock, random, log } = options;
    this.#options = options;
    this.#services = informers.of(services);
    this.#slices = informers.of(endpointSlices);
    this.#nodes = informers.of(nodes);
    this.#slices.addIndex(BY_SERVICE, (slice) => [serviceKeyOfSlice(slice) ?? []].flat());
    this.#families = [IPV4, IPV6].flatMap((family) => {
      const own = podCidrs.filter((range) => range.includes(':') === (family === IPV6));
      return own.length > 0 ? [new FamilyRules(family, own, nodeName)] : [];
    });
    this.#healthChecks = new HealthCheckServers(log);
    this.#loop = openConvergence({
      name: 'service rules',
      clock,
      log,
      backoff: new Backoff(RETRY, random),
      converge: (signal) => this.#converge(signal),
    });
    const service = (object: Service): void => this.#touch(`${object.metadata.namespace}/${object.metadata.name}`);
    const slice = (object: EndpointSlice): void => this.#touch(serviceKeyOfSlice(object));
    this.#subscriptions = [
      this.#services.listen({ added: service, updated: service, deleted: service }),
      this.#slices.listen({
        added: slice,
        updated: (object, old) => {
          slice(object);
          slice(old);
        },
        deleted: slice,
      }),
      this.#nodes.listen({ added: (node) => this.#noteZone(node), updated: (node) => this.#noteZone(node) }),
    ];
  }

  get ready(): boolean {
    return this.#ready;
  }

  async settled(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#services.whenSynced(signal), this.#slices.whenSynced(signal)]);
    this.#loop.request();
    await this.#loop.settled(signal);
  }

  async whenUnused(addresses: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isUsed(addresses)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { addresses, resolve };
    const giveUp = (): void => reject(signal.reason as Error);
    this.#waiting.add(waiter);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      this.#waiting.delete(waiter);
      signal.removeEventListener('abort', giveUp);
    }
  }

  async drained(addresses: readonly string[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const limit = new AbortController();
    using _timer = clock.after(MAX_DRAIN_MS, () => limit.abort());
    try {
      await this.whenUnused(addresses, AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      if (signal.aborted || !limit.signal.aborted) throw error;
    }
    const lastMs = Math.max(...addresses.map((address) => this.#leftMs.get(address) ?? -Infinity));
    const restMs = lastMs + FOLLOW_MS - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#loop[Symbol.asyncDispose]();
    await this.#healthChecks[Symbol.asyncDispose]();
  }

  #touch(key: string | undefined): void {
    if (key === undefined) return;
    this.#dirty.add(key);
    this.#loop.request();
  }

  #noteZone(node: Node): void {
    const zone = node.metadata.labels?.[ZONE_LABEL];
    if (node.metadata.name !== this.#options.nodeName || zone === this.#zone) return;
    this.#zone = zone;
    for (const service of this.#services.lister.list()) this.#touch(`${service.metadata.namespace}/${service.metadata.name}`);
  }

  async #converge(signal: AbortSignal): Promise<void> {
    if (!this.#services.synced || !this.#slices.synced) return;
    const keys = this.#rebuild ? this.#services.lister.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`) : [...this.#dirty];
    this.#dirty = new Set();
    const rebuild = this.#rebuild;
    this.#rebuild = true;
    const flows: StaleFlows[] = [];
    for (const family of this.#families) {
      if (rebuild) family.reset();
      const { script, stale } = family.update(keys, (key) => this.#inputOf(key), this.#zone);
      if (rebuild) await applyScript(emptyTable(family.family) + script, signal);
      else if (script !== '') await applyScript(script, signal);
      flows.push(...stale);
    }
    this.#rebuild = false;
    this.#ready = true;
    for (const key of keys) this.#healthChecks.set(key, healthCheckOf(this.#services.lister.get(key), this.#localEndpoints(key)));
    this.#noteDepartures();
    for (const { addresses, resolve } of this.#waiting) if (!this.#isUsed(addresses)) resolve();
    if (flows.length > 0 && !this.#lacksConntrack) await this.#forget(flows, signal);
  }

  /** Takes the addresses that went out of use from the families and drops what is old. */
  #noteDepartures(): void {
    const now = this.#options.clock.monotonicMs();
    for (const [address, leftMs] of this.#leftMs) if (leftMs + FOLLOW_MS < now) this.#leftMs.delete(address);
    for (const address of this.#families.flatMap((family) => family.takeDepartures())) this.#leftMs.set(address, now);
  }

  async #forget(flows: readonly StaleFlows[], signal: AbortSignal): Promise<void> {
    if (await deleteFlows(flows, signal)) return;
    this.#lacksConntrack = true;
    this.#options.log.warn(
      'there is no conntrack program: UDP clients may keep sending to endpoints that are gone (Debian: apt-get install conntrack)',
    );
  }

  #inputOf(key: string): { readonly service: Service | undefined; readonly slices: readonly EndpointSlice[] } {
    return { service: this.#services.lister.get(key), slices: this.#slices.lister.byIndex(BY_SERVICE, key) };
  }

  #localEndpoints(key: string): number {
    return Math.max(0, ...this.#families.map((family) => family.localEndpoints(key)));
  }

  #isUsed(addresses: readonly string[]): boolean {
    return this.#families.some((family) => addresses.some((address) => family.isUsed(address)));
  }
}
