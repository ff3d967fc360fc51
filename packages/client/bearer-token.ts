/**
 * Bearer tokens that stay fresh: a projected token file changes under a running process.
 *
 * Source: client-go rereads token files at most once a minute (with 10 s of leeway).
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';

/** Answers the token to send now. */
export type TokenSource = () => Promise<string>;

const REREAD_AFTER_MS = 50_000;

/** A token that never changes. */
export function fixedToken(token: string): TokenSource {
  return () => Promise.resolve(token);
}

/** The trimmed content of a file, read again when it may have changed. While the file cannot be read, the last token stays in use. */
export function tokenFromFile(path: string, clock: Clock): TokenSource {
  let token = '';
  let readMs = -Infinity;
  return async () => {
    if (clock.monotonicMs() - readMs < REREAD_AFTER_MS) return token;
    try {
      token = (await readFile(path, 'utf8')).trim();
      readMs = clock.monotonicMs();
    } catch (error) {
      if (!token) throw error;
    }
    return token;
  };
}
