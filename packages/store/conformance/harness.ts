/**
 * What the conformance tests share: writing and reading text, and collecting what a watch delivers.
 */
import assert from 'node:assert/strict';
import { systemClock } from '#base/clock.ts';
import type { CommitResult, KeyValue, Revision, Store, StoreEvent, WatchBatch, Write } from '../store.ts';

/** Opens an empty store; `watchBuffer` bounds how many batches wait for a watcher. */
export type OpenStore = (options?: { readonly watchBuffer?: number }) => Promise<Store>;

/** What differs between engines within the contract. */
export interface ConformanceOptions {
  /** Whether commits that do not wait for each other are applied in the order of the calls. */
  readonly ordered?: boolean;
  /** How many random histories are tried; fewer for an engine behind a network. */
  readonly modelRuns?: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of `text`. */
export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A write of `text`, or a deletion. */
export function write(key: string, text: string | null, expect?: Revision): Write {
  const value = text === null ? null : bytes(text);
  return expect === undefined ? { key, value } : { key, value, expect };
}

/** Commits and returns the revision. */
export async function commit(store: Store, ...writes: readonly Write[]): Promise<Revision> {
  return committed(await store.commit(writes));
}

/** The revision of a commit that must have succeeded. */
export function committed(result: CommitResult): Revision {
  assert.ok(result.committed, 'the commit was refused');
  return result.revision;
}

/** A pair as text with its revisions, for comparisons. */
export function shown(kv: KeyValue | undefined): string | undefined {
  return kv && `${kv.key}=${decoder.decode(kv.value)}@${kv.createRevision}/${kv.modRevision}`;
}

/** An event as text, for comparisons. */
export function shownEvent(event: StoreEvent): string {
  const was = event.previous ? ` was ${shown(event.previous)}` : '';
  return event.type === 'put' ? `put ${shown(event.kv)}${was}` : `delete ${event.key}@${event.revision}${was}`;
}

/** The revision of an event. */
export function revisionOf(event: StoreEvent): Revision {
  return event.type === 'put' ? event.kv.modRevision : event.revision;
}

/** All keys below `prefix` at `revision`, as text. */
export async function shownRange(store: Store, prefix: string, revision?: Revision): Promise<(string | undefined)[]> {
  using snapshot = await store.snapshot(revision);
  const page = await snapshot.range(prefix);
  assert.equal(page.more, false);
  return page.items.map(shown);
}

/** Checks that batches go forward, that none is inside out, and that each event lies where its batch says. */
export function assertOrdered(batches: readonly WatchBatch[], after: Revision): void {
  let reached = after;
  for (const batch of batches) {
    assert.ok(batch.revision > reached, `batch ${batch.revision} after ${reached}`);
    let last = reached;
    for (const event of batch.events) {
      const revision = revisionOf(event);
      assert.ok(
        revision > reached && revision >= last && revision <= batch.revision,
        `event ${revision} in batch ${batch.revision} after ${reached}`,
      );
      last = revision;
    }
    reached = batch.revision;
  }
}

/** What a watch delivers until it has reached `until`. */
export async function watched(store: Store, prefix: string, after: Revision, until: Revision): Promise<WatchBatch[]> {
  const controller = new AbortController();
  const batches: WatchBatch[] = [];
  if (until <= after) return batches;
  const asking = askForProgress(store, until, controller.signal);
  try {
    for await (const batch of store.watch(prefix, after, controller.signal)) {
      batches.push(batch);
      if (batch.revision >= until) break;
    }
  } finally {
    controller.abort();
    await asking;
  }
  assertOrdered(batches, after);
  return batches;
}

/** Watchers of quiet prefixes hear of progress when somebody asks for the revision; asks until the watch has ended. */
async function askForProgress(store: Store, until: Revision, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await store.currentRevision()) <= until) await systemClock.sleep(1);
}

/** The events of batches as text. */
export function shownEvents(batches: readonly WatchBatch[]): string[] {
  return batches.flatMap((batch) => batch.events.map(shownEvent));
}
