import assert from 'node:assert/strict';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { probeGrpc, probeHttp, probeTcp } from './network.ts';
import { resolvePort } from './run-probe.ts';

const { signal } = new AbortController();
const AGENT = 'kube-probe/1.36';
const PROBER = { userAgent: AGENT, clock: systemClock };

async function listening(server: Pick<Server, 'listen' | 'address' | 'close'>): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const host = '127.0.0.1';

describe('network probes', () => {
  it('over HTTP', async () => {
    const server = createHttp((request, response) => {
      const path = request.url ?? '';
      if (path === '/redirect') response.writeHead(302, { Location: '/ok?x=1' }).end();
      else if (path === '/away') response.writeHead(302, { Location: 'http://example.invalid/' }).end('gone');
      else if (path === '/unchanged') response.writeHead(304).end();
      else if (path === '/ok?x=1') response.end(`${request.headers['user-agent']} ${String(request.headers['x-probe'])} ${request.headers.host}`);
      else response.writeHead(503).end('busy');
    });
    await using at = await listening(server);
    const probe = (path: string) => probeHttp({ host, port: at.port }, { path, port: at.port, httpHeaders: [{ name: 'X-Probe', value: 'yes' }, { name: 'Host', value: 'virtual' }] }, AGENT, signal);
    assert.deepEqual(await probe('/ok?x=1'), { outcome: 'success', output: `${AGENT} yes virtual` });
    assert.deepEqual(await probe('/redirect'), { outcome: 'success', output: `${AGENT} yes virtual` });
    assert.deepEqual(await probe('/away'), { outcome: 'success', output: 'Probe terminated redirects, Response body: gone', warns: true });
    assert.deepEqual(await probe('/unchanged'), { outcome: 'success', output: 'Probe terminated redirects, Response body: ', warns: true });
    assert.deepEqual(await probe('/other'), { outcome: 'failure', output: 'HTTP probe failed with statuscode: 503' });
  });

  it('to a port where nobody listens', async () => {
    const { port } = await (async () => {
      await using at = await listening(createTcp());
      return at;
    })();
    assert.deepEqual(await probeTcp({ host, port }, signal), { outcome: 'failure', output: `dial tcp 127.0.0.1:${port}: connect: connection refused` });
    assert.deepEqual(await probeHttp({ host, port }, { port }, AGENT, signal), { outcome: 'failure', output: `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused` });
    const refused = `error: failed to connect service "127.0.0.1:${port}": dial tcp 127.0.0.1:${port}: connect: connection refused`;
    assert.deepEqual(await probeGrpc({ host, port }, '', PROBER, signal), { outcome: 'failure', output: refused });
  });

  it('over TCP', async () => {
    await using at = await listening(createTcp());
    assert.deepEqual(await probeTcp({ host, port: at.port }, signal), { outcome: 'success', output: '' });
  });

  it('give up in time', async () => {
    const sockets: { destroy(): void }[] = [];
    await using at = await listening(createTcp((socket) => sockets.push(socket)));
    const { outcome, output } = await probeHttp({ host, port: at.port }, { port: at.port }, AGENT, AbortSignal.timeout(50));
    assert.equal(outcome, 'failure');
    assert.match(output, /context deadline exceeded/);
    for (const socket of sockets) socket.destroy();
  });

  it('over gRPC', async () => {
    const server = createHttp2();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => stream.destroy());
      stream.on('data', (chunk: Buffer) => {
        const service = chunk.subarray(7).toString();
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': headers[':path'] === '/grpc.health.v1.Health/Check' && service !== 'unknown' ? '0' : '5' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === 'down' ? 2 : 1]));
      });
    });
    await using at = await listening(server as unknown as Server);
    const target = { host, port: at.port };
    assert.deepEqual(await probeGrpc(target, '', PROBER, signal), { outcome: 'success', output: 'service healthy' });
    assert.deepEqual(await probeGrpc(target, 'down', PROBER, signal), { outcome: 'failure', output: 'service unhealthy (responded with "NOT_SERVING")' });
    assert.deepEqual(await probeGrpc(target, 'unknown', PROBER, signal), { outcome: 'failure', output: 'error: health rpc probe failed: rpc error: code = NotFound desc = ' });
  });

  it('find ports by name', () => {
    const container: Container = { name: 'c', resources: {}, ports: [{ name: 'http', containerPort: 8080 }] };
    assert.equal(resolvePort(container, 'http'), 8080);
    assert.equal(resolvePort(container, 9), 9);
    assert.equal(resolvePort(container, '9'), 9);
    assert.throws(() => resolvePort(container, 'none'), /couldn't find port: "none" in container "c"/);
  });
});
