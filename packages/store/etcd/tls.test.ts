import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commit, shownRange, write } from '../conformance/harness.ts';
import { openEtcdStore } from './etcd-store.ts';
import { makeCertificates, memberFlags } from './testing/etcd-certificates.ts';
import { startEtcd } from './testing/etcd-process.ts';

const runs = (command: string, argument: string): boolean => spawnSync(command, [argument]).status === 0;
const skip = !(runs('etcd', '--version') && runs('openssl', 'version')) && 'etcd or openssl is not installed';

const home = mkdtempSync(join(tmpdir(), 'navarch-etcd-tls-'));
after(() => rmSync(home, { recursive: true }));
const read = (name: string): string => readFileSync(join(home, name), 'utf8');

test('a cluster that asks for client certificates is reached with one, and only with one', { skip, timeout: 60_000 }, async () => {
  makeCertificates(home, 'member', 'navarch');
  await using cluster = await startEtcd({ members: 1, scheme: 'https', flags: memberFlags(home) });
  const ca = read('ca.pem');
  await using store = await openEtcdStore({ endpoints: cluster.endpoints, tls: { ca, cert: read('navarch.pem'), key: read('navarch.key') } });
  const at = await commit(store, write('a', '1'));
  assert.deepEqual(await shownRange(store, ''), [`a=1@${at}/${at}`]);
  await assert.rejects(openEtcdStore({ endpoints: cluster.endpoints, tls: { ca } }), /does not answer at https:/);
});
