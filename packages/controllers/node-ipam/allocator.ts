/**
 * Which node holds which blocks of the pod ranges.
 */
import type { MetricRegistry } from '#base/metrics.ts';
import type { Cidr } from '#machinery/ip.ts';
import { parseCidr } from '#machinery/ip.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { CidrSet } from './cidr-set.ts';
import { cidrMetrics } from './metrics.ts';

/** The address ranges of a cluster. */
export interface NodeIpamOptions {
  /** Pod ranges, one per family at most: `10.244.0.0/16`. */
  readonly clusterCidrs: readonly string[];
  /** Service ranges: no node gets a block that overlaps one. */
  readonly serviceCidrs?: readonly string[];
  /** Prefix length of a node's block; default 24. */
  readonly nodeMaskSizeIPv4?: number;
  /** Prefix length of a node's block; default 64. */
  readonly nodeMaskSizeIPv6?: number;
}

interface Holding {
  readonly uid: string | undefined;
  readonly cidrs: readonly string[];
}

/** Parses a block. @throws Error when the text is not one */
function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`invalid CIDR address: ${text}`);
  return cidr;
}

/** The blocks a node says it has. */
export function podCidrsOf(node: Node): readonly string[] {
  const { podCIDRs, podCIDR } = node.spec;
  return podCIDRs && podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
}

/** Blocks by node. Holds one entry per node. */
export class NodeAllocator {
  readonly #sets: readonly CidrSet[];
  readonly #holdings = new Map<string, Holding>();

  /** @throws Error when a range is not an address block or does not hold a node's block */
  constructor(options: NodeIpamOptions, metrics?: MetricRegistry) {
    const { nodeMaskSizeIPv4 = 24, nodeMaskSizeIPv6 = 64 } = options;
    const byRange = new Map<string, CidrSet>();
    const metricsOf = cidrMetrics(metrics, byRange);
    this.#sets = options.clusterCidrs.map((text) => {
      const cluster = cidrOf(text);
      const set = new CidrSet(cluster, cluster.address.family === 4 ? nodeMaskSizeIPv4 : nodeMaskSizeIPv6, metricsOf(text));
      byRange.set(text, set);
      return set;
    });
    for (const text of options.serviceCidrs ?? []) for (const set of this.#sets) set.occupy(cidrOf(text));
  }

  /** Records what a node holds already. */
  observe(node: Node): void {
    const cidrs = podCidrsOf(node);
    const name = node.metadata.name ?? '';
    const known = this.#holdings.get(name);
    if (known && known.uid === node.metadata.uid && (cidrs.length === 0 || known.cidrs.join() === cidrs.join())) return;
    this.release(name);
    if (cidrs.length === 0) return;
    for (const text of cidrs) {
      const range = parseCidr(text);
      if (range) for (const set of this.#sets) set.occupy(range);
    }
    this.#holdings.set(name, { uid: node.metadata.uid, cidrs });
  }

  /** The blocks of a node, newly taken when it has none; `undefined` when a range is used up, and nothing is taken then. */
  allocate(node: Node): readonly string[] | undefined {
    this.observe(node);
    const name = node.metadata.name ?? '';
    const known = this.#holdings.get(name);
    if (known) return known.cidrs;
    const cidrs: string[] = [];
    for (const set of this.#sets) {
      const cidr = set.allocate();
      if (cidr === undefined) {
        this.#giveBack(cidrs);
        return undefined;
      }
      cidrs.push(cidr);
    }
    this.#holdings.set(name, { uid: node.metadata.uid, cidrs });
    return cidrs;
  }

  /** Frees what a node holds. */
  release(name: string): void {
    const known = this.#holdings.get(name);
    if (!known) return;
    this.#holdings.delete(name);
    this.#giveBack(known.cidrs);
  }

  #giveBack(cidrs: readonly string[]): void {
    for (const text of cidrs) {
      const range = parseCidr(text);
      if (range) for (const set of this.#sets) set.release(range);
    }
  }
}
