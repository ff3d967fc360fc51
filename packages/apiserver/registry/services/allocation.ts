/**
 * What services get from the cluster, in the same commit as the service itself: virtual addresses and ports of nodes.
 *
 *     service            /registry/core/services/NAMESPACE/NAME
 *     each address       /registry/networking.k8s.io/ipaddresses/ADDRESS     must not exist yet
 *     each node port     /allocations/nodeports/PORT                         must not exist yet
 *
 * Two servers that choose the same address cannot both commit; the slower one chooses again.
 *
 * Source: kubernetes `pkg/registry/core/service/storage/alloc.go`, KEP-1880 (IPAddress objects).
 */
import type { Companion } from '../companion.ts';
import { storeKey, type StoredResource } from '../resources.ts';
import { StoredEntry, UNCOMMITTED } from '../../cacher/entry.ts';
import type { Caches } from '../../call.ts';
import { chooseAddress, mayHave, parseBlocks } from './address-blocks.ts';
import { fillFamilies, type Family } from './ip-families.ts';
import { choosePort, DEFAULT_NODE_PORTS, NodePortTable, nodePortsOf, type PortRange } from './node-ports.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { services as servicesKind } from '#kinds/core/service/kind.ts';
import type { Service, ServicePort, ServiceSpec } from '#kinds/core/service/schema.ts';
import { isHeadless, needsClusterIP, needsHealthCheckNodePort, needsNodePort } from '#kinds/core/service/traits.ts';
import type { IPAddress } from '#kinds/networking/ip-address/schema.ts';
import { serviceCIDRs } from '#kinds/networking/service-cidr/kind.ts';
import { at, invalid, invalidObject, type FieldError } from '#machinery/field-error.ts';
import { formatIp, parseCidr, parseIp, type Cidr } from '#machinery/ip.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { internalError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { Write } from '#store/store.ts';

/** Begins the keys that hold node ports. Not below the registry's prefix: these are no objects. */
export const NODE_PORT_PREFIX = '/allocations/nodeports/';

/** The label by which the allocator knows its own addresses. */
export const MANAGED_BY = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } as const;

/** What services may have. */
export interface ServiceNetwork {
  /** Blocks of virtual addresses, the primary family first. */
  readonly cidrs: readonly string[];
  readonly nodePorts?: PortRange;
}

/** What allocation works with. */
export interface AllocationOptions {
  readonly network: ServiceNetwork;
  readonly caches: Caches;
  readonly addresses: StoredResource;
  readonly clock: Clock;
  readonly random: Random;
}

/** What one service is about to get and give back. */
interface Plan {
  readonly writes: Write[];
  readonly errors: FieldError[];
}

/** Virtual addresses of a service; none for headless ones. */
export function addressesOf({ spec }: { readonly spec?: Partial<ServiceSpec> }): string[] {
  const all = spec?.clusterIPs?.length ? spec.clusterIPs : spec?.clusterIP ? [spec.clusterIP] : [];
  return all.filter((address) => address !== 'None' && address !== '');
}

const canonical = (address: string): string => {
  const parsed = parseIp(address);
  return parsed ? formatIp(parsed) : address;
};

/** The companion of services. */
export class ServiceAllocation implements Companion, Disposable {
  readonly #options: AllocationOptions;
  readonly #blocks: readonly Cidr[];
  readonly #range: PortRange;
  readonly #ports = new NodePortTable();
  readonly #subscription: Disposable;

