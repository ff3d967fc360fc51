import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type KeyObject, X509Certificate, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { systemClock } from '#base/clock.ts';
import { seededRandom, systemRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { generateKey, issueFor } from './certificate.ts';
import { integer, oid, readValues, sequence, time } from '#base/der.ts';
import { layeredPkiFiles, memoryPkiFiles, openPkiFiles, type PkiFiles } from './pki-files.ts';
import { openPki, type Pki } from './pki.ts';

test('DER values are as the standard has them', () => {
  assert.equal(oid('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  assert.equal(integer(Buffer.from([0, 0, 0x80])).toString('hex'), '02020080');
  assert.equal(integer(Buffer.from([0])).toString('hex'), '020100');
  assert.equal(time(Date.UTC(2049, 11, 31)).toString('latin1'), '\u0017\r491231000000Z');
  assert.equal(time(Date.UTC(2050, 0, 1)).toString('latin1'), '\u0018\u000f20500101000000Z');
  const long = sequence(Buffer.alloc(300, 5));
  assert.equal(readValues(long)[0]!.contents.length, 300);
  assert.throws(() => readValues(Buffer.from([0x30, 0x85, 1, 1, 1, 1, 1])), /malformed/);
  assert.throws(() => readValues(Buffer.from([0x30, 5, 1])), /malformed/);
});

test('certificates chain to their authority and say what they are for', () => {
  const clock = new SimClock();
  const pki = openPki(memoryPkiFiles(), clock, seededRandom(1));
  const ca = new X509Certificate(pki.caCert);
  assert.ok(ca.ca && ca.verify(ca.publicKey));
  const serving = new X509Certificate(pki.serving(['localhost', '127.0.0.1', 'fd00::1', '10.96.0.1']).cert);
  assert.ok(serving.checkIssued(ca) && serving.verify(ca.publicKey));
  assert.equal(serving.subjectAltName, 'IP Address:10.96.0.1, IP Address:127.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, DNS:localhost');
  assert.deepEqual(serving.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  const node = pki.issueNode('n1', ['10.0.0.5']);
  assert.match(new X509Certificate(node.client.cert).subject, /O=system:nodes\nCN=system:node:n1/);
  assert.match(new X509Certificate(node.serving.cert).subjectAltName!, /DNS:n1, IP Address:10\.0\.0\.5/);
  assert.match(new X509Certificate(pki.client('admin').cert).subject, /O=system:masters/);
  const frontProxy = new X509Certificate(pki.frontProxyClient().cert);
  assert.equal(frontProxy.verify(ca.publicKey), false);
  assert.ok(frontProxy.verify(new X509Certificate(pki.frontProxyCaCert).publicKey));
});

test('what is kept is used again, and renewed when old or when names are missing', async () => {
  const clock = new SimClock();
  const files = memoryPkiFiles();
  const first = openPki(files, clock, seededRandom(1));
  const serving = first.serving(['localhost']);
  const again = openPki(files, clock, seededRandom(2));
  assert.equal(again.caCert, first.caCert);
  assert.equal(again.serviceAccountKey, first.serviceAccountKey);
  assert.deepEqual(again.serving(['localhost']), serving);
  const wider = again.serving(['localhost', 'api.example']);
  assert.notDeepEqual(wider, serving);
  await clock.advance(300 * 24 * 3600 * 1000);
  const renewed = again.serving(['localhost', 'api.example']);
  assert.notDeepEqual(renewed, wider);
  assert.ok(new X509Certificate(renewed.cert).validToDate.getTime() > clock.now() + 300 * 24 * 3600 * 1000);
});

test('files are for their owner only', () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'pki-')), 'pki');
  try {
    const pki = openPki(openPkiFiles(directory), systemClock, systemRandom);
    pki.client('admin');
    for (const file of ['ca.key', 'ca.crt', 'sa.key', 'admin.key']) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
  } finally {
    rmSync(join(directory, '..'), { recursive: true, force: true });
  }
});

