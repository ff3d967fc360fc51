/**
 * Which addresses services may have, and which one a service gets.
 *
 * Source: kubernetes `pkg/registry/core/service/ipallocator`, KEP-3070 (the lower part of a block is for addresses that users choose).
 */
import type { Random } from '#base/random.ts';
import { cidrContains, cidrSize, cidrStart, formatIp, parseCidr, type Cidr, type IpAddress } from '#machinery/ip.ts';

/** Random tries before the block is searched from its start. */
const RANDOM_TRIES = 32;

/** A search looks at no more addresses than this. */
const MAX_SEARCH = 65_536n;

/** How many addresses at the start of a block of `size` are left to users: a sixteenth, between 16 and 256, none of small blocks. */
function reserved(size: bigint): bigint {
  if (size < 16n) return 0n;
  const part = size / 16n;
  return part < 16n ? 16n : part > 256n ? 256n : part;
}

/** Addresses of a block that services may have: neither its own nor, for IPv4, the broadcast address. */
function usable(block: Cidr): { readonly first: bigint; readonly count: bigint } {
  const size = cidrSize(block);
  const count = block.address.family === 4 ? size - 2n : size - 1n;
  return { first: cidrStart(block).value + 1n, count: count < 0n ? 0n : count };
}

/** A number in [0, bound). */
function below(bound: bigint, random: Random): bigint {
  const bytes = random.bytes(16);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value % bound;
}

/** Blocks parsed from their text. @throws Error for text that is not a block */
export function parseBlocks(texts: readonly string[]): Cidr[] {
  return texts.map((text) => {
    const block = parseCidr(text);
    if (!block) throw new Error(`invalid service CIDR ${JSON.stringify(text)}`);
    return block;
  });
}

/** Whether a service may have the address. */
export function mayHave(blocks: readonly Cidr[], address: IpAddress): boolean {
  return blocks.some((block) => {
    const { first, count } = usable(block);
    return cidrContains(block, address) && address.value >= first && address.value < first + count;
  });
}

/** A free address of a block's family, or `undefined` when there is none. */
export function chooseAddress(blocks: readonly Cidr[], taken: (address: string) => boolean, random: Random): string | undefined {
  for (const block of blocks) {
    const { family } = block.address;
    const { first, count } = usable(block);
    const low = reserved(cidrSize(block));
    const free = (offset: bigint): string | undefined => {
      const text = formatIp({ family, value: first + offset });
      return taken(text) ? undefined : text;
    };
    if (count > low) {
      for (let i = 0; i < RANDOM_TRIES; i++) {
        const found = free(low + below(count - low, random));
        if (found !== undefined) return found;
      }
    }
    for (let offset = low; offset < count && offset < low + MAX_SEARCH; offset++) {
      const found = free(offset);
      if (found !== undefined) return found;
    }
    for (let offset = 0n; offset < low && offset < count; offset++) {
      const found = free(offset);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
