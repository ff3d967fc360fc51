/** What the scheduler says about the time its extension points take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '#base/metrics.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { bind, permit, reserve, unreserve } from './binding-cycle.ts';
import { CycleRunner } from './cycle.ts';
import type { Plugin } from './framework.ts';
import { addSchedulerMetrics } from './metrics.ts';
import { podInfo } from './pod-info.ts';
import { PointTimes } from './point-times.ts';
import { aNode, aPod } from './testing/objects.ts';
import { cacheOf, onlyPlugin } from './testing/place.ts';
import { WaitingPods } from './waiting-pods.ts';

const { signal } = new AbortController();
const refusal = { reasons: ['no'], resolvable: false };

function open() {
  const registry = createMetrics();
  const metrics = addSchedulerMetrics(registry);
  // Moved by hand, also in the middle of what is synchronous.
  const hand = { ms: 0 };
  const clock = Object.assign(new SimClock(), { monotonicMs: () => hand.ms });
  const times = new PointTimes(clock, metrics);
  /** `labels sum` of each series of a histogram. */
  const sums = (name: string): string[] =>
    [...registry.text().matchAll(new RegExp(`^scheduler_${name}_sum\\{(.*)\\} (.*)$`, 'gm'))].map(([, labels, sum]) => `${[...labels!.matchAll(/"([^"]*)"/g)].map(([, value]) => value).join(' ')} ${sum}`);
  return { metrics, clock, hand, times, sums };
}

const POINTS = 'framework_extension_point_duration_seconds';
const PLUGINS = 'plugin_execution_duration_seconds';

test('every point of a cycle and of a binding is measured, and plugins in the first of ten cycles', async () => {
  const { clock, hand, times, metrics, sums } = open();
  const takes = <T>(ms: number, answer: T): T => {
    hand.ms += ms;
    return answer;
  };
  const plugin: Plugin = {
    name: 'Slow',
    preFilter: () => takes(1_000, { type: 'state', state: {} }),
    filter: () => takes(2_000, undefined),
    preScore: () => takes(3_000, {}),
    score: () => takes(4_000, 1),
    reserve: () => takes(5_000, undefined),
    unreserve: () => takes(6_000, undefined),
    permit: () => takes(7_000, { waitMs: 60_000 }),
    preBind: () => takes(8_000, Promise.resolve(undefined)),
    bind: () => takes(9_000, Promise.resolve(true)),
    postBind: () => takes(10_000, undefined),
  };
  const profile = onlyPlugin(plugin);
  const cache = cacheOf({ nodes: [aNode('a'), aNode('b')] });
  const info = podInfo(aPod('p'));
  for (let cycle = 0; cycle < 2; cycle++) {
    const ofCycle = times.cycle('default-scheduler');
    const result = new CycleRunner(seededRandom(1)).run(profile, info, { cache, times: ofCycle });
    assert.equal(result.type, 'fit');
    const placement = { profile, info, node: cache.nodes[0]!, states: new Map(), times: ofCycle };
    assert.equal(reserve(placement), undefined);
    const waits = permit(placement) as ReadonlyMap<string, number>;
    const waiting = new WaitingPods(clock);
    const bound = bind(placement, { waits, waiting, extenders: undefined, permitWaitSeconds: metrics.permitWaitSeconds }, signal);
    hand.ms += 11_000;
    waiting.allow(info.uid, 'Slow');
    assert.equal(await bound, undefined);
    unreserve(placement);
  }
  const once = ['PreFilter Success 1', 'Filter Success 4', 'PreScore Success 3', 'Score Success 8', 'Reserve Success 5', 'Permit Wait 7', 'PreBind Success 8', 'Bind Success 9', 'PostBind Success 10', 'Unreserve Success 6'];
  const doubled = once.map((line) => {
    const [point, status, seconds] = line.split(' ');
    return `${point} ${status} default-scheduler ${2 * Number(seconds)}`;
  });
  assert.deepEqual(sums(POINTS), doubled);
  assert.deepEqual(sums(PLUGINS), ['Slow PreFilter Success 1', 'Slow PreScore Success 3', 'Slow Score Success 8', 'Slow Reserve Success 5', 'Slow PreBind Success 8', 'Slow Bind Success 9']);
  assert.deepEqual(sums('permit_wait_duration_seconds'), ['Success 22']);
});

test('refusals and failures have a status of their own', async () => {
  const { clock, times, metrics, sums } = open();
  const info = podInfo(aPod('p'));
  const cache = cacheOf({ nodes: [aNode('a')] });
  const run = (plugin: Omit<Plugin, 'name'>) => {
    const ofCycle = times.cycle('s');
    const profile = onlyPlugin({ name: 'P', ...plugin });
    return { result: new CycleRunner(seededRandom(1)).run(profile, info, { cache, times: ofCycle }), placement: { profile, info, node: cache.nodes[0]!, states: new Map(), times: ofCycle } };
  };
  run({ preFilter: () => ({ type: 'reject', rejection: { ...refusal, pending: true } }) });
  run({ filter: () => ({ ...refusal, resolvable: true }) });
  assert.deepEqual(reserve(run({ reserve: () => refusal }).placement), { plugin: 'P', rejection: refusal });
  permit(run({ permit: () => refusal }).placement);
  const parts = { waits: new Map(), waiting: new WaitingPods(clock), extenders: undefined, permitWaitSeconds: metrics.permitWaitSeconds };
  await bind(run({ preBind: () => Promise.resolve(refusal) }).placement, parts, signal);
  await assert.rejects(bind(run({ bind: () => Promise.reject(new Error('gone')) }).placement, parts, signal), /gone/);
  const seen = sums(POINTS).map((line) => line.split(' ').slice(0, 2).join(' '));
  for (const wanted of ['PreFilter Pending', 'Filter Unschedulable', 'Reserve UnschedulableAndUnresolvable', 'Permit UnschedulableAndUnresolvable', 'PreBind UnschedulableAndUnresolvable', 'Bind Error']) assert.ok(seen.includes(wanted), wanted);
});