// A second implementation reads what we write, and writes what we read.
test('openssl agrees', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'openssl-'));
  try {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
    } catch {
      t.skip('openssl is not installed');
      return;
    }
    const pki = openPki(openPkiFiles(directory), systemClock, systemRandom);
    pki.serving(['localhost', '127.0.0.1']);
    const openssl = (...args: string[]): string => execFileSync('openssl', args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    assert.match(openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt', 'apiserver.crt'), /apiserver\.crt: OK/);
    openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'r.key', '-subj', '/O=system:nodes/O=more/CN=system:node:x', '-addext', 'subjectAltName=DNS:x,IP:10.0.0.1,IP:fd00::2', '-out', 'r.csr');
    const signed = new X509Certificate(pki.signRequest(openssl('req', '-in', 'r.csr'), 'server and client', 3_600_000));
    assert.match(signed.subject, /O=system:nodes\nO=more\nCN=system:node:x/);
    assert.equal(signed.subjectAltName, 'DNS:x, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:2');
    assert.ok(signed.verify(new X509Certificate(pki.caCert).publicKey));
    const text = openssl('req', '-in', 'r.csr');
    const lines = text.split('\n');
    lines[5] = lines[5]!.split('').reverse().join('');
    assert.throws(() => pki.signRequest(lines.join('\n'), 'client', 1));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('keys are P-256', () => {
  assert.equal(createPublicKey(generateKey()).asymmetricKeyDetails?.namedCurve, 'prime256v1');
});

test('servers that start at once on one directory have the same authorities and the same key for tokens', () => {
  const common = mkdtempSync(join(tmpdir(), 'pki-'));
  const own = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'pki-')));
  try {
    // Each server looks before the other has written.
    const blind = (directory: string): PkiFiles => {
      const files = openPkiFiles(directory);
      let looks = 0;
      return { ...files, readPair: (name) => (looks++ < 2 ? undefined : files.readPair(name)), readText: () => undefined };
    };
    const [one, two] = own.map((directory) => openPki(layeredPkiFiles(blind(common), openPkiFiles(directory)), systemClock, systemRandom)) as [Pki, Pki];
    assert.equal(one.caCert, two.caCert);
    assert.equal(one.frontProxyCaCert, two.frontProxyCaCert);
    assert.equal(one.serviceAccountKey, two.serviceAccountKey);
    const serving = two.serving(['localhost']);
    assert.ok(new X509Certificate(serving.cert).verify(new X509Certificate(one.caCert).publicKey));
    assert.deepEqual(readdirSync(common).toSorted(), ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key']);
    assert.deepEqual(readdirSync(own[1]!).toSorted(), ['apiserver.crt', 'apiserver.key']);
  } finally {
    for (const directory of [common, ...own]) rmSync(directory, { recursive: true, force: true });
  }
});

const AUTHORITIES: readonly (readonly [string, () => KeyObject, RegExp])[] = [
  ['RSA 2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, /Signature Algorithm: sha256WithRSAEncryption/],
  ['RSA 4096', () => generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey, /Signature Algorithm: sha256WithRSAEncryption/],
  ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, /Signature Algorithm: ecdsa-with-SHA256/],
  ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, /Signature Algorithm: ecdsa-with-SHA384/],
  ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey, /Signature Algorithm: ecdsa-with-SHA512/],
  ['Ed25519', () => generateKeyPairSync('ed25519').privateKey, /Signature Algorithm: ED25519/i],
];
for (const [name, makeKey, algorithm] of AUTHORITIES) {
  test(`an authority with a key of ${name}, given by the user, signs what others accept`, async () => {
    const key = makeKey();
    const spec = { commonName: 'own-ca', use: 'authority', notBeforeMs: systemClock.now() - 60_000, notAfterMs: systemClock.now() + 3_600_000 } as const;
    const files = memoryPkiFiles();
    for (const authority of ['ca', 'front-proxy-ca'])
      files.writePair(authority, { key: key.export({ type: 'pkcs8', format: 'pem' }) as string, cert: issueFor(createPublicKey(key), spec, key, systemRandom) });
    const pki = openPki(files, systemClock, systemRandom);
    const serving = pki.serving(['localhost']);
    const client = pki.issueClient({ name: 'jane', groups: [] });
    for (const { cert } of [serving, client, { cert: pki.caCert }]) {
      assert.match(execFileSync('openssl', ['x509', '-noout', '-text'], { input: cert, encoding: 'utf8' }), algorithm);
      assert.ok(new X509Certificate(cert).verify(createPublicKey(key)));
    }
    assert.deepEqual(pki.serving(['localhost']), serving, 'it is kept');
    // A whole handshake, in which each side verifies the other's chain.
    const server = createServer({ ...serving, ca: pki.caCert, requestCert: true, rejectUnauthorized: true }, (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'localhost', ca: pki.caCert, ...client });
    assert.equal((await socket.toArray()).join(''), 'jane');
    server.close();
  });
}
