import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { createClient } from './api.ts';
import { runWithLease } from './leader-election.ts';
import { MemoryTransport } from './testing/memory-transport.ts';

const never = new AbortController().signal;

function setup() {
  const transport = new MemoryTransport();
  const client = createClient(transport);
  const clock = new SimClock();
  const log: string[] = [];
  const start = (identity: string, seed: number) => {
    const stop = new AbortController();
    const done = runWithLease(
      { client, namespace: 'kube-system', name: 'x', identity, clock, random: seededRandom(seed), log: silentLogger },
      async (signal) => {
        log.push(`+${identity}`);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        log.push(`-${identity}`);
      },
      stop.signal,
    ).catch((error: unknown) => log.push(String(error)));
    return { stop, done };
  };
  const lease = () => client.of(leases).namespace('kube-system').get('x', never);
  return { transport, clock, log, start, lease };
}

test('one leads; when it leaves, the next follows at once', async () => {
  const { clock, log, start, lease } = setup();
  const a = start('a', 1);
  await clock.advance(1000);
  const b = start('b', 2);
  await clock.advance(60_000);
  assert.deepEqual(log, ['+a']);
  assert.equal((await lease()).spec.leaseDurationSeconds, 15);
  a.stop.abort();
  await a.done;
  assert.equal((await lease()).spec.holderIdentity, '');
  await clock.advance(5_000);
  assert.deepEqual(log, ['+a', '-a', '+b']);
  assert.equal((await lease()).spec.leaseTransitions, 1);
  b.stop.abort();
  await b.done;
});

test('a leader that cannot renew stops before another takes over', async () => {
  const { transport, clock, log, start } = setup();
  const a = start('a', 1);
  await clock.advance(1000);
  transport.failNext = 5;
  await clock.advance(13_000);
  await a.done;
  assert.deepEqual(log, ['+a', '-a', 'Error: leader election lost']);
  const b = start('b', 2);
  await clock.advance(10_000);
  assert.equal(log.includes('+b'), false, 'the lease has not run out as b has seen it');
  await clock.advance(20_000);
  assert.equal(log.at(-1), '+b');
  b.stop.abort();
  await b.done;
});
