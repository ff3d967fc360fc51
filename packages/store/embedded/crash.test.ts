import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#base/clock.ts';
import { seededRandom, type Random } from '#base/random.ts';
import { revisionOf, watched } from '../conformance/harness.ts';
import type { Revision, Snapshot, Store } from '../store.ts';
import { decodeSequence, LANES, LOG_LENGTH, type CrashPlan, type CrashReport } from './crash-child.ts';
import { openEmbeddedStore } from './embedded-store.ts';

const ROUNDS = Number(process.env['NAVARCH_CRASH_ROUNDS'] ?? 200);
/** Stores that are crashed side by side: one per core of a small machine. */
const STORES = 2;
const SEED = 20_260_801;
/** A child is killed so long after it began to load, at most. */
const MAX_LOAD_MS = 200;
/** One child in so many is killed while it opens the store. */
const KILL_WHILE_OPENING = 10;
const MAX_OPENING_MS = 150;
/** Compaction stays this far behind what was seen, so that history remains to be watched. */
const KEEP_REVISIONS = 50;

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));

/** What outlives the crashes of one store. */
class Witness {
  /** For each lane: the last commit whose success was reported. */
  readonly acknowledged = Array.from({ length: LANES }, () => ({ sequence: 0, revision: 0 }));
  /** The last revision that a watch delivered; every one before it was delivered once. */
  seen: Revision = 0;
  newest: Revision = 0;

  take(report: CrashReport): void {
    if ('wrong' in report) assert.fail(report.wrong);
    if ('ready' in report) assert.ok(report.ready >= this.newest, `opened at ${report.ready} after ${this.newest}`);
    if ('lane' in report) {
      const { sequence, revision } = report;
      assert.ok(revision > this.acknowledged[report.lane]!.revision);
      this.acknowledged[report.lane] = { sequence, revision };
      this.newest = Math.max(this.newest, revision);
    }
    if ('watched' in report) this.watch(report.watched, report.events);
  }

  /** Each commit changes three keys, or four once the log is full; its events arrive together, right after those of the one before. */
  watch(reached: Revision, events: readonly Revision[]): void {
    let revision = this.seen;
    for (let i = 0; i < events.length;) {
      revision++;
      const size = events.slice(i, i + 4).filter((event) => event === revision).length;
      assert.ok(size === 3 || size === 4, `revision ${revision} has ${size} of its events: ${events.slice(i, i + 5).join(' ')}`);
      i += size;
    }
    assert.equal(revision, reached);
    this.seen = reached;
    this.newest = Math.max(this.newest, reached);
  }
}

async function crash(witness: Witness, plan: CrashPlan, random: Random, cacheDirectory: string): Promise<void> {
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_COMPILE_CACHE: cacheDirectory } });
  const exited = once(child, 'exit');
  child.stdin.end(JSON.stringify(plan));
  const kill = async (afterMs: number): Promise<void> => {
    await systemClock.sleep(afterMs);
    child.kill('SIGKILL');
  };
  let killing = random.int(KILL_WHILE_OPENING) === 0 ? kill(random.int(MAX_OPENING_MS)) : undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    // The last line may have been cut off by the kill.
    if (!line.endsWith('}')) continue;
    const report = JSON.parse(line) as CrashReport;
    witness.take(report);
    if ('ready' in report) killing ??= kill(random.int(MAX_LOAD_MS));
  }
  await killing;
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
}

async function checkLane(snapshot: Snapshot, lane: number, acknowledged: { sequence: number; revision: Revision }): Promise<void> {
  const [a, b] = await Promise.all([snapshot.get(`/lane/${lane}/a`), snapshot.get(`/lane/${lane}/b`)]);
  const sequence = a ? decodeSequence(a.value) : 0;
  assert.ok(
    sequence === acknowledged.sequence || sequence === acknowledged.sequence + 1,
    `lane ${lane} holds ${sequence}, acknowledged was ${acknowledged.sequence}`,
  );
  assert.equal(b ? decodeSequence(b.value) : 0, sequence);
  assert.equal(a?.modRevision, b?.modRevision);
  if (sequence === acknowledged.sequence) assert.equal(a?.modRevision ?? 0, acknowledged.revision);
  const { items } = await snapshot.range(`/lane/${lane}/log/`);
  const log = items.map((kv) => decodeSequence(kv.value)).toSorted((x, y) => x - y);
  const length = Math.min(sequence, LOG_LENGTH);
  assert.deepEqual(
    log,
    Array.from({ length }, (_, i) => sequence - length + 1 + i),
  );
}

/** What one child did not live to report may be there too: takes it over, so that the next round starts from what the store holds. */
async function verify(store: Store, witness: Witness): Promise<void> {
  const revision = await store.currentRevision();
  assert.ok(revision >= witness.newest, `the store is at ${revision} after ${witness.newest}`);
  using snapshot = await store.snapshot();
  for (const [lane, acknowledged] of witness.acknowledged.entries()) {
    await checkLane(snapshot, lane, acknowledged);
    const held = await snapshot.get(`/lane/${lane}/a`);
    if (held) witness.acknowledged[lane] = { sequence: decodeSequence(held.value), revision: held.modRevision };
  }
  for (const batch of await watched(store, '', witness.seen, revision)) witness.watch(batch.revision, batch.events.map(revisionOf));
  assert.equal(witness.seen, revision);
}

async function crashRepeatedly(home: string, name: number, rounds: number): Promise<Revision> {
  const directory = join(home, `store-${name}`);
  const random = seededRandom(SEED + name);
  const witness = new Witness();
  for (let round = 0; round < rounds; round++) {
    await crash(witness, { directory, after: witness.seen, compactTo: Math.max(witness.seen - KEEP_REVISIONS, 0) }, random, join(home, 'cache'));
    await using store = await openEmbeddedStore({ directory });
    await verify(store, witness);
  }
  return witness.newest;
}

test(`killed ${ROUNDS} times under load, a store keeps every promise`, { timeout: 600_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'navarch-crash-'));
  try {
    const revisions = await Promise.all(Array.from({ length: STORES }, (_, i) => crashRepeatedly(home, i, Math.ceil(ROUNDS / STORES))));
    t.diagnostic(`${revisions.join(' and ')} commits survived`);
    assert.ok(
      revisions.every((revision) => revision > ROUNDS),
      'the children did too little',
    );
  } finally {
    rmSync(home, { recursive: true });
  }
});
