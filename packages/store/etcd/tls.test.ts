import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commit, shownRange, write } from '../conformance/harness.ts';
import { openEtcdStore } from './etcd-store.ts';
import { startEtcd } from './testing/etcd-process.ts';

const runs = (command: string, argument: string): boolean => spawnSync(command, [argument]).status === 0;
const skip = !(runs('etcd', '--version') && runs('openssl', 'version')) && 'etcd or openssl is not installed';

const home = mkdtempSync(join(tmpdir(), 'navarch-etcd-tls-'));
after(() => rmSync(home, { recursive: true }));
const path = (name: string): string => join(home, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { cwd: home, stdio: 'ignore' });
}

function makeAuthority(): void {
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
}

function issue(name: string): void {
  writeFileSync(path('extensions'), 'subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\n');
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'extensions'];
  openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
}

test('a cluster that asks for client certificates is reached with one, and only with one', { skip, timeout: 60_000 }, async () => {
  makeAuthority();
  issue('member');
  issue('navarch');
  const certificates = ['--trusted-ca-file', path('ca.pem'), '--cert-file', path('member.pem'), '--key-file', path('member.key')];
  await using cluster = await startEtcd({ members: 1, scheme: 'https', flags: ['--client-cert-auth', ...certificates] });
  const ca = read('ca.pem');
  await using store = await openEtcdStore({ endpoints: cluster.endpoints, tls: { ca, cert: read('navarch.pem'), key: read('navarch.key') } });
  const at = await commit(store, write('a', '1'));
  assert.deepEqual(await shownRange(store, ''), [`a=1@${at}/${at}`]);
  await assert.rejects(openEtcdStore({ endpoints: cluster.endpoints, tls: { ca } }), /does not answer at https:/);
});
