import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestRegistry } from '../testing/open-registry.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { formatTime } from '#machinery/time.ts';

test('events are forgotten an hour after they were last seen', async () => {
  const clock = new SimClock();
  await using server = await openTestRegistry({ clock });
  const { caller } = server;
  const EVENTS = '/api/v1/namespaces/default/events';
  const post = (name: string) =>
    caller.do('POST', EVENTS, {
      body: { metadata: { name }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, lastTimestamp: formatTime(clock.now()) },
    });
  const names = async () => (await caller.do<{ items: { metadata: { name: string } }[] }>('GET', EVENTS)).items.map(({ metadata }) => metadata.name);
  await post('a');
  await clock.advance(30 * 60_000);
  await post('b');
  await clock.advance(32 * 60_000);
  assert.deepEqual(await names(), ['b']);
  await clock.advance(30 * 60_000);
  assert.deepEqual(await names(), []);
});
