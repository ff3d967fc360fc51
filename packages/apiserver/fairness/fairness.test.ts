import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { User } from '../call.ts';
import { parseRequestInfo, parseTarget } from '../http/request-info.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { dealHand, flowHash } from './dealer.ts';
import { defaultSchemas } from './defaults.ts';
import { Fairness } from './fairness.ts';
import { schemaMatches } from './flow-matching.ts';
import { listSeats } from './list-seats.ts';
import { type LevelLimits, PriorityLevel, Refusal, type Turn } from './priority-level.ts';
import { RetryAdvice } from './retry-advice.ts';

function schemaOf(user: User, method: string, url: string): string | undefined {
  const { rawPath, query } = parseTarget(url);
  const info = parseRequestInfo(method, rawPath, query);
  const sorted = [...defaultSchemas].sort((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence);
  return sorted.find(({ spec }) => schemaMatches(spec, user, info))?.name;
}

const as = (name: string, ...groups: string[]): User => ({ name, groups: [...groups, 'system:authenticated'] });

test('the default schemas classify as upstream does', () => {
  assert.equal(schemaOf(as('root', 'system:masters'), 'GET', '/api/v1/pods'), 'exempt');
  assert.equal(schemaOf(as('bob'), 'GET', '/healthz'), 'probes');
  assert.equal(schemaOf(as('bob'), 'GET', '/api/v1/pods'), 'global-default');
  assert.equal(schemaOf(as('system:node:n', 'system:nodes'), 'PATCH', '/api/v1/nodes/n/status'), 'system-node-high');
  assert.equal(schemaOf(as('system:node:n', 'system:nodes'), 'GET', '/api/v1/pods'), 'system-nodes');
  assert.equal(schemaOf(as('system:kube-scheduler'), 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler'), 'system-leader-election');
  assert.equal(schemaOf(as('system:kube-scheduler'), 'GET', '/api/v1/pods'), 'kube-scheduler');
  assert.equal(schemaOf(as('system:serviceaccount:kube-system:x', 'system:serviceaccounts'), 'GET', '/api/v1/pods'), 'kube-system-service-accounts');
  assert.equal(schemaOf(as('system:serviceaccount:app:x', 'system:serviceaccounts'), 'GET', '/api/v1/pods'), 'service-accounts');
});

const shape = (queues: number, queueLengthLimit: number, handSize = 1): LevelLimits['queuing'] & object => ({ queues, handSize, queueLengthLimit });

/** Distinguishers of flows that get different queues, in their order. */
function flowsApart(count: number, queues: number): string[] {
  const byQueue = new Map<number, string>();
  for (let i = 0; byQueue.size < count; i++) {
    const [queue] = dealHand(flowHash('s', `flow ${i}`), queues, 1);
    if (!byQueue.has(queue!)) byQueue.set(queue!, `flow ${i}`);
  }
  return [...byQueue].sort(([one], [other]) => one - other).map(([, flow]) => flow);
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

test('a full level queues, takes queues in turn and refuses what does not fit into them', async () => {
  const clock = new SimClock();
  const level = new PriorityLevel('test', { seats: 1, queuing: shape(64, 2) }, clock);
  const [a, b] = flowsApart(2, 64) as [string, string];
  assert.equal(level.tryEnter(), true);
  assert.equal(level.tryEnter(), false);
  const order: string[] = [];
  const turns: Turn[] = [];
  const wait = (flow: string): Promise<void> => level.queue({ schema: 's', flow }).then((turn) => void (order.push(flow), turns.push(turn)));
  const waiting = [wait(a), wait(a), wait(b)];
  assert.throws(() => level.queue({ schema: 's', flow: a }), { code: 429, reason: 'TooManyRequests', message: 'Too many requests, please try again later.' });
  level.leave();
  await settle();
  for (let i = 0; i < 2; i++) {
    await clock.advance(10);
    level.leave(1, turns[i]);
    await settle();
  }
  await Promise.all(waiting);
  assert.deepEqual(order, [a, b, a]);
  level.leave(1, turns[2]);
  assert.equal(level.running, 0);
  assert.deepEqual(level.queues(), [], 'nothing is left of queues without work');
});

test('nobody waits for ever', async () => {
  const clock = new SimClock();
  const level = new PriorityLevel('test', { seats: 1, queuing: shape(1, 3) }, clock);
  level.tryEnter();
  const refused = assert.rejects(level.queue({ schema: 's', flow: 'a' }), { code: 429 });
  await clock.advance(15_001);
  await refused;
  assert.equal(level.waiting, 0);
});

test('a level without queues refuses at once', () => {
  const level = new PriorityLevel('test', { seats: 1 }, new SimClock());
  assert.ok(level.tryEnter());
  assert.throws(() => level.queue({ schema: 's', flow: 'a' }), (error) => error instanceof Refusal && error.why === 'concurrency-limit');
});

test('a full level borrows what others do not need, and gives it back', async () => {
  const clock = new SimClock();
  const caches = new FakeCaches();
  const limited = { nominalConcurrencyShares: 50, lendablePercent: 50, limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } } };
  for (const name of ['busy', 'idle']) caches.put(priorityLevelConfigurations, { metadata: { name }, spec: { type: 'Limited', limited } });
  using fairness = new Fairness(caches, clock);
  const busy = [...fairness.levels()].find(({ name }) => name === 'busy')!;
  assert.equal(busy.seats, 300);
  for (let i = 0; i < 300; i++) assert.ok(busy.tryEnter());
  assert.equal(busy.tryEnter(), false);
  const waiting = Array.from({ length: 100 }, (_, i) => busy.queue({ schema: 's', flow: `flow ${i % 10}` }));
  await clock.advance(101);
  await Promise.all(waiting);
  assert.equal(busy.running, 400);
  assert.ok(busy.seats >= 400 && busy.seats <= 450, String(busy.seats));
  for (let i = 0; i < 400; i++) busy.leave();
  await clock.advance(600_000);
  assert.equal(busy.seats, 300);
});

test('wide requests take as many seats as they need, and none overtakes one whose turn it is', async () => {
  const clock = new SimClock();
  const level = new PriorityLevel('test', { seats: 4, queuing: shape(64, 100) }, clock);
  const [wide, narrow] = flowsApart(2, 64) as [string, string];
  assert.ok(level.tryEnter(3));
  assert.equal(level.tryEnter(2), false, 'it does not fit');
  const order: string[] = [];
  const turns: Turn[] = [];
  const wait = (flow: string, seats: number): Promise<void> => level.queue({ schema: 's', flow, seats }).then((turn) => void (order.push(flow === wide ? 'wide' : 'narrow'), turns.push(turn)));
  const waiting = [wait(wide, 4), wait(wide, 4), ...Array.from({ length: 6 }, () => wait(narrow, 1))];
  assert.deepEqual([level.seatsInUse, level.waitingSeats], [3, 14]);
  level.leave(3);
  await settle();
  assert.deepEqual(order, ['narrow', 'narrow', 'narrow'], 'as many seat-seconds as the wide one would take, of which it takes the larger part at once');
  assert.equal(level.seatsInUse, 3, 'the wide one is waited for');
  await clock.advance(3);
  for (const turn of turns.splice(0)) level.leave(1, turn);
  await settle();
  assert.deepEqual(order.splice(0), ['narrow', 'narrow', 'narrow', 'wide']);
  await clock.advance(3);
  level.leave(4, turns.shift());
  await settle();
  assert.deepEqual(order.slice(0, 3), ['narrow', 'narrow', 'narrow'], 'the others are owed as much');
  for (const turn of turns.splice(0)) level.leave(1, turn);
  await settle();
  for (const turn of turns.splice(0)) level.leave(turn.request.seats, turn);
  await Promise.all(waiting);
});

test('one request runs however wide it is', () => {
  const level = new PriorityLevel('test', { seats: 2 }, new SimClock());
  assert.ok(level.tryEnter(5));
  assert.equal(level.tryEnter(1), false);
});

test('who gives up waiting is forgotten', async () => {
  const level = new PriorityLevel('test', { seats: 1, queuing: shape(1, 5) }, new SimClock());
  level.tryEnter();
  const client = new AbortController();
  const gone = assert.rejects(level.queue({ schema: 's', flow: 'a', signal: client.signal }), { code: 429 });
  client.abort();
  await gone;
  assert.deepEqual([level.waiting, level.waitingSeats, level.queues().length, level.counts.cancelled], [0, 0, 0, 1]);
});

test('lists take seats by what they send', () => {
  const seatsOf = listSeats((info) => (info.resource === 'pods' ? 5_000 : 100));
  const seats = (url: string): number => {
    const { rawPath, query } = parseTarget(url);
    return seatsOf(parseRequestInfo('GET', rawPath, query), query);
  };
  const cases: readonly (readonly [string, number])[] = [
    ['/api/v1/pods', 10],
    ['/api/v1/pods?limit=500', 5],
    ['/api/v1/pods?limit=5', 1],
    ['/api/v1/pods?watch=1', 1],
    ['/api/v1/pods?watch=1&sendInitialEvents=true', 10],
    ['/api/v1/namespaces/a/pods/b', 1],
    ['/api/v1/pods?fieldSelector=metadata.name%3Da', 1],
    ['/api/v1/nodes', 1],
    ['/healthz', 1],
  ];
  for (const [url, expected] of cases) assert.equal(seats(url), expected, url);
});

test('clients are told to stay away longer while many are refused', async () => {
  const clock = new SimClock();
  const advice = new RetryAdvice(clock);
  const second = async (refusals: number): Promise<number> => {
    for (let i = 0; i < refusals; i++) advice.note();
    await clock.advance(1_000);
    return advice.seconds;
  };
  const seen: number[] = [];
  for (let i = 0; i < 9; i++) seen.push(await second(10));
  assert.deepEqual(seen.toSorted((a, b) => a - b), seen, 'it only rises');
  assert.equal(seen.at(-1), 8);
  for (let i = 0; i < 60; i++) await second(20);
  assert.equal(advice.seconds, 32);
  await clock.advance(60_000);
  for (let i = 0; i < 31; i++) await second(1);
  assert.ok(advice.seconds < 32, String(advice.seconds));
});
