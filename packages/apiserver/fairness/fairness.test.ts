import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { User } from '../call.ts';
import { parseRequestInfo, parseTarget } from '../http/request-info.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { defaultSchemas } from './defaults.ts';
import { Fairness } from './fairness.ts';
import { schemaMatches } from './flow-matching.ts';
import { PriorityLevel } from './priority-level.ts';

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

test('a full level queues, takes flows in turn and refuses beyond its queue', async () => {
  const clock = new SimClock();
  const level = new PriorityLevel('test', { seats: 1, queueLength: 3, flowQueueLength: 2 }, clock);
  assert.equal(level.tryEnter(), true);
  assert.equal(level.tryEnter(), false);
  const order: string[] = [];
  const wait = (flow: string): Promise<void> => level.queue(flow).then(() => void order.push(flow));
  const waiting = [wait('a'), wait('a'), wait('b')];
  assert.throws(() => level.queue('c'), { code: 429, reason: 'TooManyRequests', message: 'Too many requests, please try again later.' });
  for (let i = 0; i < 3; i++) {
    level.leave();
    await Promise.resolve();
    await Promise.resolve();
  }
  await Promise.all(waiting);
  assert.deepEqual(order, ['a', 'b', 'a']);
  level.leave();
  assert.equal(level.running, 0);
});

test('nobody waits for ever', async () => {
  const clock = new SimClock();
  const level = new PriorityLevel('test', { seats: 1, queueLength: 3, flowQueueLength: 2 }, clock);
  level.tryEnter();
  const refused = assert.rejects(level.queue('a'), { code: 429 });
  await clock.advance(15_001);
  await refused;
  assert.equal(level.waiting, 0);
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
  const waiting = Array.from({ length: 100 }, (_, i) => busy.queue(`flow ${i % 10}`));
  await clock.advance(101);
  await Promise.all(waiting);
  assert.equal(busy.running, 400);
  assert.ok(busy.seats >= 400 && busy.seats <= 450, String(busy.seats));
  for (let i = 0; i < 400; i++) busy.leave();
  await clock.advance(600_000);
  assert.equal(busy.seats, 300);
});
