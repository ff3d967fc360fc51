import assert from 'node:assert/strict';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { gunzipSync, gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { memoryPkiFiles } from '../pki/pki-files.ts';
import { openPki } from '../pki/pki.ts';
import { rawClient } from '../testing/raw-client.ts';
import { serveSpdyEcho } from '../testing/spdy-kubelet.ts';
import { type TestServer, openTestServer } from '../testing/test-server.ts';
import type { DialTarget } from './dial.ts';

const { signal } = new AbortController();
const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
const PODS = '/api/v1/namespaces/default/pods';
const dialled: DialTarget[] = [];
/** Requests for SPDY streams that reached the kubelet. */
const streamed: string[] = [];
let kubelet: HttpsServer;
let backend: HttpServer;
let cluster: TestServer;

/** Answers like a kubelet: logs, and an echo on upgraded connections. */
async function startKubelet(): Promise<HttpsServer> {
  const { serving } = pki.issueNode('n1', []);
  const server = createHttpsServer({ ...serving, ca: pki.caCert, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const user = (request.socket as TLSSocket).getPeerX509Certificate()!.subject;
    assert.match(user, /CN=kube-apiserver-kubelet-client/);
    if (request.url?.includes('/missing')) {
      response.writeHead(400).end('container not found');
      return;
    }
    response.write(`${request.method} ${request.url}\n`);
    setImmediate(() => response.end('second line\n'));
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.headers['x-stream-protocol-version'] !== undefined) {
      streamed.push(`${request.method} ${request.url} ${String(request.headers['x-stream-protocol-version'])} ${request.headers.authorization ?? 'none'}`);
      if (request.url?.includes('/two/b')) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone');
        return;
      }
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n');
      socket.on('error', () => socket.destroy());
      if (request.url?.startsWith('/exec')) serveSpdyEcho(socket, head);
      else socket.pipe(socket);
      return;
    }
    const protocol = request.headers['sec-websocket-protocol'] ?? request.headers.upgrade;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\nX-Url: ${request.url}\r\nX-Protocol: ${protocol}\r\nX-Secret: ${request.headers.authorization ?? 'none'}\r\n\r\n`);
    socket.write(head);
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function startBackend(): Promise<HttpServer> {
  const server = createHttpServer((request, response) => {
    if (request.url === '/elsewhere') {
      response.writeHead(302, { location: String(request.headers['x-to']) }).end();
      return;
    }
    if (request.url === '/page' || request.url === '/page.gz') {
      const zipped = request.url.endsWith('.gz');
      const html = Buffer.from('<a href="/next">next</a>');
      const body = zipped ? gzipSync(html) : html;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': body.length, ...(zipped ? { 'content-encoding': 'gzip' } : {}) });
      response.end(body);
      return;
    }
    if (request.url === '/redirect') {
      response.writeHead(302, { location: '/target?x=1' }).end();
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      response.setHeader('X-Backend', 'yes');
      response.end(JSON.stringify({ method: request.method, url: request.url, body: Buffer.concat(pieces).length, secret: request.headers.authorization ?? null, forwarded: request.headers['x-forwarded-uri'] }));
    });
  });
  server.on('upgrade', (request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Url: ${request.url}\r\nX-Secret: ${request.headers.authorization ?? 'none'}\r\n\r\n`);
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

before(async () => {
  kubelet = await startKubelet();
  backend = await startBackend();
  cluster = await openTestServer({
    pki,
    security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] },
    // Every address leads to the stand-ins: port 10250 to the kubelet, 8080 to the backend, others nowhere.
    dial: async (target) => {
      dialled.push(target);
      if (target.port !== 10_250 && target.port !== 8080) throw new Error(`dial tcp ${target.host}:${target.port}: connect: connection refused`);
      return connect({ host: '127.0.0.1', port: target.port === 10_250 ? portOf(kubelet) : portOf(backend) });
    },
  });
  const { admin } = cluster;
  await admin.of(nodes).create({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'n1' } }, {}, signal);
  const node = await admin.of(nodes).get('n1', signal);
  await admin.of(nodes).updateStatus({ ...node, status: { ...node.status, addresses: [{ type: 'InternalIP', address: '10.0.0.9' }] } } as typeof node, {}, signal);
  await admin.of(serviceAccounts).namespace('default').create({ kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'default' } }, {}, signal);
  const container = (name: string) => ({ name, image: 'x', ports: [{ containerPort: 8080 }] });
  await admin.of(pods).namespace('default').create({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'one' }, spec: { nodeName: 'n1', containers: [container('main')] } }, {}, signal);
  await admin.of(pods).namespace('default').create({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'two' }, spec: { nodeName: 'n1', containers: [container('a'), container('b')] } }, {}, signal);
  await admin.of(pods).namespace('default').create({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'waiting' }, spec: { containers: [container('main')] } }, {}, signal);
  const one = await admin.of(pods).namespace('default').get('one', signal);
  await admin.of(pods).namespace('default').updateStatus({ ...one, status: { ...one.status, podIP: '10.1.0.7', podIPs: [{ ip: '10.1.0.7' }] } } as typeof one, {}, signal);
  await admin.of(services).namespace('default').create({ kind: 'Service', apiVersion: 'v1', metadata: { name: 'web' }, spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }, {}, signal);
  await admin.of(endpointSlices).namespace('default').create(
    {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.1.0.7'], nodeName: 'n1', conditions: { ready: true } },
        { addresses: ['10.1.0.8'], conditions: { ready: false } },
      ],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    },
    {},
    signal,
  );
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
  kubelet.closeAllConnections();
  kubelet.close();
  backend.closeAllConnections();
  backend.close();
});

