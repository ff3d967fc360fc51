import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { events } from '#kinds/core/event/kind.ts';
import { eventsV1 } from '#kinds/events/event/kind.ts';
import { createClient } from './api.ts';
import { openEventRecorder } from './event-recorder.ts';
import { openEventSeriesRecorder } from './event-series-recorder.ts';
import { MemoryTransport } from './testing/memory-transport.ts';

const never = new AbortController().signal;
const about = { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u1' };

function setup() {
  const client = createClient(new MemoryTransport());
  const clock = new SimClock();
  const recorder = openEventRecorder({ client, component: 'kubelet', host: 'node-1', clock, log: silentLogger });
  const sent = async () => {
    await clock.settle();
    return (await client.of(events).list({}, never)).items;
  };
  return { client, clock, recorder, sent };
}

test('the same event again raises its count', async () => {
  const { recorder, sent } = setup();
  for (let i = 0; i < 3; i++) recorder.event(about, 'Normal', 'Pulled', 'Container image already present');
  const [event, ...others] = await sent();
  assert.equal(others.length, 0);
  assert.equal(event?.count, 3);
  assert.equal(event.source.component, 'kubelet');
  assert.equal(event.involvedObject.uid, 'u1');
  await recorder[Symbol.asyncDispose]();
});

test('many similar events become one', async () => {
  const { recorder, sent } = setup();
  for (let i = 0; i < 15; i++) recorder.event(about, 'Warning', 'BackOff', `attempt ${i}`);
  const all = await sent();
  assert.equal(all.length, 10);
  const combined = all.find((event) => event.message?.startsWith('(combined from similar events): '));
  assert.equal(combined?.count, 6);
  await recorder[Symbol.asyncDispose]();
});

test('one object may not flood the cluster', async () => {
  const { clock, recorder, sent } = setup();
  for (let i = 0; i < 60; i++) recorder.event(about, 'Normal', `Reason${i}`, 'x');
  assert.equal((await sent()).length, 25);
  await clock.advance(300_000);
  recorder.event(about, 'Normal', 'Later', 'x');
  assert.equal((await sent()).length, 26);
  await recorder[Symbol.asyncDispose]();
});

test('repetitions become a series, written at its second occurrence and at its end', async () => {
  const client = createClient(new MemoryTransport());
  const clock = new SimClock();
  const recorder = openEventSeriesRecorder({ client, controller: 'default-scheduler', instance: 'default-scheduler-x', clock, log: silentLogger });
  const fail = () => recorder.event({ regarding: about, type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: '0/1 nodes are available' });
  const counts = async () => (await client.of(eventsV1).list({}, never)).items.map((event) => event.series?.count ?? 1);
  fail();
  await clock.settle();
  assert.deepEqual(await counts(), [1]);
  fail();
  fail();
  fail();
  await clock.settle();
  assert.deepEqual(await counts(), [2]);
  await clock.advance(800_000);
  assert.deepEqual(await counts(), [4]);
  fail();
  await clock.settle();
  assert.deepEqual(await counts(), [4, 1]);
  await recorder[Symbol.asyncDispose]();
});
