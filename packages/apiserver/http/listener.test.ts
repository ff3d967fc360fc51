import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { systemClock, type Clock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { StatusError } from '#machinery/status.ts';
import { memoryPkiFiles } from '../pki/pki-files.ts';
import { openPki } from '../pki/pki.ts';
import { rawClient } from '../testing/raw-client.ts';
import { type Exchange, MAX_BODY_BYTES } from './exchange.ts';
import { type Http2Settings, type Listener, openListener } from './listener.ts';

const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
const tls = { ...pki.serving(['localhost', '127.0.0.1']), clientCa: [pki.caCert] };

/** Echoes: method, url, body; `/stream` streams, `/take` takes the connection over, `/hang` never answers, `/refuse` answers without the body. */
function serve(seen: Exchange[]): (exchange: Exchange) => void {
  const answer = async (exchange: Exchange): Promise<void> => {
    if (exchange.url === '/hang') return;
    if (exchange.url === '/stream') {
      const stream = exchange.open(200, ['Content-Type', 'text/plain']);
      stream.write(Buffer.from('one'));
      stream.write(Buffer.from('two'), true);
      stream.end();
      return;
    }
    if (exchange.url === '/take') {
      const connection = exchange.takeOver();
      if (connection?.upgrade) connection.upgrade.socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nupgraded');
      else if (connection?.response) (connection.response as { end(text: string): void }).end('taken');
      return;
    }
    if (exchange.url === '/refuse') {
      exchange.send(403, [], Buffer.from('no'));
      return;
    }
    try {
      const body = await exchange.body();
      exchange.send(200, ['X-Test', 'yes'], Buffer.from(`${exchange.method} ${exchange.url} ${body.length}:${body.subarray(0, 20).toString()}`));
    } catch (error) {
      assert.ok(error instanceof StatusError);
      exchange.send(error.code, [], Buffer.from(error.message));
    }
  };
  return (exchange) => {
    seen.push(exchange);
    void answer(exchange);
  };
}

async function open(seen: Exchange[] = [], clock: Clock = systemClock, http2: Http2Settings = {}): Promise<Listener & { port: number }> {
  const listener = await openListener({ listen: [{ host: '127.0.0.1', port: 0 }], tls, serve: serve(seen), clock, log: silentLogger, http2 });
  return Object.assign(listener, { port: listener.addresses[0]!.port });
}

const shared = await open();
after(() => shared[Symbol.asyncDispose]());

test('a connection serves requests one after the other, also when they come at once', async () => {
  using client = await rawClient(shared.port);
  client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /c HTTP/1.1\r\nHost: x\r\n\r\n');
  const text = await client.until((received) => received.includes('GET /c 0:'));
  assert.deepEqual(text.match(/(GET|POST) \/\w \d+:(abc)?/g), ['GET /a 0:', 'POST /b 3:abc', 'GET /c 0:']);
  assert.equal(text.match(/HTTP\/1\.1 200 OK\r\n/g)?.length, 3);
  assert.match(text, /X-Test: yes\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\nContent-Length: 9\r\n/);
});

test('heads and bodies may come byte by byte', async () => {
  using client = await rawClient(shared.port);
  for (const byte of 'PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello') client.send(byte);
  assert.match(await client.until((received) => received.includes('hello')), /PUT \/slow 5:hello/);
});

test('chunked bodies, old protocol versions and expectations work', async () => {
  using chunked = await rawClient(shared.port);
  chunked.send('POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await chunked.until((received) => received.includes('/next 0:')), /POST \/c 5:abcde/);
  using old = await rawClient(shared.port);
  old.send('GET /old HTTP/1.0\r\n\r\n');
  assert.match(await old.closed(), /GET \/old 0:/);
  using careful = await rawClient(shared.port);
  careful.send('POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
  await careful.until((received) => received.includes('100 Continue'));
  careful.send('ok');
  assert.match(await careful.until((received) => received.includes('/e 2:ok')), /POST \/e 2:ok/);
});

const MALFORMED: readonly [string, string | RegExp][] = [
  ['NONSENSE\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['GET /x HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['GET /x HTTP/1.1\r\nHost: x\r\nFolded: a\r\n b\r\n\r\n', /^HTTP\/1\.1 (400|200) /],
  ['GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', /^HTTP\/1\.1 400 /],
  ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['GET /x HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['GET /x HTTP/9.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 (400|505) /],
  [`GET /x HTTP/1.1\r\nHost: x\r\nBig: ${'a'.repeat(1_100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  [`GET /${'a'.repeat(1_100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ['\u0016\u0003\u0001\u0002\u0000\r\n\r\n', /^HTTP\/1\.1 400 /],
];

for (const [request, expected] of MALFORMED) {
  test(`refused: ${JSON.stringify(request.slice(0, 60))}`, async () => {
    using client = await rawClient(shared.port);
    client.send(request);
    const text = await client.until((received) => received.includes('\r\n\r\n'));
    assert.match(text, expected as RegExp);
  });
}

test('bodies over the limit are refused, announced or not', async () => {
  using announced = await rawClient(shared.port);
  announced.send(`POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`);
  assert.match(await announced.until((received) => received.includes('too large')), /^HTTP\/1\.1 413 /);
  using chunked = await rawClient(shared.port);
  chunked.send('POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 97), Buffer.from('\r\n')]);
  for (let i = 0; i < 4; i++) chunked.send(piece);
  assert.match(await chunked.until((received) => received.includes('too large')), /^HTTP\/1\.1 413 /);
});

test('who may not send a body is told before it has come', async () => {
  using client = await rawClient(shared.port);
  client.send('POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc');
  assert.match(await client.until((received) => received.endsWith('\r\n\r\nno')), /^HTTP\/1\.1 403 Forbidden\r\n/);
  client.send(Buffer.alloc(99_997, 'x'));
  client.send('GET /next HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.until((received) => received.includes('/next')), /GET \/next 0:/, 'a short rest does not cost the connection');
  using greedy = await rawClient(shared.port);
  greedy.send(`POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_BODY_BYTES}\r\n\r\n`);
  assert.match(await greedy.closed(), /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*Connection: close\r\n/);
});

test('what comes before it is asked for is bounded', async () => {
  const seen: Exchange[] = [];
  await using listener = await open(seen);
  using client = await rawClient(listener.port);
  client.send(`POST /hang HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_BODY_BYTES}\r\n\r\n`);
  client.send(Buffer.alloc(MAX_BODY_BYTES, 'x'));
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const server = seen[0]!.peer.socket as TLSSocket;
  while (!server.isPaused()) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(server.bytesRead < 512 * 1024, String(server.bytesRead));
  assert.equal((await seen[0]!.body()).length, MAX_BODY_BYTES, 'and the rest comes when it is asked for');
});

test('a body that ends too early is refused', async () => {
  using client = await rawClient(shared.port);
  client.socket.end('POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc');
  assert.match(await client.closed(), /^HTTP\/1\.1 400 [\s\S]+the body ended too early/);
});

test('requests may be cut into pieces anywhere', async () => {
  const requests = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nGET /bPUT /take HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxyPUT /c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nwxyzGET /end HTTP/1.1\r\nHost: x\r\n\r\n';
  const cuts = fc.array(fc.nat({ max: requests.length }), { maxLength: 6 }).map((all) => [0, ...all.toSorted((a, b) => a - b), requests.length]);
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      using client = await rawClient(shared.port);
      for (const [index, start] of at.slice(0, -1).entries()) {
        client.send(requests.slice(start, at[index + 1]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const text = await client.until((received) => received.includes('GET /end 0:'));
      assert.deepEqual(text.match(/POST \/a 3:abc|403 Forbidden|taken|PUT \/c 4:wxyz|GET \/end 0:/g), ['POST /a 3:abc', '403 Forbidden', 'taken', 'PUT /c 4:wxyz', 'GET /end 0:']);
    }),
    { numRuns: 50 },
  );
});

test('a body at the limit is read', async () => {
  using client = await rawClient(shared.port);
  client.send(`POST /full HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_BODY_BYTES}\r\n\r\n`);
  client.send(Buffer.alloc(MAX_BODY_BYTES, 97));
  assert.match(await client.until((received) => received.includes('POST /full')), /POST \/full 3145728:aaaa/);
});

test('streams are chunked and the connection goes on after them', async () => {
  using client = await rawClient(shared.port);
  client.send('GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /after HTTP/1.1\r\nHost: x\r\n\r\n');
  const text = await client.until((received) => received.includes('/after 0:'));
  assert.match(text, /Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\nHTTP\/1\.1 200 OK/);
});

test('a handler may take the connection over', async () => {
  using plain = await rawClient(shared.port);
  plain.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /take HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await plain.until((received) => received.includes('taken')), /GET \/a 0:[\s\S]+taken/);
  using upgraded = await rawClient(shared.port);
  upgraded.send('GET /take HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  assert.match(await upgraded.closed(), /^HTTP\/1\.1 101 Switching Protocols\r\n\r\nupgraded$/);
});

test('upgrades that nobody wants get a plain answer', async () => {
  using client = await rawClient(shared.port);
  client.send('GET /no HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.match(await client.closed(), /^HTTP\/1\.1 200 OK[\s\S]+Connection: close\r\n\r\nGET \/no 0:/);
});

test('a half-closed client still gets its answer', async () => {
  using client = await rawClient(shared.port);
  client.socket.end('GET /half HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.closed(), /GET \/half 0:/);
});

test('a client that goes away aborts what it asked for', async () => {
  const seen: Exchange[] = [];
  await using listener = await open(seen);
  using client = await rawClient(listener.port);
  client.send('GET /hang HTTP/1.1\r\nHost: x\r\n\r\n');
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const { signal } = seen[0]!;
  client.socket.destroy();
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));
});

test('clients that are too slow are closed, idle ones after a while', async () => {
  const clock = new SimClock();
  await using listener = await open([], clock);
  using slow = await rawClient(listener.port);
  using idle = await rawClient(listener.port);
  slow.send('GET /slow HTTP/1.1\r\nHo');
  idle.send('GET /idle HTTP/1.1\r\nHost: x\r\n\r\n');
  await idle.until((received) => received.includes('/idle 0:'));
  // The slow client's bytes were sent before the idle one was answered, but may not have been read yet.
  idle.send('GET /again HTTP/1.1\r\nHost: x\r\n\r\n');
  await idle.until((received) => received.includes('/again 0:'));
  await clock.advance(40_000);
  await slow.closed();
  assert.equal(idle.socket.destroyed, false);
  await clock.advance(60_000);
  await idle.closed();
});

test('a client that takes nothing of a large reply is closed in the end', async () => {
  const clock = new SimClock();
  const large = Buffer.alloc(32 * 1024 * 1024, 97);
  await using listener = await openListener({ listen: [{ host: '127.0.0.1', port: 0 }], tls, serve: (exchange) => exchange.send(200, [], large), clock, log: silentLogger });
  using stuck = await rawClient(listener.addresses[0]!.port);
  stuck.send('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  await stuck.until((received) => received.length > 0);
  stuck.socket.pause();
  await clock.advance(200_000);
  assert.equal(listener.connections, 1);
  await clock.advance(200_000);
  while (listener.connections > 0) await new Promise((resolve) => setImmediate(resolve));
});

function askHttp2(session: ClientHttp2Session, headers: Record<string, string>, body?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let text = '';
    stream.on('response', (head) => (text += `${head[':status']} `));
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
    stream.end(body);
  });
}

test('HTTP/2 works on the same port', async () => {
  const session = connectHttp2(`https://127.0.0.1:${shared.port}`, { rejectUnauthorized: false });
  try {
    assert.equal(await askHttp2(session, { ':path': '/two' }), '200 GET /two 0:');
    assert.equal(await askHttp2(session, { ':path': '/post', ':method': 'POST' }, Buffer.from('hi')), '200 POST /post 2:hi');
    assert.equal(await askHttp2(session, { ':path': '/stream' }), '200 onetwo');
    assert.equal(await askHttp2(session, { ':path': '/take' }), '200 taken');
  } finally {
    session.close();
  }
});

test('HTTP/2: headers beyond the limit are refused, and the connection goes on', async () => {
  const session = connectHttp2(`https://127.0.0.1:${shared.port}`, { rejectUnauthorized: false, maxSendHeaderBlockLength: 2 ** 20 });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  try {
    const many = Object.fromEntries(Array.from({ length: 4_100 }, (_, i) => [`h${i}`, 'x']));
    for (const headers of [{ big: 'a'.repeat(100_000), large: 'b'.repeat(40_000) }, many])
      assert.equal(await askHttp2(session, { ':path': '/two', ...headers }), '431 431 Request Header Fields Too Large');
    assert.match(await askHttp2(session, { ':path': `/${'p'.repeat(80_000)}` }), /^200 GET \/ppp/);
  } finally {
    session.close();
  }
});

test('HTTP/2: as many requests at once as the server says, and clients are sent away when asked to', async () => {
  let away = false;
  await using listener = await open([], systemClock, { maxStreams: 7, sendsAway: () => away });
  const session = connectHttp2(`https://127.0.0.1:${listener.port}`, { rejectUnauthorized: false });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  assert.equal(session.remoteSettings.maxConcurrentStreams, 7);
  assert.equal(await askHttp2(session, { ':path': '/stays' }), '200 GET /stays 0:');
  const gone = new Promise((resolve) => session.once('goaway', (code) => resolve(code)));
  away = true;
  assert.equal(await askHttp2(session, { ':path': '/last' }), '200 GET /last 0:', 'the request itself is answered');
  assert.equal(await gone, 0);
  await new Promise<void>((resolve) => (session.closed ? resolve() : session.once('close', resolve)));
});

test('new certificates serve new connections', async () => {
  await using listener = await open();
  using before = await rawClient(listener.port);
  listener.setTls({ ...pki.serving(['localhost', '127.0.0.1', 'another.example']), clientCa: [pki.caCert] });
  using afterwards = await rawClient(listener.port);
  assert.doesNotMatch(before.socket.getPeerX509Certificate()!.subjectAltName!, /another/);
  assert.match(afterwards.socket.getPeerX509Certificate()!.subjectAltName!, /another\.example/);
  before.send('GET /still HTTP/1.1\r\nHost: x\r\n\r\n');
  await before.until((received) => received.includes('/still 0:'));
});

test('an address in use is an error with its code', async () => {
  await assert.rejects(openListener({ listen: [{ host: '127.0.0.1', port: shared.port }], tls, serve: () => {}, clock: systemClock, log: silentLogger }), { code: 'EADDRINUSE' });
});
