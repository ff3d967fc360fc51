/**
 * The `kube-dns` service: a cluster IP whose endpoints are the nodes themselves, each serving its own pods. Kept by the control plane.
 *
 * A cluster that runs a DNS of its own in pods gives the service a selector (as manifests of CoreDNS do): then its endpoints are left alone.
 */
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { openConvergence } from '#base/convergence.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client, Fresh, ResourceClient } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import type { Endpoints } from '#kinds/core/endpoints/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';

/** What keeping the service takes. */
export interface DnsServiceOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  /** The service's cluster IP. */
  readonly dnsIp: string;
  /** Where the nodes' DNS servers listen, on the nodes' addresses. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const NAMESPACE = 'kube-system';
const NAME = 'kube-dns';
const SLICE_NAME = 'kube-dns-nodes';
const MANAGER = 'dns.navarch.dev';
/** The most endpoints a slice may have. */
const MAX_ENDPOINTS = 1000;
const RETRY = { initialMs: 50, factor: 2, maxMs: 5_000, jitter: 0.2 };
const LABELS = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
const PROTOCOLS = [
  { name: 'dns', protocol: 'UDP' },
  { name: 'dns-tcp', protocol: 'TCP' },
] as const;

/** The service. Its traffic stays on the node: every node has an endpoint. */
export function dnsService(dnsIp: string, port: number): Fresh<Service> {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: {
      type: 'ClusterIP',
      clusterIP: dnsIp,
      internalTrafficPolicy: 'Local',
      ports: PROTOCOLS.map(({ name, protocol }) => ({ name, protocol, port: 53, targetPort: port })),
    },
  };
}

/** Its endpoints: every node with an address, whether ready or not, for only its own pods ask it. */
export function dnsSlice(all: readonly Node[], port: number): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: SLICE_NAME,
      namespace: NAMESPACE,
      labels: { ...LABELS, 'kubernetes.io/service-name': NAME, 'endpointslice.kubernetes.io/managed-by': MANAGER },
    },
    addressType: 'IPv4',
    endpoints: addressed(all).map(({ name, address }) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: name,
      targetRef: { kind: 'Node', name },
    })),
    ports: PROTOCOLS.map(({ name, protocol }) => ({ name, protocol, port })),
  };
}

/** The same as `Endpoints`, which older clients look at; marked so that no slices are made from it. */
export function dnsEndpoints(all: readonly Node[], port: number): Endpoints {
  const addresses = addressed(all).map(({ name, address }) => ({ ip: address, nodeName: name, targetRef: { kind: 'Node', name } }));
  const labels = { ...LABELS, 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  return {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: NAME, namespace: NAMESPACE, labels },
    ...(addresses.length > 0 ? { subsets: [{ addresses, ports: PROTOCOLS.map(({ name, protocol }) => ({ name, protocol, port })) }] } : {}),
  };
}

function addressed(all: readonly Node[]): { readonly name: string; readonly address: string }[] {
  const found = all.flatMap((node) => {
    const address = node.status.addresses?.find(({ type, address: text }) => type === 'InternalIP' && !text.includes(':'))?.address;
    return address && node.metadata.name ? [{ name: node.metadata.name, address }] : [];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_ENDPOINTS);
}

/** Makes the service and keeps its endpoints in line with the nodes until disposed. */
export function startDnsService(options: DnsServiceOptions): AsyncDisposable {
  const { informers, clock, random, log } = options;
  const nodeInformer = informers.of(nodes);
  const serviceInformer = informers.of(services);
  const keeper = new DnsServiceKeeper(options);
  const loop = openConvergence({
    name: 'endpoints of cluster DNS',
    clock,
    log,
    backoff: new Backoff(RETRY, random),
    async converge(signal) {
      if (!nodeInformer.synced || !serviceInformer.synced) return;
      await keeper.converge(serviceInformer.lister.get(`${NAMESPACE}/${NAME}`), nodeInformer.lister.list(), signal);
    },
  });
  const onService = (service: Service): void => {
    if (service.metadata.name === NAME && service.metadata.namespace === NAMESPACE) loop.request();
  };
  const onNode = (): void => loop.request();
  const subscriptions = [
    nodeInformer.listen({ added: onNode, updated: onNode, deleted: onNode }),
    serviceInformer.listen({ added: onService, updated: onService, deleted: onService }),
  ];
  void Promise.all([nodeInformer.whenSynced(keeper.signal), serviceInformer.whenSynced(keeper.signal)]).then(
    () => loop.request(),
    () => undefined,
  );
  return {
    async [Symbol.asyncDispose]() {
      keeper.end();
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}

class DnsServiceKeeper {
  readonly #options: DnsServiceOptions;
  readonly #abort = new AbortController();
  /** What was written last, as text: node heartbeats change nothing here. */
  #written = '';

  constructor(options: DnsServiceOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(): void {
    this.#abort.abort();
  }

  async converge(service: Service | undefined, all: readonly Node[], signal: AbortSignal): Promise<void> {
    const { client, dnsIp, port } = this.#options;
    if (!service) {
      this.#written = '';
      await unlessPresent(client.of(services).namespace(NAMESPACE).create(dnsService(dnsIp, port), {}, signal));
    } else if (Object.keys(service.spec.selector ?? {}).length > 0) {
      await this.#retire(signal);
      return;
    }
    const slice = dnsSlice(all, port);
    const text = JSON.stringify(slice);
    if (text === this.#written) return;
    await this.#write(slice, dnsEndpoints(all, port), signal);
    this.#written = text;
  }

  async #write(slice: EndpointSlice, old: Endpoints, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    await upsert(client.of(endpointSlices).namespace(NAMESPACE), slice, signal);
    await upsert(client.of(endpoints).namespace(NAMESPACE), old, signal);
  }

  /** Another DNS has taken the service over. */
  async #retire(signal: AbortSignal): Promise<void> {
    if (this.#written === 'retired') return;
    await unlessMissing(this.#options.client.of(endpointSlices).namespace(NAMESPACE).delete(SLICE_NAME, {}, signal));
    this.#written = 'retired';
  }
}

async function upsert<T extends KubeObject>(client: ResourceClient<T>, object: T & Fresh<T>, signal: AbortSignal): Promise<void> {
  try {
    await client.create(object, {}, signal);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const present = await client.get(object.metadata.name ?? '', signal);
    await client.update({ ...object, metadata: { ...object.metadata, resourceVersion: present.metadata.resourceVersion } }, {}, signal);
  }
}

async function unlessPresent(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

async function unlessMissing(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
