import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '#base/metrics.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { defaultProfile } from './default-profile.ts';
import { addSchedulerMetrics } from './metrics.ts';
import { SchedulingQueue } from './queue.ts';
import { aHandle } from './testing/handle.ts';
import { aNode, aPod } from './testing/objects.ts';

function open(): { clock: SimClock; queue: SchedulingQueue; wakes: () => number } {
  const clock = new SimClock();
  let wakes = 0;
  return { clock, queue: new SchedulingQueue({ clock, metrics: addSchedulerMetrics(createMetrics()), onActive: () => wakes++ }), wakes: () => wakes };
}

const profile = defaultProfile(aHandle());
const popName = (queue: SchedulingQueue): string | undefined => queue.pop()?.info.pod.metadata.name;

test('higher priority first, then first come first served', async () => {
  const { clock, queue } = open();
  for (const [name, priority] of [
    ['a', 0],
    ['b', 10],
    ['c', 0],
  ] as const) {
    queue.add(aPod(name, { priority }), profile);
    await clock.advance(1);
  }
  assert.deepEqual([popName(queue), popName(queue), popName(queue), popName(queue)], ['b', 'a', 'c', undefined]);
});

test('a rejected pod waits for an event that may help its plugin, and backs off', async () => {
  const { clock, queue, wakes } = open();
  queue.add(aPod('p', { requests: { cpu: '2' } }), profile);
  const pod = queue.pop()!;
  queue.requeue(pod, { rejectedBy: new Set(['NodeResourcesFit']) });
  assert.equal(queue.counts.unschedulable, 1);
  queue.notify({ type: 'NodeLabels', next: aNode('a'), previous: aNode('a') });
  assert.equal(queue.counts.unschedulable, 1);
  queue.notify({ type: 'NodeAdd', next: aNode('a') });
  assert.deepEqual(queue.counts, { active: 0, backoff: 1, unschedulable: 0, gated: 0 });
  await clock.advance(999);
  assert.ok(queue.flush()! > 0);
  await clock.advance(1);
  queue.flush();
  assert.equal(queue.counts.active, 1);
  assert.equal(wakes(), 3);
});

test('back-off doubles up to ten seconds', async () => {
  const { clock, queue } = open();
  queue.add(aPod('p'), profile);
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    queue.requeue(queue.pop()!, { rejectedBy: new Set() });
    await clock.advance(waitMs - 1);
    queue.flush();
    assert.equal(queue.counts.active, 0);
    await clock.advance(1);
    queue.flush();
    assert.equal(queue.counts.active, 1);
  }
});

test('after five minutes a pod is tried again without an event', async () => {
  const { clock, queue } = open();
  queue.add(aPod('p'), profile);
  queue.requeue(queue.pop()!, { rejectedBy: new Set(['NodeAffinity']) });
  await clock.advance(300_001);
  queue.flush();
  assert.equal(queue.counts.active, 1);
});

test('a gated pod enters when its gates are gone', () => {
  const { queue } = open();
  const gated = aPod('p', { spec: { schedulingGates: [{ name: 'example.com/wait' }], containers: [] } });
  queue.add(gated, profile);
  assert.equal(queue.counts.gated, 1);
  queue.update(aPod('p', { spec: { containers: [] } }), gated, profile);
  assert.deepEqual(queue.counts, { active: 1, backoff: 0, unschedulable: 0, gated: 0 });
});
