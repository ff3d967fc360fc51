/** Shuffle sharding: each flow may use a few queues of its level, its hand, so that a flow that fills all of them leaves most others a queue without it. Source: KEP-1040. */
import { createHash } from 'node:crypto';

/** What tells a flow apart: the same on every server. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash('sha256').update(`${schema}\u0000${distinguisher}`).digest().readBigUInt64LE();
}

/** Deals `handSize` distinct cards of 0 … `deckSize` - 1, as the hash says; `handSize` is at most `deckSize`. */
export function dealHand(hash: bigint, deckSize: number, handSize: number): number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(deckSize - dealt);
    let card = Number(rest % left);
    rest /= left;
    // The n-th of the cards that are left: those dealt before it count too.
    for (const taken of hand.toSorted((a, b) => a - b)) if (card >= taken) card++;
    hand.push(card);
  }
  return hand;
}
