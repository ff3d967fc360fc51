/**
 * Makes allocations agree with services again: after an upgrade, or when allocations were lost or left behind.
 *
 * Source: kubernetes `pkg/registry/core/service/ipallocator/controller`, `portallocator/controller`.
 */
import { addressesOf, MANAGED_BY, NODE_PORT_PREFIX, type ServiceAllocation } from './allocation.ts';
import { nodePortsOf } from './node-ports.ts';
import { storeKey, type StoredResource } from '../resources.ts';
import type { Caches } from '../../call.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { services } from '#kinds/core/service/kind.ts';
import { ipAddresses } from '#kinds/networking/ip-address/kind.ts';
import { formatIp, parseIp } from '#machinery/ip.ts';
import { StoreUnavailableError, type Revision, type Store, type Write } from '#store/store.ts';

/** Changes of one repair; the next one goes on. */
const MAX_CHANGES = 1_000;

/** How often allocations are looked at. Source: kube-apiserver's repair controllers. */
const INTERVAL_MS = 180_000;

/** What a repair works with. */
export interface RepairOptions {
  readonly store: Store;
  readonly caches: Caches;
  readonly addresses: StoredResource;
  readonly allocation: ServiceAllocation;
  readonly log: Logger;
  /** Resolves when the caches have reached a revision. */
  reached(revision: Revision): Promise<boolean> | true;
}

/** The ports that are taken, with the revisions at which they were; when it resolves, the caches know the services of that moment. */
async function takenPorts({ store, reached }: RepairOptions): Promise<Map<number, Revision>> {
  using snapshot = await store.snapshot();
  const { items } = await snapshot.range(NODE_PORT_PREFIX, { limit: 65_536 });
  await reached(snapshot.revision);
  return new Map(items.map(({ key, modRevision }) => [Number(key.slice(NODE_PORT_PREFIX.length)), modRevision]));
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

function ports({ caches, allocation }: RepairOptions, taken: ReadonlyMap<number, Revision>): Write[] {
  const wanted = new Map<number, { readonly namespace: string; readonly name: string }>();
  for (const service of caches.list(services)) {
    for (const port of nodePortsOf(service)) wanted.set(port, { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' });
  }
  const writes: Write[] = [];
  for (const [port, owner] of wanted) if (!taken.has(port)) writes.push(allocation.takePort(port, owner));
  for (const [port, expect] of taken) if (!wanted.has(port)) writes.push({ key: NODE_PORT_PREFIX + port, value: null, expect });
  return writes;
}

/** Repairs once. What others change meanwhile is left to them: every change expects what was read. */
export async function repairAllocations(options: RepairOptions): Promise<void> {
  const taken = await takenPorts(options);
  const writes = [...missingAddresses(options), ...strayAddresses(options), ...ports(options, taken)].slice(0, MAX_CHANGES);
  let repaired = 0;
  for (const write of writes) {
    const result = await options.store.commit([write]);
    if (result.committed) repaired++;
    else options.log.info('an allocation was changed by another server', { key: write.key });
  }
  if (repaired > 0) options.log.warn('repaired allocations of services', { count: repaired });
}

/** Repairs again and again until `signal` aborts. */
export async function keepRepairing(options: RepairOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(INTERVAL_MS, signal);
    try {
      await repairAllocations(options);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      options.log.warn('allocations of services were not looked at', errorFields(error));
    }
  }
}
