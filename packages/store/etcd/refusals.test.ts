import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commit, shownRange, write } from '../conformance/harness.ts';
import { type Revision, StoreUnavailableError } from '../store.ts';
import { openEtcdStore } from './etcd-store.ts';
import { makeCertificates, memberFlags } from './testing/etcd-certificates.ts';
import { type EtcdCluster, startEtcd } from './testing/etcd-process.ts';

const runs = (command: string, argument: string): boolean => spawnSync(command, [argument]).status === 0;
const skip = !(runs('etcd', '--version') && runs('openssl', 'version')) && 'etcd or openssl is not installed';
const MEGABYTE = 1 << 20;
const QUOTA_BYTES = 16 * MEGABYTE;
/** More than any quota of these has room for. */
const MANY = 512;
const TOGETHER = 4;

/** Asks the first member for what no store asks for. */
async function ask<Answer>({ endpoints }: EtcdCluster, path: string, body: object = {}): Promise<Answer> {
  const response = await fetch(`${endpoints[0]}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, text);
  return JSON.parse(text) as Answer;
}

interface Alarms {
  readonly alarms?: readonly { readonly memberID: string; readonly alarm: string }[];
}

const outOfSpace = (error: unknown): boolean =>
  error instanceof StoreUnavailableError && error.refusal === 'etcdserver: mvcc: database space exceeded' && /compact and defragment/.test(error.message) && !error.outcomeUnknown;

test('a full etcd refuses writes in its own words; reads go on', { skip, timeout: 120_000 }, async () => {
  await using cluster = await startEtcd({ members: 1, flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] });
  await using store = await openEtcdStore({ endpoints: cluster.endpoints });
  // Side by side: those that pass etcd's first check together may fill the file; one of them is then refused and carried out all the same.
  const acknowledged: string[] = [];
  const refusals: unknown[] = [];
  for (let sent = 0; sent < MANY && refusals.length === 0; sent += TOGETHER) {
    const keys = Array.from({ length: TOGETHER }, (_, i) => `full/${sent + i}`);
    const commits = keys.map(async (key) => store.commit([{ key, value: new Uint8Array(MEGABYTE), expect: 0 }]).then(() => acknowledged.push(key)));
    for (const outcome of await Promise.allSettled(commits)) if (outcome.status === 'rejected') refusals.push(outcome.reason);
  }
  assert.ok(refusals.length > 0 && refusals.every(outOfSpace), refusals.join('\n'));
  assert.ok(acknowledged.length > 1);
  await assert.rejects(store.commit([write('small', 'x', 0)]), outOfSpace);
  await assert.rejects(store.commit([{ ...write('leased', 'x', 0), ttlMs: 60_000 }]), outOfSpace);
  // Nothing of such a write tells it from another's.
  await assert.rejects(store.commit([write('anyhow', 'x')]), (error) => error instanceof StoreUnavailableError && error.outcomeUnknown);
  assert.deepEqual(await shownRange(store, 'small'), []);
  using snapshot = await store.snapshot();
  const { items } = await snapshot.range('full/');
  assert.deepEqual(items.map(({ key }) => key).toSorted(), acknowledged.toSorted());

  // Room made as etcd's manual says: it takes writes again.
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await ask(cluster, 'kv/deleterange', { key: base64('full/'), range_end: base64('full0') });
  await store.compact(await store.currentRevision());
  let at: Revision | undefined;
  // Old revisions are removed behind the scenes.
  while (at === undefined) {
    await ask(cluster, 'maintenance/defragment');
    for (const alarm of (await ask<Alarms>(cluster, 'maintenance/alarm', { action: 'GET' })).alarms ?? []) await ask(cluster, 'maintenance/alarm', { action: 'DEACTIVATE', ...alarm });
    at = await commit(store, write('small', 'x', 0)).catch((error: unknown) => {
      assert.ok(outOfSpace(error), String(error));
      return undefined;
    });
  }
  assert.deepEqual(await shownRange(store, ''), [`small=x@${at}/${at}`]);
});

test('an etcd that wants to know who asks refuses access', { skip, timeout: 60_000 }, async () => {
  await using cluster = await startEtcd({ members: 1 });
  await using store = await openEtcdStore({ endpoints: cluster.endpoints });
  await commit(store, write('before', 'x'));
  await ask(cluster, 'auth/user/add', { name: 'root', password: 'secret' });
  await ask(cluster, 'auth/role/add', { name: 'root' });
  await ask(cluster, 'auth/user/grant', { user: 'root', role: 'root' });
  await ask(cluster, 'auth/enable');
  const refused = (error: unknown): boolean => error instanceof StoreUnavailableError && /etcd refuses access: check the client certificate and its role/.test(error.message) && error.refusal === 'etcdserver: user name is empty';
  await assert.rejects(store.commit([write('after', 'x', 0)]), refused);
  await assert.rejects(store.snapshot(), refused);
  await assert.rejects(openEtcdStore({ endpoints: cluster.endpoints }), refused);
});

test('a member whose certificate nobody we trust has signed is passed over', { skip, timeout: 60_000 }, async () => {
  const [home, strange] = [mkdtempSync(join(tmpdir(), 'navarch-etcd-ours-')), mkdtempSync(join(tmpdir(), 'navarch-etcd-strange-'))];
  try {
    makeCertificates(home, 'member', 'navarch');
    makeCertificates(strange, 'member');
    await using ours = await startEtcd({ members: 1, scheme: 'https', flags: memberFlags(home) });
    await using theirs = await startEtcd({ members: 1, scheme: 'https', flags: memberFlags(strange) });
    const read = (name: string): string => readFileSync(join(home, name), 'utf8');
    const tls = { ca: read('ca.pem'), cert: read('navarch.pem'), key: read('navarch.key') };
    await using store = await openEtcdStore({ endpoints: [...theirs.endpoints, ...ours.endpoints], tls });
    const at = await commit(store, write('a', '1', 0));
    assert.deepEqual(await shownRange(store, ''), [`a=1@${at}/${at}`]);
  } finally {
    for (const directory of [home, strange]) rmSync(directory, { recursive: true });
  }
});
