/**
 * What a commit's writes mean, the same for every engine.
 */
import type { KeyValue, Revision, StoreEvent, Write } from './store.ts';

/** How many writes one commit may hold: the API server needs a handful, and engines number the writes inside a revision. */
export const MAX_WRITES_PER_COMMIT = 1_024;

/** A write whose expectation failed. */
export interface Conflict {
  readonly index: number;
  readonly current: KeyValue | undefined;
}

/**
 * Refuses what no engine could store.
 * @throws TypeError for a key that is empty, not well-formed, has a NUL or appears twice; RangeError for too many writes
 */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length > MAX_WRITES_PER_COMMIT) throw new RangeError(`a commit holds at most ${MAX_WRITES_PER_COMMIT} writes, not ${writes.length}`);
  for (const { key } of writes) {
    if (key === '' || key.includes('\0') || !key.isWellFormed()) throw new TypeError(`not a valid key: ${JSON.stringify(key)}`);
  }
  if (writes.length > 1 && new Set(writes.map((write) => write.key)).size < writes.length) throw new TypeError('a key appears twice in one commit');
}

/** The writes whose expectation `before`, what their keys hold, does not meet. */
export function conflictsOf(writes: readonly Write[], before: readonly (KeyValue | undefined)[]): Conflict[] {
  return writes.flatMap((write, index) => {
    const current = before[index];
    return write.expect === undefined || write.expect === (current?.modRevision ?? 0) ? [] : [{ index, current }];
  });
}

/** The changes that `writes` make at `revision` to keys that held `before`; deleting a key that does not exist changes nothing. */
export function eventsOf(writes: readonly Write[], before: readonly (KeyValue | undefined)[], revision: Revision): StoreEvent[] {
  const events: StoreEvent[] = [];
  writes.forEach(({ key, value, memo }, i) => {
    const previous = before[i];
    if (value)
      events.push({ type: 'put', kv: { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision }, previous, memo });
    else if (previous) events.push({ type: 'delete', key, revision, previous, memo });
  });
  return events;
}
