/**
 * Randomness as a value that is passed in, so that a seed reproduces a run.
 */

/** A source of random numbers. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, bound); `bound` must be at least 1. */
  int(bound: number): number;
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array;
  /** A version 4 UUID in its canonical text form. */
  uuid(): string;
}

/** Unpredictable numbers from the platform's cryptographic generator. */
export const systemRandom: Random = {
  next: () => Math.random(),
  int: (bound) => Math.floor(Math.random() * bound),
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
};

/**
 * A reproducible source (xoshiro128** seeded through splitmix32): the same seed gives the same sequence on every platform.
 *
 * Source: the published xoshiro128** recurrence by Blackman and Vigna.
 */
export function seededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const seedWord = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [seedWord(), seedWord(), seedWord(), seedWord()];
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const word = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => word() & 0xff);
  return {
    next: () => word() / 2 ** 32,
    int: (bound) => Math.floor((word() / 2 ** 32) * bound),
    bytes,
    uuid: () => {
      const raw = bytes(16);
      raw[6] = (raw[6]! & 0x0f) | 0x40;
      raw[8] = (raw[8]! & 0x3f) | 0x80;
      const hex = Buffer.from(raw).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
