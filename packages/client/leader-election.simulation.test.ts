/**
 * Several participants, servers that fail for some of them, ends and kills: never two that lead at the same time, and always one again before long.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { serviceUnavailable } from '#machinery/status.ts';
import { createClient } from './api.ts';
import { runWithLease } from './leader-election.ts';
import { MemoryTransport } from './testing/memory-transport.ts';

const SEEDS = 15;
const PARTICIPANTS = 3;
const STEPS = 40;
/** A leader that was cut off keeps its lease for 15 s, and others look every 2 to 4.4 s. */
const TAKEOVER_MS = 20_000;

interface Participant {
  readonly name: string;
  cutOff: boolean;
  stop: AbortController;
  done: Promise<unknown>;
}

async function simulate(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const clock = new SimClock();
  const server = new MemoryTransport();
  const leading = new Set<string>();
  const faults: string[] = [];
  const start = (name: string, generation: number): Participant => {
    const participant: Participant = { name, cutOff: false, stop: new AbortController(), done: Promise.resolve() };
    const client = createClient({
      request: (request, signal) => (participant.cutOff ? Promise.reject(serviceUnavailable('connection refused')) : server.request(request, signal)),
      watch: (request, signal) => server.watch(request, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
    const options = { client, namespace: 'kube-system', name: 'x', identity: `${name}-${generation}`, clock, random: seededRandom(seed * 100 + generation), log: silentLogger };
    const lead = async (signal: AbortSignal): Promise<void> => {
      leading.add(name);
      if (leading.size > 1) faults.push([...leading].join(' and '));
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      leading.delete(name);
    };
    participant.done = runWithLease(options, lead, participant.stop.signal).catch(() => undefined);
    return participant;
  };
  let generation = 0;
  const all = Array.from({ length: PARTICIPANTS }, (_, i) => start(`p${i}`, generation++));
  for (let step = 0; step < STEPS; step++) {
    const i = Math.floor(random.next() * PARTICIPANTS);
    const one = all[i]!;
    const what = random.next();
    if (what < 0.4) one.cutOff = !one.cutOff;
    else if (what < 0.6) {
      one.stop.abort();
      await clock.advance(11_000); // giving the lease up may fail for as long as renewing does
      all[i] = start(one.name, generation++);
    }
    await clock.advance(random.next() * 8_000);
    const reachable = all.some(({ cutOff }) => !cutOff);
    if (!reachable) all[0]!.cutOff = false;
  }
  for (const one of all) {
    one.cutOff = false;
    // Whoever lost leadership has ended: its supervisor starts it again.
    one.stop.abort();
  }
  await clock.advance(11_000);
  const last = all.map(({ name }) => start(name, generation++));
  await clock.advance(TAKEOVER_MS);
  assert.equal(leading.size, 1, `seed ${seed}: nobody leads`);
  for (const one of last) one.stop.abort();
  await clock.advance(1_000);
  assert.equal(leading.size, 0);
  assert.deepEqual(faults, [], `seed ${seed}`);
}

test('never two lead, and always one again', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await simulate(seed);
});
