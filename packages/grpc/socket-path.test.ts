import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { callerOf } from './calls.ts';
import { openGrpcChannel } from './channel.ts';
import { message, text } from './proto.ts';
import { method, openGrpcServer } from './testing/server.ts';

const words = message({ words: text(1) });
const echo = { path: '/s/Echo', request: words, response: words };

test('calls reach sockets however long their path is', async () => {
  const root = mkdtempSync(join(tmpdir(), 'grpc-'));
  for (const length of [1, 150]) {
    const directory = join(root, 'd'.repeat(length));
    mkdirSync(directory);
    const path = join(directory, 'socket');
    await using _server = await openGrpcServer(path, [method(echo, ({ words: said }) => ({ words: `${said}!` }))]);
    await using channel = openGrpcChannel(path);
    assert.deepEqual(await callerOf(channel, 1_000)(echo, { words: 'hello' }, new AbortController().signal), { words: 'hello!' });
  }
  rmSync(root, { recursive: true });
});