test('logs come from the kubelet', async () => {
  const log = await cluster.ask(`${PODS}/one/log?follow=true&tailLines=3&timestamps=1`, { token: 'root' });
  assert.equal(log.code, 200);
  assert.equal(log.headers['content-type'], 'text/plain');
  assert.equal(log.text, 'GET /containerLogs/default/one/main?follow=true&timestamps=true&tailLines=3\nsecond line\n');
  assert.deepEqual(dialled.at(-1), { node: 'n1', host: '10.0.0.9', port: 10_250 });
  assert.equal((await cluster.ask(`${PODS}/waiting/log`, { token: 'root' })).text, '');
  const inProcess = await cluster.admin.transport.request({ method: 'GET', path: `${PODS}/two/log`, query: { container: 'b' } }, signal);
  assert.equal(inProcess, 'GET /containerLogs/default/two/b\nsecond line\n');
});

test('bad log requests are refused with the usual words', async () => {
  const message = async (query: string, pod = 'two'): Promise<string> => (await cluster.ask(`${PODS}/${pod}/log${query}`, { token: 'root' })).json().message;
  assert.equal(await message(''), 'a container name must be specified for pod two, choose one of: [a b]');
  assert.equal(await message('?container=c'), 'container c is not valid for pod two');
  assert.equal(await message('?tailLines=-1', 'one'), 'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0');
  assert.match(await message('?tailLines=x', 'one'), /strconv\.ParseInt: parsing "x": invalid syntax/);
});

async function upgrade(path: string, headers: string): Promise<string> {
  using client = await rawClient(cluster.port);
  client.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\nConnection: Upgrade\r\n${headers}\r\n\r\n`);
  await client.until((text) => text.includes('\r\n\r\n'));
  if (!client.received().startsWith('HTTP/1.1 101')) return client.closed();
  client.send('hello');
  await client.until((text) => text.includes('echo hello'));
  client.socket.end();
  return client.closed();
}

test('exec, attach and port-forward join the client with the kubelet', async () => {
  const exec = await upgrade(`${PODS}/one/exec?command=ls&command=-l&stdin=true&stdout=true&tty=true`, 'Upgrade: SPDY/3.1');
  assert.match(exec, /X-Url: \/exec\/default\/one\/main\?input=1&output=1&tty=1&command=ls&command=-l\r\n/);
  assert.match(exec, /X-Secret: none/, 'the credentials of the client stay here');
  assert.match(exec, /echo hello$/);
  assert.match(await upgrade(`${PODS}/two/attach?container=b&stdin=1&stderr=1`, 'Upgrade: SPDY/3.1'), /X-Url: \/attach\/default\/two\/b\?input=1&error=1\r\n/);
  assert.match(await upgrade(`${PODS}/one/portforward`, 'Upgrade: SPDY/3.1'), /X-Url: \/portForward\/default\/one\r\n/);
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('root').toString('base64url')}`;
  const socket = await upgrade(`${PODS}/one/exec?command=id`, `Upgrade: websocket\r\nSec-WebSocket-Protocol: base64.channel.k8s.io, ${token}`);
  assert.match(socket, /X-Protocol: base64\.channel\.k8s\.io\r\n/, 'the token among the protocols stays here too');
});

/** A WebSocket as `root`; `next` answers messages in order, then how it closed. */
async function openSocket(path: string, protocols: readonly string[]) {
  const socket = new WebSocket(`wss://127.0.0.1:${cluster.port}${path}`, [...protocols], { rejectUnauthorized: false, headers: { authorization: 'Bearer root' } });
  const seen: string[] = [];
  let wake = (): void => {};
  const push = (text: string): void => {
    seen.push(text);
    wake();
  };
  socket.on('message', (message: Buffer) => push(`${message[0]}:${message.subarray(1).toString()}`));
  socket.on('close', (code) => push(`closed ${code}`));
  await new Promise<void>((resolve, reject) => void socket.once('open', resolve).once('error', reject));
  const next = async (): Promise<string> => {
    while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return seen.shift()!;
  };
  return { socket, next };
}

