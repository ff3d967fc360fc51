/** Remembers whom tokens stand for, so that what is slow to find out is asked once. Source: apiserver `authentication/token/cache`. */
import { createHash } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { Lru } from '#base/lru.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import type { TokenIdentity } from './service-account-tokens.ts';

/** How long answers are kept, in milliseconds; 0: not. Failures that are errors are never kept. */
export interface TokenCacheOptions {
  readonly knownMs: number;
  readonly unknownMs: number;
  readonly clock: Clock;
}

/** Tokens remembered; beyond this, those unused for longest are asked about again. */
const MAX_TOKENS = 4096;

interface Remembered {
  readonly answer: Promise<TokenIdentity | undefined> | TokenIdentity | 'unknown';
  readonly untilMs: number;
}

/** `authenticate` with a memory. Requests with one token at one time share one question. */
export function cachedTokens(
  authenticate: (token: string, audiences?: readonly string[]) => Promise<TokenIdentity | undefined>,
  { knownMs, unknownMs, clock }: TokenCacheOptions,
): TokenAuthenticator {
  const memory = new Lru<string, Remembered>(MAX_TOKENS);
  const ask = async (key: string, token: string, audiences: readonly string[] | undefined): Promise<TokenIdentity | undefined> => {
    try {
      const identity = await authenticate(token, audiences);
      const keptMs = identity ? knownMs : unknownMs;
      if (keptMs > 0) memory.set(key, { answer: identity ?? 'unknown', untilMs: clock.monotonicMs() + keptMs });
      else memory.delete(key);
      return identity;
    } catch (error) {
      memory.delete(key);
      throw error;
    }
  };
  return (token, audiences) => {
    // What is kept must not give tokens away.
    const key = createHash('sha256')
      .update(JSON.stringify([token, audiences ?? null]))
      .digest('base64');
    const remembered = memory.get(key);
    if (remembered && clock.monotonicMs() < remembered.untilMs) return remembered.answer === 'unknown' ? undefined : remembered.answer;
    const asking = ask(key, token, audiences);
    memory.set(key, { answer: asking, untilMs: Infinity });
    return asking;
  };
}
