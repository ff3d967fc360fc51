/**
 * The whole content of a store at one revision, as a value: to begin another store with, or to bring a store back to.
 *
 * Values are shared by reference, so taking an image costs one walk over the keys, whatever they hold.
 */
import { compareKeys } from './keys.ts';
import type { KeyValue, Revision, Snapshot, Store, Write } from './store.ts';

/** Every key with its value, in order. */
export interface StoreImage {
  readonly revision: Revision;
  readonly items: readonly KeyValue[];
}

/** How often `restoreImage` tries again when somebody writes at the same time. */
const RESTORE_ATTEMPTS = 10;

/** The content of `store` now. */
export async function imageOf(store: Store): Promise<StoreImage> {
  using snapshot = await store.snapshot();
  return { revision: snapshot.revision, items: await allItems(snapshot) };
}

/**
 * Brings `store` back to `image` by one commit of what differs, so that watchers see ordinary changes and revisions only grow.
 *
 * @throws Error when others keep writing the same keys.
 */
export async function restoreImage(store: Store, image: StoreImage): Promise<void> {
  for (let attempt = 1; attempt <= RESTORE_ATTEMPTS; attempt++) {
    const { items } = await imageOf(store);
    const result = await store.commit(differences(items, image.items));
    if (result.committed) return;
  }
  throw new Error('the store could not be brought back: others keep writing to it');
}

async function allItems(snapshot: Snapshot): Promise<readonly KeyValue[]> {
  return (await snapshot.range('')).items;
}

/** The writes that turn `from` into `to`; both in key order. */
function differences(from: readonly KeyValue[], to: readonly KeyValue[]): Write[] {
  const writes: Write[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const [have, want] = [from[i], to[j]];
    const order = have === undefined ? 1 : want === undefined ? -1 : compareKeys(have.key, want.key);
    if (order < 0) writes.push({ key: have!.key, value: null, expect: have!.modRevision });
    else if (order > 0) writes.push({ key: want!.key, value: want!.value, expect: 0 });
    else if (have!.value !== want!.value) writes.push({ key: want!.key, value: want!.value, expect: have!.modRevision });
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return writes;
}
