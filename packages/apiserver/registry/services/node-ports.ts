/**
 * Ports that services open on every node: which are taken, and which one a service gets.
 *
 * Source: kubernetes `pkg/registry/core/service/portallocator`, KEP-3668 (the lower part of the range is for ports that users choose).
 */
import type { Random } from '#base/random.ts';
import type { Service } from '#kinds/core/service/schema.ts';

/** Ports of nodes that services may have. */
export interface PortRange {
  readonly first: number;
  readonly count: number;
}

/** 30000-32767. */
export const DEFAULT_NODE_PORTS: PortRange = { first: 30_000, count: 2_768 };

const RANDOM_TRIES = 32;

/** How many ports at the start of the range are left to users: a thirty-second, between 16 and 128. */
function reserved(count: number): number {
  return count < 16 ? 0 : Math.min(Math.max(16, Math.trunc(count / 32)), 128);
}

/** All node ports of a service, each once. */
export function nodePortsOf({ spec }: { readonly spec?: Partial<Service['spec']> }): number[] {
  const ports = new Set<number>();
  for (const { nodePort } of spec?.ports ?? []) if (nodePort) ports.add(nodePort);
  if (spec?.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  return [...ports];
}

/** Which services have which ports. */
export class NodePortTable {
  readonly #owners = new Map<number, Set<string>>();

  /** Notes a change of a service. */
  change(next: Service | undefined, previous: Service | undefined): void {
    if (previous) this.#each(previous, (owners, uid) => owners.delete(uid));
    if (next) this.#each(next, (owners, uid) => owners.add(uid));
  }

  /** Whether a service other than `uid` has the port. */
  taken(port: number, uid: string): boolean {
    const owners = this.#owners.get(port);
    return owners !== undefined && owners.size > (owners.has(uid) ? 1 : 0);
  }

  #each(service: Service, visit: (owners: Set<string>, uid: string) => void): void {
    for (const port of nodePortsOf(service)) {
      const owners = this.#owners.get(port) ?? new Set<string>();
      visit(owners, service.metadata.uid ?? '');
      if (owners.size > 0) this.#owners.set(port, owners);
      else this.#owners.delete(port);
    }
  }
}

/** A free port, or `undefined` when there is none. */
export function choosePort({ first, count }: PortRange, taken: (port: number) => boolean, random: Random): number | undefined {
  const low = reserved(count);
  for (let i = 0; i < RANDOM_TRIES && count > low; i++) {
    const port = first + low + random.int(count - low);
    if (!taken(port)) return port;
  }
  for (let offset = 0; offset < count; offset++) {
    const port = first + ((low + offset) % count);
    if (!taken(port)) return port;
  }
  return undefined;
}
