/**
 * Equal blocks cut from one address range, each free or taken.
 *
 *     cluster 10.244.0.0/16, nodes /24:  0 -> 10.244.0.0/24, 1 -> 10.244.1.0/24, …, 255 -> 10.244.255.0/24
 *
 * Source: kube-controller-manager `pkg/controller/nodeipam/ipam/cidrset`.
 */
import { cidrSize, cidrStart, formatIp } from '#machinery/ip.ts';
import type { Cidr } from '#machinery/ip.ts';
import type { CidrMetrics } from './metrics.ts';

/** A range holds at most 2^16 blocks, as upstream: more nodes than a cluster can have. */
const MAX_INDEX_BITS = 16;

/** Blocks of `nodeBits` prefix length in a cluster range. Memory: one byte per block. */
export class CidrSet {
  readonly #cluster: Cidr;
  readonly #blockBits: number;
  readonly #blockSize: bigint;
  readonly #start: bigint;
  /** How many holders a block has: overlapping assignments of users are counted, so that releasing one keeps the other. */
  readonly #holders: Uint8Array;
  /** Where the search for a free block begins: blocks are reused as late as possible. */
  #next = 0;
  #taken = 0;
  readonly #metrics: CidrMetrics | undefined;

  /** @throws Error when the range is smaller than one block or holds more than 65,536 */
  constructor(cluster: Cidr, nodeBits: number, metrics?: CidrMetrics) {
    const width = nodeBits - cluster.bits;
    if (width < 0) throw new Error(`mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size for CIDR family`);
    if (width > MAX_INDEX_BITS) throw new Error('New CIDR set failed; the node CIDR size is too big');
    this.#cluster = cluster;
    this.#metrics = metrics;
    this.#blockBits = nodeBits;
    this.#blockSize = cidrSize({ address: cluster.address, bits: nodeBits });
    this.#start = cidrStart(cluster).value;
    this.#holders = new Uint8Array(2 ** width);
  }

  get family(): 4 | 6 {
    return this.#cluster.address.family;
  }

  /** How many blocks there are. */
  get size(): number {
    return this.#holders.length;
  }

  /** How many blocks have a holder. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a free block and answers its text; `undefined` when none is left. */
  allocate(): string | undefined {
    const total = this.#holders.length;
    for (let i = 0; i < total; i++) {
      const index = (this.#next + i) % total;
      if (this.#holders[index]) continue;
      this.#hold(index);
      this.#metrics?.tried(i);
      this.#next = (index + 1) % total;
      return this.#text(index);
    }
    return undefined;
  }

  /** Marks every block that shares an address with `range` as taken. False when there is none. */
  occupy(range: Cidr): boolean {
    return this.#each(range, (index) => {
      this.#hold(index);
    });
  }

  /** Takes back one `allocate` or `occupy`. */
  release(range: Cidr): void {
    this.#each(range, (index) => {
      if (!this.#holders[index] || --this.#holders[index]! > 0) return;
      this.#taken--;
      this.#metrics?.released();
    });
  }

  #hold(index: number): void {
    if (!this.#holders[index]) {
      this.#taken++;
      this.#metrics?.allocated();
    }
    if (this.#holders[index]! < 255) this.#holders[index]!++;
  }

  #each(range: Cidr, visit: (index: number) => void): boolean {
    if (range.address.family !== this.family) return false;
    const from = cidrStart(range).value;
    const first = (from - this.#start) / this.#blockSize;
    const last = (from + cidrSize(range) - 1n - this.#start) / this.#blockSize;
    if (from + cidrSize(range) <= this.#start || first >= BigInt(this.#holders.length)) return false;
    const end = Math.min(Number(last), this.#holders.length - 1);
    for (let index = Math.max(Number(first), 0); index <= end; index++) visit(index);
    return true;
  }

  #text(index: number): string {
    const value = this.#start + BigInt(index) * this.#blockSize;
    return `${formatIp({ family: this.family, value })}/${this.#blockBits}`;
  }
}
