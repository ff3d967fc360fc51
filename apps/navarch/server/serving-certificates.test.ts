import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { readServing, reloadServing } from './serving-certificates.ts';

const authority = () => openPki(memoryPkiFiles(), systemClock, systemRandom);

/** The names of the certificate that a client sees which asks for `servername`. */
function shown(port: number, servername?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...(servername === undefined ? {} : { servername }) }, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('given certificates are shown by name, and read again when their files change', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-serving-'));
  const at = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const write = (name: string, names: readonly string[]): { readonly cert: string; readonly key: string } => {
    const { cert, key } = authority().serving(names);
    return { cert: at(`${name}.crt`, cert), key: at(`${name}.key`, key) };
  };
  const main = write('main', ['main.example']);
  const own = write('own', ['own.example']);
  const wild = write('wild', ['other.example']);
  const flags = { tlsCertFile: main.cert, tlsPrivateKeyFile: main.key, tlsSniCertKey: [`${own.cert},${own.key}`, `${wild.cert},${wild.key}:*.wild.example,exact.example`] };
  const serving = await readServing(flags);
  await using server = await openTestServer({ serving });
  const { port } = server;
  const clock = new SimClock();
  const stop = new AbortController();
  const following = reloadServing({ flags, current: serving, apply: (changed) => server.server.reloadServing(changed), clock, log: silentLogger }, stop.signal).catch(() => {});
  const becomes = async (name: string | undefined, names: string): Promise<void> => {
    while ((await shown(port, name)) !== names) await clock.advance(10_000);
  };
  try {
    const cases: readonly (readonly [string | undefined, string])[] = [
      [undefined, 'DNS:main.example'],
      ['unknown.example', 'DNS:main.example'],
      ['own.example', 'DNS:own.example'],
      ['OWN.example', 'DNS:own.example'],
      ['a.wild.example', 'DNS:other.example'],
      ['exact.example', 'DNS:other.example'],
      ['a.b.wild.example', 'DNS:main.example'],
      ['wild.example', 'DNS:main.example'],
    ];
    for (const [name, names] of cases) assert.equal(await shown(port, name), names, name ?? 'no name');
    const [next, last] = [authority().serving(['next.example']), authority().serving(['last.example'])];
    at('main.crt', next.cert);
    for (let i = 0; i < 3; i++) await clock.advance(10_000);
    assert.equal(await shown(port), 'DNS:main.example', 'a certificate without its key is not used');
    at('main.key', next.key);
    await becomes(undefined, 'DNS:next.example');
    at('own.crt', last.cert);
    at('own.key', last.key);
    await becomes('last.example', 'DNS:last.example');
    assert.equal(await shown(port, 'own.example'), 'DNS:next.example');
  } finally {
    stop.abort();
    await clock.advance(10_000);
    await following;
    rmSync(directory, { recursive: true });
  }
});

test('flags that cannot be used are refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-serving-'));
  const [one, other] = [authority().serving(['one.example']), authority().serving(['other.example'])];
  const at = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const [cert, key, foreign] = [at('one.crt', one.cert), at('one.key', one.key), at('other.key', other.key)];
  const cases = [
    [{ tlsCertFile: cert }, /need each other/],
    [{ tlsCertFile: cert, tlsPrivateKeyFile: foreign }, /cannot be used: .*mismatch/],
    [{ tlsCertFile: join(directory, 'none'), tlsPrivateKeyFile: key }, /--tls-cert-file: ENOENT/],
    [{ tlsSniCertKey: [cert] }, /--tls-sni-cert-key: expected comma separated certificate and key file paths/],
  ] as const;
  for (const [flags, message] of cases) await assert.rejects(readServing(flags), message);
  assert.deepEqual(await readServing({}), { named: [] });
  rmSync(directory, { recursive: true });
});
