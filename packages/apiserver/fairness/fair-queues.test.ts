import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#base/clock.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { dealHand, flowHash } from './dealer.ts';
import { FairQueues, type QueuedRequest, type QueueShape, type Served } from './fair-queues.ts';

const SHAPES = [
  [1, 1],
  [2, 1],
  [16, 4],
  [64, 8],
  [64, 1],
  [128, 6],
  [512, 4],
  [8, 8],
] as const;

test('the cards of a hand are distinct, in the deck, and the same for the same flow', () => {
  for (const [deck, hand] of SHAPES) {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (hash) => {
        const dealt = dealHand(hash, deck, hand);
        assert.equal(new Set(dealt).size, hand);
        assert.ok(dealt.every((card) => Number.isInteger(card) && card >= 0 && card < deck));
        assert.deepEqual(dealHand(hash, deck, hand), dealt);
      }),
    );
  }
});

test('hands are dealt as digits of the hash say, each of the cards that are left', () => {
  const cases: readonly (readonly [hash: bigint, deck: number, hand: number, cards: readonly number[]])[] = [
    [0n, 4, 3, [0, 1, 2]],
    [3n, 4, 2, [3, 0]],
    [4n, 4, 2, [0, 2]],
    [11n, 4, 2, [3, 2]],
    [23n, 4, 4, [3, 2, 1, 0]],
    [5n + 8n * 6n, 8, 2, [5, 7]],
  ];
  for (const [hash, deck, hand, cards] of cases) assert.deepEqual(dealHand(hash, deck, hand), cards, `${hash} of ${deck}`);
});

test('every queue is dealt about as often as the others', () => {
  const [queues, handSize, flows] = [64, 8, 4_000];
  const counts = new Array<number>(queues).fill(0);
  for (let i = 0; i < flows; i++) for (const card of dealHand(flowHash('schema', `user-${i}`), queues, handSize)) counts[card]!++;
  const mean = (flows * handSize) / queues;
  // Seven standard deviations: with hashes that are always the same this cannot fail one day.
  for (const [card, count] of counts.entries()) assert.ok(Math.abs(count - mean) < 7 * Math.sqrt(mean), `${card}: ${count}`);
});

test('a few flows that fill their hands leave nearly every other flow a queue without them', () => {
  const [queues, handSize] = [64, 8];
  const heavy = new Set(Array.from({ length: 4 }, (_, i) => dealHand(flowHash('s', `heavy-${i}`), queues, handSize)).flat());
  const light = Array.from({ length: 1_000 }, (_, i) => dealHand(flowHash('s', `light-${i}`), queues, handSize));
  const squeezed = light.filter((hand) => hand.every((queue) => heavy.has(queue)));
  assert.ok(squeezed.length < 20, String(squeezed.length));
});

interface Request extends QueuedRequest {
  readonly flow: number;
  readonly seconds: number;
}

/** Serves requests of flows that always have more, for a while; answers the seat-seconds of each flow. */
function served(flows: readonly { readonly seats: number; readonly seconds: number; readonly backlog: number }[], seats: number, shape: QueueShape): number[] {
  let nowMs = 0;
  const queues = new FairQueues<Request>({ ...systemClock, monotonicMs: () => nowMs }, shape);
  const got = flows.map(() => 0);
  const fill = (flow: number): void => {
    const { seats: width, seconds } = flows[flow]!;
    queues.add({ seats: width, flow, seconds }, BigInt(flow), seats);
  };
  flows.forEach(({ backlog }, flow) => {
    for (let i = 0; i < backlog; i++) fill(flow);
  });
  const running: { readonly served: Served<Request>; readonly untilMs: number }[] = [];
  let inUse = 0;
  for (let step = 0; step < 4_000; step++) {
    for (let first = queues.first(); first && inUse + first.request.seats <= seats; first = queues.first()) {
      const one = queues.serve(first.queue, seats);
      inUse += one.request.seats;
      running.push({ served: one, untilMs: nowMs + one.request.seconds * 1_000 });
    }
    running.sort((a, b) => a.untilMs - b.untilMs);
    const next = running.shift()!;
    nowMs = next.untilMs;
    const { request } = next.served;
    queues.served(next.served, seats);
    inUse -= request.seats;
    got[request.flow]! += request.seats * request.seconds;
    fill(request.flow);
  }
  return got;
}

test('flows that all have more to do get the same seat-seconds, whatever they ask for', () => {
  const shape = { queues: 4, handSize: 1, queueLengthLimit: 1_000 };
  const cases = [
    [{ seats: 1, seconds: 0.01, backlog: 100 }, { seats: 1, seconds: 0.01, backlog: 2 }],
    [{ seats: 1, seconds: 0.05, backlog: 10 }, { seats: 1, seconds: 0.01, backlog: 10 }],
    [{ seats: 2, seconds: 0.02, backlog: 10 }, { seats: 1, seconds: 0.02, backlog: 10 }],
    [{ seats: 1, seconds: 0.02, backlog: 500 }, { seats: 1, seconds: 0.02, backlog: 3 }, { seats: 2, seconds: 0.01, backlog: 5 }],
  ];
  for (const flows of cases) {
    const got = served(flows, 2, shape);
    const mean = got.reduce((sum, one) => sum + one, 0) / got.length;
    for (const [flow, seatSeconds] of got.entries()) assert.ok(Math.abs(seatSeconds - mean) < 0.05 * mean, `${JSON.stringify(flows)}: flow ${flow} got ${seatSeconds} of a mean of ${mean}`);
  }
});

test('a flow that comes late is not paid for the time it was away', async () => {
  const clock = new SimClock();
  const queues = new FairQueues<Request>(clock, { queues: 2, handSize: 1, queueLengthLimit: 100 });
  for (let i = 0; i < 10; i++) queues.add({ seats: 1, flow: 0, seconds: 1 }, 0n, 1);
  for (let i = 0; i < 3; i++) {
    const one = queues.serve(queues.first()!.queue, 1);
    await clock.advance(1_000);
    queues.served(one, 1);
  }
  for (let i = 0; i < 10; i++) queues.add({ seats: 1, flow: 1, seconds: 1 }, 1n, 1);
  const order: number[] = [];
  for (let i = 0; i < 6; i++) {
    const one = queues.serve(queues.first()!.queue, 1);
    order.push(one.request.flow);
    await clock.advance(1_000);
    queues.served(one, 1);
  }
  assert.equal(order.filter((flow) => flow === 1).length, 3, order.join(' '));
});

test('a queue takes as many as it may, and the shortest of the hand is chosen', () => {
  const queues = new FairQueues<Request>(new SimClock(), { queues: 4, handSize: 2, queueLengthLimit: 2 });
  const add = (hash: bigint): number | undefined => queues.add({ seats: 1, flow: 0, seconds: 1 }, hash, 1)?.index;
  assert.deepEqual(dealHand(0n, 4, 2), [0, 1]);
  assert.deepEqual([add(0n), add(0n), add(0n), add(0n), add(0n)], [0, 1, 0, 1, undefined]);
  assert.deepEqual(dealHand(3n, 4, 2), [3, 0]);
  assert.deepEqual([add(3n), add(3n), add(3n)], [3, 3, undefined]);
  assert.deepEqual(queues.active().map(({ index, waiting }) => [index, waiting.length]), [[0, 2], [1, 2], [3, 2]]);
});
