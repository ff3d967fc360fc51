import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commit, shownEvents, shownRange, watched, write } from '../conformance/harness.ts';
import { StoreUnavailableError, type Store } from '../store.ts';
import { openEmbeddedStore } from './embedded-store.ts';

const home = mkdtempSync(join(tmpdir(), 'navarch-store-faults-'));
after(() => rmSync(home, { recursive: true }));

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));
const MEGABYTE = 1_024 * 1_024;

function freshDirectory(): string {
  return mkdtempSync(join(home, 'store-'));
}

function unavailable(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreUnavailableError, String(error));
    assert.match(error.message, words);
    return true;
  };
}

/** A closed store with so much in it that its file has many pages. */
async function filledDirectory(): Promise<string> {
  const directory = freshDirectory();
  await using store = await openEmbeddedStore({ directory });
  for (let i = 0; i < 500; i++) void store.commit([{ key: `/k/${i}`, value: new Uint8Array(3_000).fill(i) }]);
  await commit(store, write('last', 'written'));
  return directory;
}

test('a store keeps everything when it is closed and opened again', async () => {
  const directory = join(freshDirectory(), 'made', 'by', 'opening');
  const before = await openEmbeddedStore({ directory });
  const first = await commit(before, write('a', '1'), write('b', '1'));
  const second = await commit(before, write('a', '2'));
  const third = await commit(before, write('b', null));
  await before.compact(first);
  await before[Symbol.asyncDispose]();
  await using store = await openEmbeddedStore({ directory });
  assert.deepEqual([await store.currentRevision(), store.compactRevision()], [third, first]);
  assert.deepEqual(await shownRange(store, '', second), [`a=2@${first}/${second}`, `b=1@${first}/${first}`]);
  assert.deepEqual(shownEvents(await watched(store, '', first, third)), [
    `put a=2@${first}/${second} was a=1@${first}/${first}`,
    `delete b@${third} was b=1@${first}/${first}`,
  ]);
  assert.equal(await commit(store, write('b', '4', 0)), third + 1);
});

test('the revision does not go back when the last commit, a deletion, is compacted away', async () => {
  const directory = freshDirectory();
  const before = await openEmbeddedStore({ directory });
  await commit(before, write('a', '1'));
  const last = await commit(before, write('a', null));
  await before.compact(last);
  await before[Symbol.asyncDispose]();
  await using store = await openEmbeddedStore({ directory });
  assert.equal(await store.currentRevision(), last);
  assert.deepEqual(await shownRange(store, ''), []);
});

test('only the owner can read the files', async () => {
  const directory = await filledDirectory();
  assert.equal(statSync(join(directory, 'store.db')).mode & 0o777, 0o600);
});

test('a second opening says that the store is in use, by whom, and what to do', async () => {
  const directory = freshDirectory();
  await using store = await openEmbeddedStore({ directory });
  await assert.rejects(
    openEmbeddedStore({ directory }),
    unavailable(new RegExp(`another process \\(pid ${process.pid}\\) is using the store in ${directory}: stop it`)),
  );
  await commit(store, write('a', '1'));
});

test('the lock of another process holds while it lives, and not a moment longer', async () => {
  const directory = freshDirectory();
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ directory, after: 0, compactTo: 0 }));
  await once(child.stdout, 'data');
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(new RegExp(`\\(pid ${child.pid}\\) is using the store`)));
  child.stdout.resume();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using store = await openEmbeddedStore({ directory });
  assert.ok((await store.currentRevision()) >= 0);
});

test('a truncated file is refused', async () => {
  const directory = await filledDirectory();
  truncateSync(join(directory, 'store.db'), MEGABYTE);
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(/the store in .* is damaged: restore a backup/));
});

test('a file of garbage is refused', async () => {
  const directory = freshDirectory();
  writeFileSync(
    join(directory, 'store.db'),
    'not a database at all, but long enough to have a header of a hundred bytes, which this sentence nearly has',
  );
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(/is damaged: restore a backup/));
});

test('damage in the middle is found when it is read, and the thread survives it', async () => {
  const directory = await filledDirectory();
  const file = join(directory, 'store.db');
  const content = readFileSync(file);
  content.fill(0xff, 5 * 4_096, content.length - 4_096);
  writeFileSync(file, content);
  let store: Store | undefined;
  await assert.rejects(
    async () => {
      store = await openEmbeddedStore({ directory });
      using snapshot = await store.snapshot();
      await snapshot.range('');
    },
    unavailable(/is damaged: restore a backup/),
  );
  await store?.[Symbol.asyncDispose]();
});

test('a torn end of the log costs only what was never acknowledged', async () => {
  const directory = freshDirectory();
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ directory, after: 0, compactTo: 0 }));
  await once(child.stdout, 'data');
  child.stdout.resume();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const log = join(directory, 'store.db-wal');
  truncateSync(log, Math.max(0, statSync(log).size - 1_000));
  await using store = await openEmbeddedStore({ directory });
  await commit(store, write('a', '1'));
});

test('files of others are left alone', async () => {
  const directory = freshDirectory();
  const other = new DatabaseSync(join(directory, 'store.db'));
  other.exec('CREATE TABLE theirs (x)');
  other.close();
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(/is not a Navarch store: choose another directory/));
});

test('a store of a later version is left alone', async () => {
  const directory = await filledDirectory();
  const later = new DatabaseSync(join(directory, 'store.db'));
  later.exec('PRAGMA user_version = 99');
  later.close();
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(/written by another version of Navarch \(format 99/));
});

test('a directory that cannot be used is named', async () => {
  const file = join(freshDirectory(), 'file');
  writeFileSync(file, '');
  await assert.rejects(
    openEmbeddedStore({ directory: join(file, 'store') }),
    unavailable(/directory .*file\/store cannot be used: check that it can be created and written/),
  );
});

test('a directory that is read-only is named', { skip: process.getuid?.() === 0 && 'root may write anywhere' }, async () => {
  const directory = join(freshDirectory(), 'read-only');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  await assert.rejects(openEmbeddedStore({ directory }), unavailable(/cannot be used: check that it can be created and written/));
});

test('a full store refuses writes, serves reads, and takes writes again once there is space', async () => {
  const directory = freshDirectory();
  await using store = await openEmbeddedStore({ directory, quotaBytes: 2 * MEGABYTE });
  const fill = async (): Promise<never> => {
    for (let i = 0; ; i++) await store.commit([{ key: '/fill', value: new Uint8Array(100_000).fill(i) }]);
  };
  await assert.rejects(fill(), unavailable(/no space is left for the store in .*: free some on its disk, or raise its quota/));
  const at = await store.currentRevision();
  using snapshot = await store.snapshot();
  assert.equal((await snapshot.get('/fill'))?.modRevision, at);
  await store.compact(at);
  assert.equal(await commit(store, write('/fill', 'again')), at + 1);
});
