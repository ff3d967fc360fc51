import type { Write } from './store.ts';

/** How many writes one commit may hold: the API server needs a handful, and engines number the writes inside a revision. */
export const MAX_WRITES_PER_COMMIT = 1_024;

/**
 * Refuses what no engine could store.
 * @throws TypeError for a key that is not well-formed or appears twice, RangeError for too many writes
 */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length > MAX_WRITES_PER_COMMIT) throw new RangeError(`a commit holds at most ${MAX_WRITES_PER_COMMIT} writes, not ${writes.length}`);
  for (const { key } of writes) {
    if (!key.isWellFormed() || key === '' || key.includes('\0')) throw new TypeError(`not a valid key: ${JSON.stringify(key)}`);
  }
  if (writes.length > 1 && new Set(writes.map((write) => write.key)).size < writes.length) throw new TypeError('a key appears twice in one commit');
}