test('exec over WebSocket channels becomes SPDY streams, whose standard input can end alone', async () => {
  const { socket, next } = await openSocket(`${PODS}/one/exec?command=cat&stdin=true&stdout=true&stderr=true&container=main`, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  assert.equal(socket.protocol, 'v5.channel.k8s.io');
  socket.send(Buffer.from('\0hello'));
  socket.send(Buffer.from([255, 0]));
  const seen = [];
  for (let message = await next(); ; message = await next()) {
    seen.push(message);
    if (message.startsWith('closed')) break;
  }
  assert.deepEqual(seen, ['1:', '1:hello', '3:{"metadata":{},"status":"Success"}', '2:bye', 'closed 1000']);
  assert.equal(streamed.at(-1), 'POST /exec/default/one/main?input=1&output=1&error=1&command=cat v4.channel.k8s.io none');
});

test('logs over WebSocket are messages that end with the log', async () => {
  const read = async (path: string, protocols: readonly string[]) => {
    const socket = new WebSocket(`wss://127.0.0.1:${cluster.port}${path}`, [...protocols], { rejectUnauthorized: false, headers: { authorization: 'Bearer root' } });
    const messages: { readonly text: string; readonly isBinary: boolean }[] = [];
    socket.on('message', (message: Buffer, isBinary) => void messages.push({ text: message.toString(), isBinary }));
    const code = await new Promise<number>((resolve, reject) => void socket.once('close', resolve).once('error', reject));
    return { code, protocol: socket.protocol, first: messages[0], text: messages.slice(1).map(({ text }) => (protocols[0]?.startsWith('base64') ? Buffer.from(text, 'base64').toString() : text)).join(''), isBinary: messages.at(-1)?.isBinary };
  };
  const text = 'GET /containerLogs/default/one/main\nsecond line\n';
  assert.deepEqual(await read(`${PODS}/one/log`, ['binary.k8s.io']), { code: 1000, protocol: 'binary.k8s.io', first: { text: '', isBinary: true }, text, isBinary: true });
  assert.deepEqual(await read(`${PODS}/one/log`, ['base64.binary.k8s.io']), { code: 1000, protocol: 'base64.binary.k8s.io', first: { text: '', isBinary: false }, text, isBinary: false });
  assert.equal((await read(`${PODS}/one/log`, [])).text, text);
  assert.equal((await read(`${PODS}/waiting/log`, ['binary.k8s.io'])).text, '');
  await assert.rejects(read(`${PODS}/one/log`, ['channel.k8s.io']), /400/);
});

test('a terminal has no standard error and can be resized', async () => {
  const { socket, next } = await openSocket(`${PODS}/one/exec?command=sh&stdin=true&stdout=true&stderr=true&tty=true`, ['v4.channel.k8s.io']);
  assert.equal(await next(), '1:');
  socket.send(Buffer.from('\x04{"Width":80,"Height":24}'));
  assert.equal(await next(), '1:resized {"Width":80,"Height":24}');
  socket.close();
  assert.match(await next(), /^closed/);
});

test('a kubelet that refuses is quoted in the status', async () => {
  const { next } = await openSocket(`${PODS}/two/exec?command=sh&container=b`, ['v5.channel.k8s.io']);
  const status = JSON.parse((await next()).slice(2)) as { message: string; code: number };
  assert.deepEqual([status.code, status.message], [500, 'Internal error occurred: unable to upgrade connection: gone']);
  assert.equal(await next(), 'closed 1000');
});

test('port-forward is tunnelled byte for byte', async () => {
  const { socket, next } = await openTunnel(`${PODS}/one/portforward`);
  socket.send(Buffer.from('ping'));
  assert.equal(await next(), 'ping');
  socket.close();
  assert.equal(streamed.at(-1), 'POST /portForward/default/one portforward.k8s.io none');
});

/** The library refuses to offer a name with a slash, so the handshake is done by hand and checked for its answer. */
async function openTunnel(path: string) {
  const socket = new WebSocket(`wss://127.0.0.1:${cluster.port}${path}`, {
    rejectUnauthorized: false,
    headers: { authorization: 'Bearer root', 'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io' },
    finishRequest(request) {
      request.on('upgrade', (answer) => {
        assert.equal(answer.headers['sec-websocket-protocol'], 'SPDY/3.1+portforward.k8s.io');
        // It did not ask for one, so it must not see one.
        delete answer.headers['sec-websocket-protocol'];
      });
      const listeners = request.listeners('upgrade');
      request.removeAllListeners('upgrade');
      for (const one of listeners.toReversed()) request.on('upgrade', one as () => void);
      request.end();
    },
  });
  await new Promise<void>((resolve, reject) => void socket.once('open', resolve).once('error', reject));
  const next = (): Promise<string> => new Promise((resolve) => socket.once('message', (message: Buffer) => resolve(message.toString())));
  return { socket, next };
}

test('streams that cannot be are refused in time', async () => {
  assert.match(await upgrade(`${PODS}/waiting/exec?command=ls`, 'Upgrade: SPDY/3.1'), /^HTTP\/1\.1 400 [\s\S]+pod waiting does not have a host assigned/);
  assert.match(await upgrade(`${PODS}/none/exec?command=ls`, 'Upgrade: SPDY/3.1'), /^HTTP\/1\.1 404 /);
  const plain = await cluster.ask(`${PODS}/one/exec?command=ls`, { token: 'root', method: 'POST' });
  assert.equal(plain.code, 400);
  assert.equal(plain.json().message, 'Upgrade request required');
});

test('pods, services and nodes are proxied to, with any method and body', async () => {
  const pod = await cluster.ask(`${PODS}/one/proxy/a/b%2Fc?q=1`, { token: 'root', method: 'PUT', body: 'x'.repeat(200_000) });
  assert.equal(pod.headers['x-backend'], 'yes');
  assert.deepEqual(pod.json(), { method: 'PUT', url: '/a/b%2Fc?q=1', body: 200_000, secret: null, forwarded: '/api/v1/namespaces/default/pods/one/proxy/a/b/c' });
  const service = await cluster.ask('/api/v1/namespaces/default/services/http:web:http/proxy/', { token: 'root' });
  assert.equal(service.json<{ url: string }>().url, '/');
  assert.deepEqual(dialled.at(-1), { node: 'n1', host: '10.1.0.7', port: 8080 });
  assert.equal((await cluster.ask('/api/v1/nodes/n1/proxy/metrics', { token: 'root' })).text, 'GET /metrics\nsecond line\n');
  const redirect = await cluster.ask(`${PODS}/one/proxy/redirect`, { token: 'root' });
  assert.equal(redirect.headers.location, '/api/v1/namespaces/default/pods/one/proxy/target?x=1');
  const location = async (to: string): Promise<unknown> => (await cluster.ask(`${PODS}/one/proxy/elsewhere`, { token: 'root', headers: { 'x-to': to } })).headers.location;
  assert.equal(await location('http://10.1.0.7:8080/a?b#c'), `${PODS}/one/proxy/a?b#c`, 'the backend by its address');
  assert.equal(await location('https://example.com/a'), 'https://example.com/a');
  assert.equal(await location('//example.com/a'), '//example.com/a');
  assert.equal(await location('next'), 'next');
  const root = await cluster.ask(`${PODS}/one/proxy`, { token: 'root' });
  assert.equal(root.code, 301);
  assert.equal(root.headers.location, '/api/v1/namespaces/default/pods/one/proxy/');
});

test('links of proxied pages stay inside the proxy', async () => {
  const expected = `<a href="${PODS}/one/proxy/next">next</a>`;
  assert.equal((await cluster.ask(`${PODS}/one/proxy/page`, { token: 'root' })).text, expected);
  assert.equal(gunzipSync(await cluster.askBytes(`${PODS}/one/proxy/page.gz`, { token: 'root' })).toString(), expected);
});

test('connections are upgraded through the proxies', async () => {
  for (const path of [`${PODS}/one/proxy/ws?x=1`, '/api/v1/namespaces/default/services/web:http/proxy/ws?x=1']) {
    const text = await upgrade(path, 'Upgrade: websocket');
    assert.match(text, /X-Url: \/ws\?x=1\r\nX-Secret: none\r\n[\s\S]+echo hello$/);
  }
});

test('what cannot be reached is said so', async () => {
  const refused = await cluster.ask(`${PODS}/one:81/proxy/`, { token: 'root' });
  assert.equal(refused.code, 503);
  assert.equal(refused.json().message, 'error trying to reach service: dial tcp 10.1.0.7:81: connect: connection refused');
  assert.equal((await cluster.ask('/api/v1/namespaces/default/services/web:nope/proxy/', { token: 'root' })).json().message, 'no service port "nope" found for service "web"');
  assert.equal((await cluster.ask('/api/v1/nodes/none/proxy/', { token: 'root' })).json().message, 'nodes "none" not found');
});
