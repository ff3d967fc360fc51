import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BackupError, checkBackup, writeBackup } from './backup.ts';
import { commit, shownRange, watched, write } from './conformance/harness.ts';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import { openEtcdStore } from './etcd/etcd-store.ts';
import { startEtcd } from './etcd/testing/etcd-process.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { loadBackup, restoredAfter } from './restore.ts';
import { CompactedError, type Store } from './store.ts';

const MADE_AT = '2026-01-01T00:00:00Z';
const KEYS = 1_234;

async function backupOf(store: Store): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeBackup(store, MADE_AT)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** In pieces that end anywhere. */
async function* pieces(bytes: Buffer, size = 1_000): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function filled(): Promise<Store> {
  const store = await openMemoryStore();
  await fill(store);
  return store;
}

async function fill(store: Store): Promise<void> {
  const all = Array.from({ length: KEYS }, (_, i) => write(`/key/${String(i).padStart(5, '0')}/ключ`, `value ${i} `.repeat(i % 50)));
  for (let i = 0; i < KEYS; i += 100) await commit(store, ...all.slice(i, i + 100));
}

/** An engine that lives as long as the test. */
async function engine(name: string): Promise<Store> {
  if (name === 'memory') return openMemoryStore();
  const resources = new AsyncDisposableStack();
  let store: Store;
  if (name === 'embedded') {
    const directory = mkdtempSync(join(tmpdir(), 'navarch-backup-'));
    resources.defer(() => rmSync(directory, { recursive: true }));
    store = resources.use(await openEmbeddedStore({ directory }));
  } else {
    const cluster = resources.use(await startEtcd({ members: 1 }));
    store = resources.use(await openEtcdStore({ endpoints: cluster.endpoints }));
  }
  return new Proxy(store, { get: (target, property) => (property === Symbol.asyncDispose ? () => resources.disposeAsync() : bound(target, property)) });
}

function bound(target: Store, property: string | symbol): unknown {
  const value: unknown = Reflect.get(target, property);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

for (const name of ['memory', 'embedded', 'etcd']) {
  const skip = name === 'etcd' && spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';
  test(`a backup holds one revision, whatever is written meanwhile: ${name}`, { skip }, async () => {
    await using store = await engine(name);
    await fill(store);
    const before = await shownRange(store, '');
    const revision = await store.currentRevision();
    const taken: Buffer[] = [];
    for await (const piece of writeBackup(store, MADE_AT)) {
      taken.push(piece);
      await commit(store, write('/key/00000/ключ', 'changed'), write('/other', 'new'), write(`/key/${KEYS - 1}/ключ`, null));
    }
    const bytes = Buffer.concat(taken);
    assert.deepEqual(await checkBackup(pieces(bytes)), { revision, keys: KEYS, madeAt: MADE_AT });
    await using restored = await openMemoryStore();
    await loadBackup(restored, pieces(bytes));
    const values = (shown: readonly (string | undefined)[]): string[] => shown.map((one) => one!.replace(/@\d+\/\d+$/, ''));
    assert.deepEqual(values(await shownRange(restored, '')), values(before));
  });
}

test('restored into the embedded engine, revisions go on beyond those that anybody has seen', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-backup-'));
  try {
    await using store = await filled();
    const bytes = await backupOf(store);
    const { revision } = await checkBackup(pieces(bytes));
    const after = restoredAfter(revision);
    {
      await using restored = await openEmbeddedStore({ directory, startAfter: after });
      await loadBackup(restored, pieces(bytes, 77_777));
    }
    await using again = await openEmbeddedStore({ directory, startAfter: 5 });
    const now = await again.currentRevision();
    assert.ok(now > after);
    assert.equal(again.compactRevision(), after);
    assert.equal((await shownRange(again, '')).length, KEYS);
    for (const old of [revision, revision + 100, after - 1]) await assert.rejects(watched(again, '', old, now), CompactedError);
    await watched(again, '', after, now);
    assert.equal(await commit(again, write('/next', '1')), now + 1);
    await again.compact(now);
    assert.equal((await shownRange(again, '/key/')).length, KEYS);
    await assert.rejects(loadBackup(again, pieces(bytes)), /the store is not empty: it has \/key\/00000/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('an empty store can be backed up and restored', async () => {
  await using store = await openMemoryStore();
  const bytes = await backupOf(store);
  assert.deepEqual(await checkBackup(pieces(bytes)), { revision: 0, keys: 0, madeAt: MADE_AT });
  await using restored = await openMemoryStore();
  await loadBackup(restored, pieces(bytes));
  assert.equal(await restored.currentRevision(), 0);
});

test('what is wrong with a file is found before it is used', async () => {
  await using store = await filled();
  const bytes = await backupOf(store);
  const refused = (file: Buffer, message: RegExp) => assert.rejects(checkBackup(pieces(file)), (error) => error instanceof BackupError && message.test(error.message));
  await refused(Buffer.alloc(0), /not a backup made by navarch/);
  await refused(Buffer.from('kind: Pod\n'), /not a backup made by navarch/);
  await refused(Buffer.alloc(100_000, 'x'), /not a backup made by navarch/);
  await refused(Buffer.from('navarch-backup 9\n{}\n'), /it has format 9, this version of navarch reads format 1/);
  await refused(Buffer.from('navarch-backup 1\n{"revision"\n'), /its header is damaged/);
  await refused(bytes.subarray(0, bytes.length >> 1), /it is cut off: \d+ of its 1234 keys are there/);
  await refused(bytes.subarray(0, -1), /it is cut off at its end/);
  await refused(Buffer.concat([bytes, Buffer.from('x')]), /something follows its end/);
  for (const at of [500, bytes.length >> 1, bytes.length - 40, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    await refused(damaged, /damaged|cut off/);
  }
});
