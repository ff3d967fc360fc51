import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { runtimeEvents } from './events.ts';
import { openGrpcChannel } from '#grpc/channel.ts';

const { signal } = new AbortController();

const frame = (message: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);

interface Server extends AsyncDisposable {
  readonly path: string;
  /** Breaks every connection. */
  drop(): void;
}

async function serve(handle: (path: string, stream: ServerHttp2Stream) => void): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'grpc-'));
  const path = join(directory, 'socket');
  const server: Http2Server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    handle(headers[':path'] ?? '', stream);
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  const drop = (): void => sessions.forEach((session) => session.destroy());
  return {
    path,
    drop,
    async [Symbol.asyncDispose]() {
      drop();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true });
    },
  };
}

function answer(stream: ServerHttp2Stream, messages: readonly Buffer[], status = '0', text = ''): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': text }));
  for (const message of messages) stream.write(frame(message));
  stream.end();
}

describe('gRPC channel', () => {
  it('sends a message and answers one', async () => {
    await using server = await serve((path, stream) => {
      stream.on('data', (chunk: Buffer) => answer(stream, [Buffer.from(`${path} ${chunk.subarray(5).toString()}`)]));
    });
    await using channel = openGrpcChannel(server.path);
    assert.equal((await channel.unary('/s/M', Buffer.from('hello'), 1000, signal)).toString(), '/s/M hello');
  });

  it('turns statuses into errors that say so', async () => {
    await using server = await serve((path, stream) => {
      if (path === '/early') stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown%20service' }, { endStream: true });
      else answer(stream, [], '5', 'no such thing');
    });
    await using channel = openGrpcChannel(server.path);
    await assert.rejects(channel.unary('/late', Buffer.alloc(0), 0, signal), (error) => isReason(error, 'NotFound') && error.message === 'rpc error: code = NotFound desc = no such thing');
    await assert.rejects(channel.unary('/early', Buffer.alloc(0), 0, signal), (error) => isReason(error, 'MethodNotAllowed') && error.message.endsWith('unknown service'));
  });

  it('reports a server that is away, and finds it again', async () => {
    await using server = await serve((path, stream) => {
      if (path === '/hang') server.drop();
      else answer(stream, [Buffer.from('ok')]);
    });
    await using channel = openGrpcChannel(server.path);
    await assert.rejects(channel.unary('/hang', Buffer.alloc(0), 0, signal), (error) => isReason(error, 'ServiceUnavailable'));
    assert.equal((await channel.unary('/again', Buffer.alloc(0), 0, signal)).toString(), 'ok');
    await using nowhere = openGrpcChannel(`${server.path}.none`);
    await assert.rejects(nowhere.unary('/x', Buffer.alloc(0), 0, signal), (error) => isReason(error, 'ServiceUnavailable'));
  });

  it('yields what a stream brings, and ends with it', async () => {
    await using server = await serve((_path, stream) => answer(stream, [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]));
    await using channel = openGrpcChannel(server.path);
    const received: string[] = [];
    for await (const messages of channel.stream('/stream', Buffer.alloc(0), signal)) received.push(...messages.map(String));
    assert.deepEqual(received, ['a', 'b', 'c']);
  });

  it('lets go when told', async () => {
    await using server = await serve((_path, stream) => stream.respond({ ':status': 200 }));
    await using channel = openGrpcChannel(server.path);
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = channel.unary('/hang', Buffer.alloc(0), 0, stop.signal);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });

  it('joins messages that come in pieces', async () => {
    await using server = await serve((_path, stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      const framed = frame(Buffer.from('pieces'));
      stream.write(framed.subarray(0, 3));
      systemClock.after(5, () => {
        stream.write(framed.subarray(3, 7));
        systemClock.after(5, () => stream.end(framed.subarray(7)));
      });
    });
    await using channel = openGrpcChannel(server.path);
    assert.equal((await channel.unary('/x', Buffer.alloc(0), 0, signal)).toString(), 'pieces');
  });
});

describe('runtime events', () => {
  it('are polled for where the runtime serves none', async () => {
    const unimplemented = (): Promise<Server> => serve((_path, stream) => answer(stream, [], '12', 'unimplemented'));
    await using server = await unimplemented();
    await using channel = openGrpcChannel(server.path);
    const states = [new Map([['a', 'created']]), new Map([['a', 'running'], ['b', 'running']]), new Map([['b', 'exited']])];
    const stop = new AbortController();
    const seen: string[] = [];
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    const list = async () => {
      const now = states.shift();
      if (!now) throw new StatusError({ code: 503, reason: 'ServiceUnavailable', message: 'over' });
      return now;
    };
    await assert.rejects(async () => {
      for await (const events of runtimeEvents(channel, list, clock, stop.signal)) seen.push(...events.map(({ type, containerId }) => `${containerId} ${type}`));
    }, /over/);
    assert.deepEqual(seen, ['a started', 'b started', 'b exited', 'a deleted']);
  });
});
