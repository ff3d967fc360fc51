import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { GrpcClient } from '#h2/grpc-client.ts';
import { openGrpcServer } from '#h2/testing/grpc-server.ts';
import { StatusError } from '#machinery/status.ts';
import { runtimeEvents } from './events.ts';

describe('runtime events', () => {
  it('are polled for where the runtime serves none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'grpc-'));
    const socket = join(directory, 'socket');
    await using _server = await openGrpcServer(socket, []);
    using client = new GrpcClient({ endpoint: `unix:${socket}`, maxMessageBytes: 1 << 20, clock: systemClock });
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
      for await (const events of runtimeEvents(client, list, clock, stop.signal)) seen.push(...events.map(({ type, containerId }) => `${containerId} ${type}`));
    }, /over/);
    assert.deepEqual(seen, ['a started', 'b started', 'b exited', 'a deleted']);
    rmSync(directory, { recursive: true });
  });
});
