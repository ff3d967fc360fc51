/**
 * Declared calls against Node's own server.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { GrpcClient } from '#h2/grpc-client.ts';
import { message, text } from '#h2/proto.ts';
import { callerOf, listen } from './grpc-calls.ts';
import { isReason } from './status.ts';

const { signal } = new AbortController();
const words = message({ words: text(1) });
const call = (path: string) => ({ path, request: words, response: words });

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

const said = (text: string): Buffer => words.encode({ words: text });

const open = (path: string): GrpcClient => new GrpcClient({ endpoint: `unix:${path}`, maxMessageBytes: 1 << 20, clock: systemClock });

describe('declared calls', () => {
  it('turn statuses into errors that say so', async () => {
    await using server = await serve((path, stream) => {
      if (path === '/early') stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown%20service' }, { endStream: true });
      else answer(stream, [], '5', 'no such thing');
    });
    using client = open(server.path);
    const invoke = callerOf(client, 0);
    await assert.rejects(invoke(call('/late'), {}, signal), (error) => isReason(error, 'NotFound') && error.message === 'rpc error: code = NotFound desc = no such thing');
    await assert.rejects(invoke(call('/early'), {}, signal), (error) => isReason(error, 'MethodNotAllowed') && error.message.endsWith('unknown service'));
    await assert.rejects(callerOf(client, 1)(call('/late'), {}, AbortSignal.abort(new Error('enough'))), /enough/);
  });

  it('report a server that is away, and find it again', async () => {
    await using server = await serve((path, stream) => {
      if (path === '/hang') server.drop();
      else answer(stream, [said('ok')]);
    });
    using client = open(server.path);
    const invoke = callerOf(client, 0);
    await assert.rejects(invoke(call('/hang'), {}, signal), (error) => isReason(error, 'ServiceUnavailable'));
    assert.equal((await invoke(call('/again'), {}, signal)).words, 'ok');
    using nowhere = open(`${server.path}.none`);
    await assert.rejects(callerOf(nowhere, 0)(call('/x'), {}, signal), (error) => isReason(error, 'ServiceUnavailable'));
  });

  it('yield what a stream brings, and end with it', async () => {
    await using server = await serve((path, stream) => {
      // The request ends after its one message, or there is no answer.
      stream.resume();
      stream.on('end', () => answer(stream, [said('a'), said('b'), said('c')], path === '/fails' ? '14' : '0'));
    });
    using client = open(server.path);
    const received: string[] = [];
    for await (const messages of listen(client, call('/stream'), {}, signal)) received.push(...messages.map((one) => one.words));
    assert.deepEqual(received, ['a', 'b', 'c']);
    const failing = async (): Promise<void> => {
      for await (const messages of listen(client, call('/fails'), {}, signal)) assert.ok(messages.length > 0);
    };
    await assert.rejects(failing(), (error) => isReason(error, 'ServiceUnavailable'));
  });

  it('let go of streams when told, and when nobody reads on', async () => {
    const closed: string[] = [];
    let next = Promise.withResolvers<void>();
    await using server = await serve((path, stream) => {
      stream.respond({ ':status': 200 });
      stream.write(frame(said('first')));
      stream.on('close', () => {
        closed.push(path);
        next.resolve();
      });
    });
    using client = open(server.path);
    for await (const [first] of listen(client, call('/left'), {}, signal)) if (first?.words === 'first') break;
    await next.promise;
    next = Promise.withResolvers();
    const stop = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(async () => {
      for await (const _messages of listen(client, call('/stopped'), {}, stop.signal)) stop.abort(reason);
    }, reason);
    await next.promise;
    assert.deepEqual(closed, ['/left', '/stopped']);
  });
});
