/**
 * Makes allocations agree with services again: after an upgrade, or when allocations were lost or left behind.
 *
 * Source: kubernetes `pkg/registry/core/service/ipallocator/controller`, `portallocator/controller`.
 */
import { addressesOf, MANAGED_BY, NODE_PORT_PREFIX, type ServiceAllocation } from './allocation.ts';
import { nodePortsOf } from './node-ports.ts';
import { storeKey, type StoredResource } from '../resources.ts';
import type { Caches } from '../../call.ts';
import type { Logger } from '#base/log.ts';
import { services } from '#kinds/core/service/kind.ts';
import { ipAddresses } from '#kinds/networking/ip-address/kind.ts';
import { formatIp, parseIp } from '#machinery/ip.ts';
import type { Store, Write } from '#store/store.ts';

/** Keys read from the store at once. */
const PAGE = 1_000;

/** What a repair works with. */
export interface RepairOptions {
  readonly store: Store;
  readonly caches: Caches;
  readonly addresses: StoredResource;
  readonly allocation: ServiceAllocation;
  readonly log: Logger;
}

async function takenPorts(store: Store): Promise<Map<number, string>> {
  using snapshot = await store.snapshot();
  const { items } = await snapshot.range(NODE_PORT_PREFIX, { limit: 65_536 });
  return new Map(items.map(({ key, value }) => [Number(key.slice(NODE_PORT_PREFIX.length)), Buffer.from(value).toString()]));
}

function missingAddresses({ caches, allocation }: RepairOptions): Write[] {
  const writes: Write[] = [];
  for (const service of caches.list(services)) {
    const owner = { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' };
    for (const text of addressesOf(service)) {
      const parsed = parseIp(text);
      const address = parsed && formatIp(parsed);
      if (address && !caches.get(ipAddresses, '', address)) writes.push(allocation.takeAddress(address, owner));
    }
  }
  return writes;
}

function strayAddresses({ caches, addresses }: RepairOptions): Write[] {
  const [[label, value]] = Object.entries(MANAGED_BY) as [[string, string]];
  return caches.list(ipAddresses).flatMap(({ metadata, spec }): Write[] => {
    if (metadata.labels?.[label] !== value || spec.parentRef?.resource !== 'services') return [];
    const service = caches.get(services, spec.parentRef.namespace ?? '', spec.parentRef.name ?? '');
    if (service && addressesOf(service).some((one) => one === metadata.name)) return [];
    return [{ key: storeKey(addresses.storage, metadata.name ?? ''), value: null, expect: Number(metadata.resourceVersion) }];
  });
}

async function ports({ store, caches, allocation }: RepairOptions): Promise<Write[]> {
  const taken = await takenPorts(store);
  const wanted = new Map<number, { readonly namespace: string; readonly name: string }>();
  for (const service of caches.list(services)) {
    for (const port of nodePortsOf(service)) wanted.set(port, { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' });
  }
  const writes: Write[] = [];
  for (const [port, owner] of wanted) if (!taken.has(port)) writes.push(allocation.takePort(port, owner));
  for (const port of taken.keys()) if (!wanted.has(port)) writes.push({ key: NODE_PORT_PREFIX + port, value: null });
  return writes;
}

/** Repairs once. What another server changes meanwhile is left to it. */
export async function repairAllocations(options: RepairOptions): Promise<void> {
  const writes = [...missingAddresses(options), ...strayAddresses(options), ...(await ports(options))];
  for (let i = 0; i < writes.length && i < PAGE; i++) {
    const result = await options.store.commit([writes[i]!]);
    if (!result.committed) options.log.info('an allocation was changed by another server', { key: writes[i]!.key });
  }
  if (writes.length > 0) options.log.warn('repaired allocations of services', { count: writes.length });
}
