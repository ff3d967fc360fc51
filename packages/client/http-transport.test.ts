import assert from 'node:assert/strict';
import { createSecureServer } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { createMetrics } from '#base/metrics.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { isReason } from '#machinery/status.ts';
import { createClient } from './api.ts';
import { fixedToken } from './bearer-token.ts';
import { openHttpTransport } from './http-transport.ts';
import { openHttp2Wire } from './http2-wire.ts';
import { ClientMetrics } from './request-metrics.ts';
import { LOCALHOST_CERT, LOCALHOST_KEY } from './testing/localhost-certificate.ts';

const never = new AbortController().signal;

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

async function secure(t: TestContext, handler: Handler) {
  const server = createSecureServer({ cert: LOCALHOST_CERT, key: LOCALHOST_KEY, allowHTTP1: true }, handler);
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => void sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const transport = openHttpTransport({ server: url, ca: LOCALHOST_CERT, token: fixedToken('secret'), userAgent: 'test', clock: systemClock, timeoutMs: 300 });
  t.after(async () => {
    await transport[Symbol.asyncDispose]();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { url, client: createClient(transport), transport, dropAll: () => sessions.forEach((session) => session.destroy()) };
}

test('requests carry the token, bodies and queries; failures are StatusErrors', async (t) => {
  const seen: string[] = [];
  const { client } = await secure(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type'] ?? ''}`);
    if (request.url.endsWith('/missing')) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', reason: 'NotFound', code: 404, message: 'configmaps "missing" not found' }));
    } else if (request.url.endsWith('/busy')) {
      response.writeHead(429, { 'retry-after': '3' });
      response.end('too many');
    } else {
      response.setHeader('content-type', 'application/json');
      request.pipe(response as never);
    }
  });
  const maps = client.of(configMaps).namespace('default');
  const created = await maps.create({ metadata: { name: 'a' } }, { fieldManager: 'x' }, never);
  assert.equal(created.metadata.name, 'a');
  await maps.patch('a', { type: 'strategic', body: { data: { a: '1' } } }, {}, never);
  await assert.rejects(maps.get('missing', never), (error) => isReason(error, 'NotFound') && error.message === 'configmaps "missing" not found');
  await assert.rejects(maps.get('busy', never), (error) => isReason(error, 'TooManyRequests') && error.details?.retryAfterSeconds === 3);
  assert.equal(seen[0], 'POST /api/v1/namespaces/default/configmaps?fieldManager=x Bearer secret application/json');
  assert.match(seen[1]!, /strategic-merge-patch/);
});

test('watches stream events, whatever the pieces they arrive in, and end with the server', async (t) => {
  const lines = ['a', 'ü', 'c'].map((name) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`).join('');
  const { client } = await secure(t, (request, response) => {
    assert.match(request.url, /watch=1/);
    const bytes = Buffer.from(lines);
    void (async () => {
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      response.end();
    })();
  });
  const names: (string | undefined)[] = [];
  for await (const batch of client.of(configMaps).watch({}, never)) for (const event of batch) names.push('metadata' in event.object ? (event.object.metadata as { name?: string }).name : '');
  assert.deepEqual(names, ['a', 'ü', 'c']);
});

test('an abort ends a watch; a broken connection is a ServiceUnavailable and the next request connects again', async (t) => {
  const { client, dropAll } = await secure(t, (request, response) => {
    if (request.url.includes('watch')) response.write('\n');
    else response.end('{"metadata":{}}');
  });
  const abort = new AbortController();
  const watching = (async () => {
    for await (const _ of client.of(configMaps).watch({}, abort.signal)) assert.fail();
  })();
  await client.of(configMaps).namespace('x').get('y', never);
  abort.abort(new Error('enough'));
  await assert.rejects(watching, /enough/);
  const second = (async () => {
    for await (const _ of client.of(configMaps).watch({}, never)) assert.fail();
  })();
  const failed = assert.rejects(second, (error) => isReason(error, 'ServiceUnavailable'));
  await client.of(configMaps).namespace('x').get('y', never);
  dropAll();
  await failed;
  assert.deepEqual(await client.of(configMaps).namespace('x').get('y', never), { metadata: {} });
});

test('a server that never answers is a Timeout, one that is not there a ServiceUnavailable', async (t) => {
  const { client } = await secure(t, () => {});
  await assert.rejects(client.of(configMaps).namespace('x').get('y', never), (error) => isReason(error, 'Timeout'));
  const away = openHttpTransport({ server: new URL('https://127.0.0.1:1'), userAgent: 'test', clock: systemClock });
  await assert.rejects(createClient(away).of(configMaps).namespace('x').get('y', never), (error) => isReason(error, 'ServiceUnavailable'));
  await away[Symbol.asyncDispose]();
});

test('plain http servers are reached over HTTP/1.1', async (t) => {
  const server = createServer((_request, response) => response.end('{"metadata":{"name":"plain"}}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = openHttpTransport({ server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`), userAgent: 'test', clock: systemClock });
  t.after(async () => {
    await transport[Symbol.asyncDispose]();
    server.close();
  });
  assert.equal((await createClient(transport).of(configMaps).namespace('x').get('y', never)).metadata.name, 'plain');
});

test('a response whose stream is closed before anybody reads it is whole', async (t) => {
  const server = createSecureServer({ cert: LOCALHOST_CERT, key: LOCALHOST_KEY }, (_, response) => void response.end('all of it'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire = openHttp2Wire({ server: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), ca: LOCALHOST_CERT }, systemClock);
  t.after(async () => {
    await wire[Symbol.asyncDispose]();
    server.close();
  });
  const response = await wire.send({ method: 'POST', path: '/', headers: {}, body: Buffer.from('{}') }, never);
  // A second answer on the same connection comes after the end of the first.
  const second = await wire.send({ method: 'GET', path: '/', headers: {} }, never);
  for (const { body } of [second, response]) {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    assert.equal(Buffer.concat(pieces).toString(), 'all of it');
  }
});

test('requests are counted, also those without an answer, whichever client makes them', async (t) => {
  const { url, dropAll } = await secure(t, (request, response) => {
    if (request.url.endsWith('/gone')) dropAll();
    else response.writeHead(request.method === 'POST' ? 201 : 404, { 'content-type': 'application/json' }).end(request.method === 'POST' ? '{}' : '');
  });
  const registry = createMetrics();
  const metrics = new ClientMetrics(registry, systemClock);
  for (let i = 0; i < 2; i++) {
    await using transport = openHttpTransport({ server: url, ca: LOCALHOST_CERT, userAgent: 'test', clock: systemClock, metrics });
    const maps = createClient(transport).of(configMaps).namespace('default');
    await maps.create({ metadata: { name: 'a' } }, {}, never);
    await assert.rejects(maps.get('missing', never));
    await assert.rejects(maps.get('gone', never));
  }
  const text = registry.text();
  for (const line of [
    `rest_client_requests_total{code="201",host="${url.host}",method="POST"} 2`,
    `rest_client_requests_total{code="404",host="${url.host}",method="GET"} 2`,
    `rest_client_requests_total{code="<error>",host="${url.host}",method="GET"} 2`,
    `rest_client_request_duration_seconds_count{host="${url.host}",verb="GET"} 4`,
    `rest_client_request_size_bytes_bucket{host="${url.host}",verb="POST",le="256"} 2`,
  ])
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
});
