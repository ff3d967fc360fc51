/**
 * The client against Node's own server, which shares no code with it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { GrpcClient } from './grpc-client.ts';
import { DEADLINE_EXCEEDED, GrpcError, UNAVAILABLE, UNKNOWN } from './grpc-error.ts';

const MAX_MESSAGE_BYTES = 64 << 20;
const TIMEOUT_MS = 10_000;

const openClient = (port: number): GrpcClient => new GrpcClient({ endpoint: `http://127.0.0.1:${port}`, maxMessageBytes: MAX_MESSAGE_BYTES, clock: systemClock });

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

async function bodyOf(stream: ServerHttp2Stream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function endWith(stream: ServerHttp2Stream, status: string, message: string, body?: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': message }));
  stream.end(body);
}

/** What the server does by path. */
const ANSWERS: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  '/echo': (stream) => void bodyOf(stream).then((body) => endWith(stream, '0', '', body)),
  '/fails': (stream) => endWith(stream, '14', encodeURIComponent('etcdserver: no leader – yet')),
  '/silent': () => {},
  '/resets': (stream) => stream.close(2),
  '/refuses': (stream) => stream.close(7),
  '/teapot': (stream) => stream.respond({ ':status': 418 }, { endStream: true }),
  '/goes': (stream) => {
    endWith(stream, '0', '', framed(Buffer.from('last')));
    stream.session!.close();
  },
  '/counts': (stream) => {
    stream.respond({ ':status': 200 });
    for (let i = 0; i < 500; i++) stream.write(framed(Buffer.alloc(16_000, i & 0xff)));
  },
};

describe('calls', () => {
  const server = createServer({ settings: { initialWindowSize: 70_000 } });
  const sessions = new Set<ServerHttp2Session>();
  let port = 0;
  let client: GrpcClient;
  before(async () => {
    server.on('session', (session) => {
      sessions.add(session);
      session.on('close', () => sessions.delete(session));
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      ANSWERS[String(headers[':path'])]!(stream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    client = openClient(port);
  });
  after(async () => {
    client[Symbol.dispose]();
    server.close();
    await once(server, 'close');
  });

  test('messages come back as they went, small and larger than every window, many at once', async () => {
    const sizes = [0, 1, 1_500, 16_379, 70_000, 3_000_000, 20_000_000, 5];
    const answers = await Promise.all(sizes.map((size, i) => client.unary('/echo', Buffer.alloc(size, i + 1), TIMEOUT_MS)));
    answers.forEach((answer, i) => assert.ok(answer.equals(Buffer.alloc(sizes[i]!, i + 1)), `${sizes[i]} bytes`));
    for (let i = 0; i < 2_000; i++) assert.equal((await client.unary('/echo', Buffer.from(String(i)), TIMEOUT_MS)).toString(), String(i));
    assert.equal(sessions.size, 1);
  });

  test('failures are told with their status', async () => {
    const failing = async (path: string, timeoutMs = TIMEOUT_MS): Promise<Partial<GrpcError>> => {
      const error = await client.unary(path, Buffer.alloc(0), timeoutMs).then(() => undefined, (reason: unknown) => reason);
      assert.ok(error instanceof GrpcError, path);
      return { code: error.code, details: error.details, notSent: error.notSent };
    };
    assert.deepEqual(await failing('/fails'), { code: UNAVAILABLE, details: 'etcdserver: no leader – yet', notSent: false });
    assert.deepEqual(await failing('/resets'), { code: UNAVAILABLE, details: 'the peer reset the stream with code 2', notSent: false });
    assert.deepEqual(await failing('/refuses'), { code: UNAVAILABLE, details: 'the peer reset the stream with code 7', notSent: true });
    assert.deepEqual(await failing('/teapot'), { code: UNKNOWN, details: 'the server answered with HTTP status 418', notSent: false });
    assert.deepEqual(await failing('/silent', 50), { code: DEADLINE_EXCEEDED, details: 'context deadline exceeded', notSent: false });
  });

  test('a server that says goodbye is called again on a new connection', async () => {
    assert.equal((await client.unary('/goes', Buffer.alloc(0), TIMEOUT_MS)).toString(), 'last');
    assert.equal((await client.unary('/echo', Buffer.from('again'), TIMEOUT_MS)).toString(), 'again');
  });

  test('a broken connection ends the calls on it, and is made again', async () => {
    const lost = client.unary('/silent', Buffer.alloc(0), TIMEOUT_MS);
    await assert.rejects(Promise.all([lost, once(server, 'stream').then(() => sessions.forEach((session) => session.destroy()))]), (error) => error instanceof GrpcError && error.code === UNAVAILABLE && !error.notSent);
    assert.equal((await client.unary('/echo', Buffer.from('again'), TIMEOUT_MS)).toString(), 'again');
  });

  test('a reader that pauses stops the server, and misses nothing', async () => {
    const done = Promise.withResolvers<void>();
    const paused = Promise.withResolvers<void>();
    let count = 0;
    const stream = client.stream('/counts', {
      message(message) {
        assert.equal(message[0], count & 0xff);
        count++;
        if (count === 50) {
          stream.pause(true);
          paused.resolve();
        }
        if (count === 500) done.resolve();
      },
      end: (error) => done.reject(error),
    });
    await paused.promise;
    const echoed = async (): Promise<number> => {
      for (let i = 0; i < 50; i++) await client.unary('/echo', Buffer.alloc(1_000), TIMEOUT_MS);
      return count;
    };
    const before = await echoed();
    assert.equal(await echoed(), before, 'the server went on');
    assert.ok(before < 500);
    stream.pause(false);
    await done.promise;
    stream.cancel();
  });
});

test('nobody there: certainly not sent; a server that speaks something else, or nothing, is given up', async () => {
  const tcp = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.resume();
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  using wrong = openClient(port);
  await assert.rejects(wrong.unary('/x', Buffer.alloc(0), TIMEOUT_MS), (error) => error instanceof GrpcError && /does not speak HTTP\/2/.test(error.details));
  tcp.close();
  await once(tcp, 'close');
  using nobody = openClient(port);
  await assert.rejects(nobody.unary('/x', Buffer.alloc(0), TIMEOUT_MS), (error) => error instanceof GrpcError && error.code === UNAVAILABLE && error.notSent && /ECONNREFUSED/.test(error.details));
});
