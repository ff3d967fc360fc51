/**
 * What clients hide: HTTP as bytes, against a whole server on one port.
 */
import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { after, test } from 'node:test';
import { rawClient } from '#apiserver/testing/raw-client.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

const store = await openMemoryStore();
const server = await openTestServer({ store, security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
after(async () => {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const HEAD = 'Host: localhost\r\nAuthorization: Bearer root\r\n';
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Reply {
  readonly code: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes on a connection of their own and reads to its end. */
async function exchange(bytes: string): Promise<Reply> {
  using client = await rawClient(server.port);
  client.send(bytes);
  client.socket.end();
  const text = await client.closed();
  const split = text.indexOf('\r\n\r\n');
  return { code: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), head: text.slice(0, split), body: text.slice(split + 4) };
}

const plain = (method: string, target: string, more = ''): string => `${method} ${target} HTTP/1.1\r\n${HEAD}Connection: close\r\n${more}\r\n`;

function isStatus(text: string, code: number): void {
  const status = JSON.parse(text) as { kind: string; apiVersion: string; status: string; code: number };
  assert.deepEqual([status.kind, status.apiVersion, status.status, status.code], ['Status', 'v1', 'Failure', code]);
}

const TARGETS: readonly (readonly [method: string, target: string, code: number])[] = [
  ['GET', '/api/v1/namespaces/default', 200],
  ['GET', '/api/v1/namespaces/default/', 200],
  ['GET', '/api/v1/namespaces/%64efault', 200],
  ['GET', '/%61pi/v1/namespaces/default', 200],
  ['GET', '/api/v1/namespaces/default%2Fconfigmaps', 200],
  ['GET', '/api/v1/namespaces/%zz', 400],
  ['GET', '/api/v1/namespaces/%00', 404],
  ['GET', '/api//v1/namespaces/default', 404],
  ['GET', '//api/v1/namespaces/default', 404],
  ['GET', '/api/v1/../v1/namespaces/default', 404],
  ['GET', 'https://localhost/api/v1/namespaces/default', 200],
  ['GET', 'http://other.example/version', 200],
  ['GET', '/nowhere', 404],
  ['HEAD', '/api/v1/namespaces/default', 405],
  ['HEAD', '/version', 405],
  ['HEAD', '/apis', 200],
  ['HEAD', '/nowhere', 404],
  ['OPTIONS', '/api/v1/namespaces/default', 405],
  ['OPTIONS', '*', 404],
  ['TRACE', '/api/v1/namespaces/default', 405],
  ['TRACE', '/version', 405],
  ['PROPFIND', '/api/v1/namespaces/default', 405],
];

for (const [method, target, code] of TARGETS) {
  test(`${method} ${target}`, async () => {
    const reply = await exchange(plain(method, target));
    assert.equal(reply.code, code, reply.body);
    if (method === 'HEAD') {
      assert.equal(reply.body, '');
      assert.match(reply.head, /\r\nContent-Length: [1-9]/i);
    } else if (code >= 400 && reply.body !== '404 page not found\n') isStatus(reply.body, code);
  });
}

test('a tunnel is not opened', async () => {
  assert.equal((await exchange(plain('CONNECT', 'localhost:443'))).body, '');
  assert.equal((await server.ask('/readyz')).code, 200);
});

test('a connection serves many requests, in order, whatever their outcome', async () => {
  using client = await rawClient(server.port);
  const targets = ['/version', '/nowhere', `${MAPS}/none`, '/api/v1/namespaces/%zz', 'https://localhost/version', '/healthz'];
  client.send(targets.map((target) => `GET ${target} HTTP/1.1\r\n${HEAD}\r\n`).join(''));
  const text = await client.until((received) => received.match(/HTTP\/1\.1 \d/g)?.length === targets.length && received.endsWith('ok'));
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 404', 'HTTP/1.1 400', 'HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('a client that asks first sends its body when told to', async () => {
  using client = await rawClient(server.port);
  const body = JSON.stringify({ metadata: { name: 'expected' } });
  client.send(`POST ${MAPS} HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
  assert.match(await client.until((received) => received.includes('\r\n\r\n')), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.send(body);
  assert.match(await client.until((received) => received.includes('"name":"expected"')), /HTTP\/1\.1 201 Created/);
});

test('HTTP/2 and HTTP/1.1 clients are served on one port at once', async () => {
  using old = await rawClient(server.port);
  const session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca: server.pki.caCert });
  const get = (path: string): Promise<{ readonly code: number; readonly body: string }> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': path, authorization: 'Bearer root' });
      let [code, body] = [0, ''];
      stream.on('response', (head) => (code = Number(head[':status'])));
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
      stream.on('end', () => resolve({ code, body }));
      stream.on('error', reject);
    });
  old.send(`GET /version HTTP/1.1\r\n${HEAD}\r\n`);
  const [version, list, missing] = await Promise.all([get('/version'), get(MAPS), get(`${MAPS}/none`)]);
  session.close();
  assert.deepEqual([version.code, list.code, missing.code], [200, 200, 404]);
  isStatus(missing.body, 404);
  assert.match(await old.until((received) => received.includes('gitVersion')), /^HTTP\/1\.1 200/);
});

test('a list in pieces: each continues the last, and when its revision is gone the answer says how to go on', async () => {
  for (let i = 0; i < 7; i++) await server.ask(MAPS, { method: 'POST', token: 'root', body: { metadata: { name: `piece-${i}`, labels: { in: 'pieces' } } } });
  const list = async (query: string) => (await server.ask(`${MAPS}?labelSelector=in%3Dpieces&limit=3${query}`, { token: 'root' })).json<{ readonly code?: number; readonly reason?: string; readonly metadata: { readonly continue?: string; readonly resourceVersion: string }; readonly items: { readonly metadata: { readonly name: string } }[] }>();
  const first = await list('');
  const second = await list(`&continue=${first.metadata.continue}`);
  assert.deepEqual([...first.items, ...second.items].map(({ metadata }) => metadata.name), ['piece-0', 'piece-1', 'piece-2', 'piece-3', 'piece-4', 'piece-5']);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  // Pages of the present are kept for who reads on; those of an older revision come from the store.
  const { metadata } = (await server.ask(MAPS, { method: 'POST', token: 'root', body: { metadata: { name: 'later' } } })).json<{ readonly metadata: { readonly resourceVersion: string } }>();
  await server.ask(`${MAPS}/piece-3`, { method: 'DELETE', token: 'root' });
  const old = await list(`&resourceVersionMatch=Exact&resourceVersion=${metadata.resourceVersion}`);
  await store.compact(await store.currentRevision());
  const gone = await list(`&continue=${old.metadata.continue}`);
  assert.deepEqual([gone.code, gone.reason], [410, 'Expired']);
  const rest = await list(`&continue=${gone.metadata.continue}`);
  assert.deepEqual(rest.items.map(({ metadata }) => metadata.name), ['piece-4', 'piece-5', 'piece-6']);
});
