/**
 * `startCluster`: Kubernetes inside this process, for tests of what talks to it.
 */
import { createClient } from '#client/api.ts';
import type { Client, ScopedClient } from '#client/client.ts';
import { renderKubeconfig } from '#client/kubeconfig.ts';
import type { Transport } from '#client/transport.ts';
import { durationToMs } from '#machinery/duration.ts';
import type { Kind } from '#machinery/kind.ts';
import { imageOf, restoreImage, type StoreImage } from '#store/image.ts';
import { ChangeMonitor } from './change-monitor.ts';
import type { AnyObject, Cluster, ClusterOptions, ClusterSnapshot, IdleOptions, Manifest, NodeFaults } from './cluster.ts';
import { type ClusterTime, realTime, simulatedTime } from './cluster-time.ts';
import { type ControlPlane, openControlPlane } from './control-plane.ts';
import { applyManifests, servedKind } from './manifests.ts';

export type { AnyObject, Cluster, ClusterOptions, ClusterSnapshot, IdleOptions, Manifest, NodeFaults } from './cluster.ts';
export type { Fault, FaultError, FaultTarget, Faults } from './faults.ts';

const DEFAULT_UNTIL = '1m';
const DEFAULT_QUIET = '1m';
const DEFAULT_IDLE_WITHIN = '1h';
/** The user agent of the cluster's own clients: faults name it. */
const TEST_AGENT = 'test';

/** Starts a cluster in this process: API server, controllers, scheduler and simulated nodes on a store in memory. It is usable when this resolves. */
export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const time = options.clock === 'simulated' ? simulatedTime(options.startTime?.getTime()) : realTime;
  return open(options, time, undefined);
}

async function open(options: ClusterOptions, time: ClusterTime, image: StoreImage | undefined): Promise<Cluster> {
  const plane = await time.drive(openControlPlane(options, time.clock, image));
  return new RunningCluster(options, time, plane);
}

class RunningCluster implements Cluster {
  readonly client: Client;
  readonly #options: ClusterOptions;
  readonly #time: ClusterTime;
  readonly #plane: ControlPlane;
  readonly #changes: ChangeMonitor;
  readonly #stop = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: ClusterOptions, time: ClusterTime, plane: ControlPlane) {
    this.#options = options;
    this.#time = time;
    this.#plane = plane;
    this.#changes = new ChangeMonitor(plane.store, time.clock);
    this.client = this.clientOf({ name: 'kubernetes-admin', groups: ['system:masters'] });
  }

  get clock() {
    return this.#time.clock;
  }

  get faults() {
    return this.#plane.faults;
  }

  get nodes(): NodeFaults {
    return this.#plane.nodes;
  }

  get url(): string | undefined {
    const [address] = this.#plane.server.addresses;
    if (!address) return undefined;
    return `https://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  }

  get kubeconfig(): string {
    const server = this.url;
    if (server === undefined) throw new Error('the cluster does not listen: start it with listen: true to reach it from outside');
    const { pki } = this.#plane;
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const { cert, key } = pki.client('admin');
    const name = 'navarch';
    return renderKubeconfig({
      clusters: { [name]: { server, 'certificate-authority-data': base64(pki.caCert) } },
      users: { [name]: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
      contexts: { [name]: { cluster: name, user: name } },
      currentContext: name,
    });
  }

  clientOf({ name, groups = [], agent = TEST_AGENT }: Parameters<Cluster['clientOf']>[0]): Client {
    const inner = this.#plane.server.transport({ name, groups: [...groups, 'system:authenticated'] }, agent);
    const transport: Transport = { ...inner, request: (request, signal) => this.#time.drive(inner.request(request, signal)) };
    return createClient(transport);
  }

  apply(manifests: string | Manifest | readonly Manifest[]): Promise<AnyObject[]> {
    return applyManifests(this.client.transport, manifests, this.#stop.signal);
  }

  async resource(apiVersion: string, kind: string): Promise<ScopedClient<AnyObject>> {
    const served = await servedKind(this.client.transport, { apiVersion, kind }, this.#stop.signal);
    return this.client.of<AnyObject>({ ...served, kind } as Kind<AnyObject>);
  }

  advance(duration: string): Promise<void> {
    return this.#time.advance(durationToMs(duration));
  }

  until(done: () => boolean | Promise<boolean>, { within = DEFAULT_UNTIL }: { readonly within?: string } = {}): Promise<void> {
    return this.#time.until(done, durationToMs(within));
  }

  async runUntilIdle({ quiet = DEFAULT_QUIET, within = DEFAULT_IDLE_WITHIN }: IdleOptions = {}): Promise<void> {
    const quietMs = durationToMs(quiet);
    const { clock } = this.#time;
    const fromMs = clock.monotonicMs();
    await this.#time.settle();
    try {
      await this.#time.until(() => clock.monotonicMs() - Math.max(this.#changes.lastMs, fromMs) >= quietMs, durationToMs(within));
    } catch (error) {
      throw new Error(`the cluster is not idle after ${within}; last changed: ${this.#changes.lastKey}`, { cause: error });
    }
  }

  async snapshot(): Promise<ClusterSnapshot> {
    await this.#time.settle();
    return { image: await imageOf(this.#plane.store), takenAt: new Date(this.#time.clock.now()) };
  }

  async restore({ image }: ClusterSnapshot): Promise<void> {
    await this.#time.drive(restoreImage(this.#plane.store, image));
    await this.#time.settle();
  }

  async fork({ snapshot, ...overrides }: Parameters<Cluster['fork']>[0] = {}): Promise<Cluster> {
    const { image } = snapshot ?? (await this.snapshot());
    const time = this.#time.simulated ? simulatedTime(this.#time.clock.now()) : realTime;
    return open({ ...this.#options, ...overrides }, time, image);
  }

  dispose(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#plane.faults.clear();
    this.#changes[Symbol.dispose]();
    await this.#time.drive(Promise.resolve(this.#plane[Symbol.asyncDispose]()));
  }
}