  constructor(options: AllocationOptions) {
    this.#options = options;
    this.#blocks = parseBlocks(options.network.cidrs);
    this.#range = options.network.nodePorts ?? DEFAULT_NODE_PORTS;
    for (const service of options.caches.list(servicesKind)) this.#ports.change(service, undefined);
    this.#subscription = options.caches.subscribe(servicesKind, (next, previous) => this.#ports.change(next, previous));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  plan(draft: Draft<KubeObject>, stored: KubeObject | undefined): readonly Write[] {
    const service = draft as Draft<Service>;
    const before = stored as Service | undefined;
    const spec: Draft<ServiceSpec> = { ...service.spec };
    service.spec = spec;
    const plan: Plan = { writes: [], errors: [] };
    if (needsClusterIP(spec)) plan.errors.push(...fillFamilies(spec, this.#families()));
    if (plan.errors.length === 0 && needsClusterIP(spec)) this.#planAddresses(service, before, plan);
    if (needsNodePort(spec)) this.#planPorts(service, plan);
    if (needsHealthCheckNodePort(spec)) this.#planHealthPort(service, plan);
    if (plan.errors.length > 0) throw invalidObject({ group: '', kind: 'Service' }, service.metadata?.name ?? '', plan.errors);
    this.#planDifference(service, before, plan);
    return plan.writes;
  }

  release(stored: KubeObject): readonly Write[] {
    const service = stored as Service;
    return [
      ...addressesOf(service).map((address): Write => ({ key: this.#addressKey(canonical(address)), value: null })),
      ...nodePortsOf(service).map((port): Write => ({ key: NODE_PORT_PREFIX + port, value: null })),
    ];
  }

  /** The writes that take an address for a service. */
  takeAddress(address: string, service: { readonly namespace: string; readonly name: string }): Write {
    const object: IPAddress & KubeObject = {
      kind: 'IPAddress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: address,
        uid: this.#options.random.uuid(),
        resourceVersion: UNCOMMITTED,
        generation: 1,
        creationTimestamp: formatTime(this.#options.clock.now()),
        labels: { 'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4', ...MANAGED_BY },
      },
      spec: { parentRef: { resource: 'services', namespace: service.namespace, name: service.name } },
    };
    const entry = StoredEntry.draft(this.#options.addresses.storage.cache.codec, object);
    return { key: this.#addressKey(address), value: entry.stored, expect: 0, memo: entry };
  }

  /** The write that takes a node port for a service. */
  takePort(port: number, service: { readonly namespace: string; readonly name: string }): Write {
    return { key: NODE_PORT_PREFIX + port, value: Buffer.from(`${service.namespace}/${service.name}`), expect: 0 };
  }

  #addressKey(address: string): string {
    return storeKey(this.#options.addresses.storage, address);
  }

  /** The configured blocks and those that were added as objects. */
  #allBlocks(): readonly Cidr[] {
    const added = this.#options.caches.list(serviceCIDRs).filter(({ metadata }) => !metadata.deletionTimestamp);
    const blocks = added.flatMap(({ spec }) => spec.cidrs ?? []).filter((text) => !this.#options.network.cidrs.includes(text));
    return [...this.#blocks, ...blocks.flatMap((text) => parseCidr(text) ?? [])];
  }

  #families(): Family[] {
    const families = this.#blocks.map((block): Family => (block.address.family === 4 ? 'IPv4' : 'IPv6'));
    return [...new Set(families)];
  }

  #taken(address: string): boolean {
    return this.#options.addresses.storage.cache.get(address) !== undefined;
  }

  #planAddresses(service: Draft<Service>, before: Service | undefined, plan: Plan): void {
    const spec = service.spec!;
    if (isHeadless(spec)) {
      spec.clusterIPs = ['None'];
      return;
    }
    const own = before ? addressesOf(before).map(canonical) : [];
    const addresses = addressesOf({ spec: spec as Partial<ServiceSpec> });
    const families = spec.ipFamilies ?? [];
    for (const [i, family] of families.entries()) {
      const asked = addresses[i];
      if (asked === undefined) {
        const blocks = this.#allBlocks().filter((block) => (block.address.family === 4) === (family === 'IPv4'));
        const chosen = chooseAddress(blocks, (address) => this.#taken(address) || addresses.includes(address), this.#options.random);
        if (chosen === undefined) throw internalError(new Error('failed to allocate a serviceIP: range is full'));
        addresses[i] = chosen;
      } else if (!own.includes(canonical(asked))) this.#checkAddress(asked, plan);
    }
    spec.clusterIPs = addresses.slice(0, Math.max(families.length, 1));
    spec.clusterIP = spec.clusterIPs[0] ?? '';
  }

  #checkAddress(address: string, plan: Plan): void {
    const parsed = parseIp(address);
    // Text that is no address is the business of validation.
    if (!parsed) return;
    if (!mayHave(this.#allBlocks(), parsed)) {
      const ranges = this.#options.network.cidrs.join(',');
      plan.errors.push(
        invalid(
          'spec.clusterIPs',
          [address],
          `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${ranges}`,
        ),
      );
    } else if (this.#taken(formatIp(parsed)))
      plan.errors.push(invalid('spec.clusterIPs', [address], `failed to allocate IP ${address}: provided IP is already allocated`));
  }

  #planPorts(service: Draft<Service>, plan: Plan): void {
    const uid = service.metadata?.uid ?? '';
    const spec = service.spec!;
    const used = new Set<number>();
    const ports: Draft<ServicePort>[] = [];
    for (const [i, port] of (spec.ports ?? []).entries()) {
      const asked = port.nodePort ?? 0;
      if (asked) {
        const field = at('spec.ports', i);
        if (!this.#inRange(asked))
          plan.errors.push(
            invalid(`${field}.nodePort`, asked, `provided port is not in the valid range. The range of valid ports is ${this.#rangeText()}`),
          );
        else if (this.#ports.taken(asked, uid)) plan.errors.push(invalid(`${field}.nodePort`, asked, 'provided port is already allocated'));
        used.add(asked);
      }
    }
    for (const port of spec.ports ?? []) {
      if (port.nodePort) {
        ports.push(port);
        continue;
      }
      // Two protocols of one port share the number on the node, as they do on the service.
      const twin = ports.find((one) => one.port === port.port && one.protocol !== port.protocol)?.nodePort;
      const nodePort = twin && !ports.some((one) => one.nodePort === twin && one.protocol === port.protocol) ? twin : this.#choosePort(used, uid);
      used.add(nodePort);
      ports.push({ ...port, nodePort });
    }
    spec.ports = ports;
  }

  #planHealthPort(service: Draft<Service>, plan: Plan): void {
    const uid = service.metadata?.uid ?? '';
    const spec = service.spec!;
    const asked = spec.healthCheckNodePort;
    if (!asked) spec.healthCheckNodePort = this.#choosePort(new Set(nodePortsOf(service as unknown as Service)), uid);
    else if (this.#ports.taken(asked, uid))
      plan.errors.push(
        invalid('spec.healthCheckNodePort', asked, `failed to allocate requested HealthCheck NodePort ${asked}: provided port is already allocated`),
      );
  }

  #choosePort(used: ReadonlySet<number>, uid: string): number {
    const port = choosePort(this.#range, (one) => used.has(one) || this.#ports.taken(one, uid), this.#options.random);
    if (port === undefined) throw internalError(new Error('failed to allocate a nodePort: range is full'));
    return port;
  }

  #inRange(port: number): boolean {
    return port >= this.#range.first && port < this.#range.first + this.#range.count;
  }

  #rangeText(): string {
    return `${this.#range.first}-${this.#range.first + this.#range.count - 1}`;
  }

  /** Takes what the service did not have, gives back what it no longer has. */
  #planDifference(service: Draft<Service>, before: Service | undefined, plan: Plan): void {
    const owner = { namespace: service.metadata?.namespace ?? '', name: service.metadata?.name ?? '' };
    const after = service as unknown as Service;
    const addresses = addressesOf(after)
      .filter((address) => parseIp(address))
      .map(canonical);
    const had = before ? addressesOf(before).map(canonical) : [];
    for (const address of addresses) if (!had.includes(address)) plan.writes.push(this.takeAddress(address, owner));
    for (const address of had) if (!addresses.includes(address)) plan.writes.push({ key: this.#addressKey(address), value: null });
    const ports = nodePortsOf(after);
    const hadPorts = before ? nodePortsOf(before) : [];
    for (const port of ports) if (!hadPorts.includes(port)) plan.writes.push(this.takePort(port, owner));
    for (const port of hadPorts) if (!ports.includes(port)) plan.writes.push({ key: NODE_PORT_PREFIX + port, value: null });
  }
}
