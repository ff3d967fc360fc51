import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { rawClient } from '../testing/raw-client.ts';
import { openTestServer } from '../testing/test-server.ts';

const server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
after(() => server[Symbol.asyncDispose]());
const { signal } = new AbortController();
const maps = server.admin.of(configMaps);
await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first', namespace: 'default' } }, {}, signal);
const WATCH = '/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name!%3Dkube-root-ca.crt';
const HANDSHAKE = 'Host: x\r\nAuthorization: Bearer root\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Messages of a watch, in order. */
async function open(path: string, headers: Record<string, string> = { authorization: 'Bearer root' }, protocols: string[] = []): Promise<{ readonly socket: WebSocket; next(): Promise<Message> }> {
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}${path}`, protocols, { ca: server.pki.caCert, headers });
  const arrived: Message[] = [];
  let wake = (): void => {};
  socket.on('message', (data: Buffer, isBinary) => {
    arrived.push({ data, isBinary });
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const next = async (): Promise<Message> => {
    while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return arrived.shift()!;
  };
  return { socket, next };
}

test('a browser watches: one event per message, until it leaves', async () => {
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('root').toString('base64url')}`;
  const { socket, next } = await open(WATCH, {}, ['base64.binary.k8s.io', token]);
  assert.equal(socket.protocol, 'base64.binary.k8s.io');
  const first = await next();
  assert.equal(first.isBinary, false);
  const event = JSON.parse(first.data.toString()) as { type: string; object: { metadata: { name: string } } };
  assert.deepEqual([event.type, event.object.metadata.name], ['ADDED', 'first']);
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'second', namespace: 'default' } }, {}, signal);
  socket.send('what clients say is ignored');
  assert.match((await next()).data.toString(), /^\{"type":"ADDED","object":\{.*"name":"second"/);
  socket.close();
  await new Promise((resolve) => socket.once('close', resolve));
});

test('protobuf events are binary messages without the length that streams need', async () => {
  const { socket, next } = await open(WATCH, { authorization: 'Bearer root', accept: 'application/vnd.kubernetes.protobuf;stream=watch' });
  const { data, isBinary } = await next();
  assert.ok(isBinary);
  assert.equal(data.subarray(0, 7).toString('latin1'), '\n\x05ADDED');
  socket.terminate();
});

test('the server says goodbye when the time is over', async () => {
  const { socket } = await open(`${WATCH}&timeoutSeconds=1`);
  assert.equal(await new Promise((resolve) => socket.once('close', resolve)), 1000);
});

test('a client that hangs up without a word is gone at once', async () => {
  using client = await rawClient(server.port);
  client.send(`GET ${WATCH} HTTP/1.1\r\n${HANDSHAKE}`);
  await client.until((received) => received.includes('"first"'));
  const late = setTimeout(() => client.socket.destroy(new Error('the connection lingers')), 5_000);
  client.socket.end();
  await client.closed();
  clearTimeout(late);
  assert.equal(client.socket.errored, null);
});

test('other answers, and upgrades to something else, are plain', async () => {
  for (const [path, expected] of [
    ['/api/v1/namespaces/default/configmaps/first', /^HTTP\/1\.1 200 OK[\s\S]+"name":"first"/],
    [`${WATCH}&resourceVersion=x`, /^HTTP\/1\.1 400 Bad Request/],
    ['/healthz', /^HTTP\/1\.1 200 OK[\s\S]+\r\n\r\nok$/],
  ] as const) {
    using client = await rawClient(server.port);
    client.send(`GET ${path} HTTP/1.1\r\n${HANDSHAKE}`);
    assert.match(await client.closed(), expected);
  }
  using other = await rawClient(server.port);
  other.send(`GET ${WATCH}&timeoutSeconds=1 HTTP/1.1\r\n${HANDSHAKE.replace('websocket', 'h2c')}`);
  assert.match(await other.closed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]+Connection: close\r\n\r\n\{"type":"ADDED"[\s\S]+\}\n$/);
});
