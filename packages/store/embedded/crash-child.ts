/**
 * The program that the crash test kills: commits as fast as it can from several lanes, watches everything, and says what it was promised.
 *
 * Each commit of a lane moves the lane's two counters together, appends to the lane's log and drops the log's oldest entry, so that half a commit shows.
 */
import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Revision, Store } from '../store.ts';
import { openEmbeddedStore } from './embedded-store.ts';

/** How many committers run side by side. */
export const LANES = 8;
/** How many entries a lane's log keeps. */
export const LOG_LENGTH = 20;
/** Enough for the engine's log to be folded into its file several times in a round. */
const VALUE_BYTES = 4_000;
const STANDARD_OUTPUT = 1;
const FULL_PIPE_MS = 1;

/** What the child is told on its standard input. */
export interface CrashPlan {
  readonly directory: string;
  /** The last revision that was seen by a watch. */
  readonly after: Revision;
  readonly compactTo: Revision;
}

/** What the child says, one JSON value per line. */
export type CrashReport =
  | { readonly ready: Revision }
  | { readonly lane: number; readonly sequence: number; readonly revision: Revision }
  | { readonly watched: Revision; readonly events: readonly Revision[] }
  | { readonly wrong: string };

/** Written before it returns, so that a kill can cut a line but not reorder lines; the pipe takes no more for a while when the reader is slow. */
function say(report: CrashReport): void {
  let rest = Buffer.from(`${JSON.stringify(report)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
}

/** The bytes of a counter or log entry. */
export function encodeSequence(sequence: number): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  new DataView(value.buffer).setFloat64(0, sequence);
  return value;
}

/** What `encodeSequence` wrote. */
export function decodeSequence(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getFloat64(0);
}

async function runLane(store: Store, lane: number): Promise<void> {
  const [a, b] = [`/lane/${lane}/a`, `/lane/${lane}/b`];
  using snapshot = await store.snapshot();
  const current = await snapshot.get(a);
  let expect = current?.modRevision ?? 0;
  for (let sequence = current ? decodeSequence(current.value) + 1 : 1; ; sequence++) {
    const value = encodeSequence(sequence);
    const result = await store.commit([
      { key: a, value, expect },
      { key: `/lane/${lane}/log/${sequence}`, value, expect: 0 },
      { key: `/lane/${lane}/log/${sequence - LOG_LENGTH}`, value: null },
      { key: b, value, expect },
    ]);
    if (!result.committed) throw new Error(`lane ${lane}: ${sequence} met ${JSON.stringify(result.conflicts)}`);
    expect = result.revision;
    say({ lane, sequence, revision: result.revision });
  }
}

async function reportWatch(store: Store, after: Revision): Promise<void> {
  for await (const batch of store.watch('', after, new AbortController().signal)) {
    say({ watched: batch.revision, events: batch.events.map((event) => (event.type === 'put' ? event.kv.modRevision : event.revision)) });
  }
}

async function run(plan: CrashPlan): Promise<void> {
  const store = await openEmbeddedStore({ directory: plan.directory });
  say({ ready: await store.currentRevision() });
  const lanes = Array.from({ length: LANES }, (_, lane) => runLane(store, lane));
  await Promise.all([...lanes, reportWatch(store, plan.after), store.compact(plan.compactTo)]);
}

if (import.meta.main) {
  try {
    await run(JSON.parse(await text(process.stdin)) as CrashPlan);
  } catch (error) {
    say({ wrong: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
  }
}
