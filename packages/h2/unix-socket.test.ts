/**
 * Calls over unix sockets: to Node's own server, which shares no code with the client.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { GrpcClient } from './grpc-client.ts';
import { DEADLINE_EXCEEDED, GrpcError, UNAVAILABLE, UNIMPLEMENTED } from './grpc-error.ts';
import { message, text } from './proto.ts';
import { method, openGrpcServer } from './testing/grpc-server.ts';

const words = message({ words: text(1) });
const echo = { path: '/s/Echo', request: words, response: words };
const hangs = { path: '/s/Hangs', request: words, response: words };

const open = (path: string, clock = systemClock): GrpcClient => new GrpcClient({ endpoint: `unix:${path}`, maxMessageBytes: 1 << 20, clock });

const say = async (client: GrpcClient, said: string): Promise<string> => words.decode(await client.unary(echo.path, words.encode({ words: said }), 0)).words;

/** A server in a directory of its own; `asked` is called when a call hangs. */
async function withServer(run: (path: string, serve: () => Promise<AsyncDisposable>) => Promise<void>, asked = (): void => {}): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'grpc-'));
  try {
    for (const length of [1, 150]) {
      const directory = join(root, 'd'.repeat(length));
      mkdirSync(directory);
      const path = join(directory, 'socket');
      const methods = [
        method(echo, ({ words: said }) => ({ words: `${said}!` })),
        method(hangs, () => {
          asked();
          return new Promise<never>(() => {});
        }),
      ];
      await run(path, () => openGrpcServer(path, methods));
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('calls reach sockets however long their path is, and find a server that came back', () =>
  withServer(async (path, serve) => {
    using client = open(path);
    const fails = (error: unknown): boolean => error instanceof GrpcError && error.code === UNAVAILABLE && error.notSent;
    await assert.rejects(say(client, 'nobody'), fails);
    {
      await using _server = await serve();
      assert.equal(await say(client, 'hello'), 'hello!');
      await assert.rejects(client.unary('/s/Other', words.encode({}), 0), (error) => error instanceof GrpcError && error.code === UNIMPLEMENTED);
    }
    await assert.rejects(say(client, 'gone'), (error) => error instanceof GrpcError && error.code === UNAVAILABLE);
    await using _server = await serve();
    assert.equal(await say(client, 'again'), 'again!');
  }));

test('a call ends when its signal says so, with its reason; others on the connection go on', async () => {
  let asked = Promise.withResolvers<void>();
  await withServer(
    async (path, serve) => {
      await using _server = await serve();
      using client = open(path);
      const stop = new AbortController();
      asked = Promise.withResolvers();
      const waiting = client.unary(hangs.path, words.encode({}), 0, stop.signal);
      const beside = client.unary(hangs.path, words.encode({}), 0);
      beside.catch(() => {});
      await asked.promise;
      const reason = new Error('enough');
      stop.abort(reason);
      await assert.rejects(waiting, reason);
      assert.equal(await say(client, 'still there'), 'still there!');
      await assert.rejects(client.unary(echo.path, words.encode({}), 0, stop.signal), reason);
    },
    () => asked.resolve(),
  );
});

test('a call ends after its time; silence of a server on this machine ends nothing else', async () => {
  let asked = Promise.withResolvers<void>();
  await withServer(
    async (path, serve) => {
      await using _server = await serve();
      const clock = new SimClock();
      using client = open(path, clock);
      asked = Promise.withResolvers();
      let ended = false;
      const patient = client.unary(hangs.path, words.encode({}), 0).finally(() => (ended = true));
      patient.catch(() => {});
      await asked.promise;
      asked = Promise.withResolvers();
      const limited = client.unary(hangs.path, words.encode({}), 3_600_000);
      const timedOut = assert.rejects(limited, (error) => error instanceof GrpcError && error.code === DEADLINE_EXCEEDED && error.details === 'context deadline exceeded');
      await asked.promise;
      await clock.advance(3_600_000);
      await timedOut;
      assert.equal(await say(client, 'still there'), 'still there!');
      assert.equal(ended, false);
    },
    () => asked.resolve(),
  );
});
