import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { createMetrics } from '#base/metrics.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { startManager } from './manager.ts';
import { canonicalSelection, isControllerEnabled } from './selection.ts';
import type { ControllerEntry } from './manager.ts';
import { watchSelf } from './watches.ts';

const never = new AbortController().signal;

test('a manager runs what is selected and measures it', async () => {
  const client = createClient(new MemoryTransport());
  const effects = { clock: new SimClock(), random: seededRandom(1), log: silentLogger };
  const informers = createInformerFactory({ client, ...effects });
  const ran: string[] = [];
  const entry = (name: string): ControllerEntry => ({
    name,
    make: ({ informers: shared }) => ({
      name,
      watches: [watchSelf(shared.of(configMaps))],
      async reconcile(key) {
        await Promise.resolve();
        ran.push(`${name} ${key}`);
      },
    }),
  });
  const metrics = createMetrics();
  const manager = startManager([entry('one'), entry('two')], { client, informers, ...effects, selection: ['*', '-two'], metrics });
  await client.of(configMaps).namespace('default').create({ metadata: { name: 'a' } }, {}, never);
  await effects.clock.settle();
  assert.deepEqual(ran, ['one default/a']);
  assert.equal(manager.idle, true);
  assert.match(metrics.text(), /workqueue_adds_total\{name="one"\} 1/);
  assert.match(metrics.text(), /workqueue_work_duration_seconds_count\{name="one"\} 1/);
  await manager[Symbol.asyncDispose]();
  await informers[Symbol.asyncDispose]();
});

test('controllers are chosen by their names, also old ones', () => {
  const known = new Set(['job-controller', 'ttl-controller', 'token-cleaner-controller']);
  const enabled = (text: string): string[] => {
    const selection = canonicalSelection(text.split(','), known);
    return [...known].filter((name) => isControllerEnabled(name, selection, name === 'token-cleaner-controller'));
  };
  assert.deepEqual(enabled('*'), ['job-controller', 'ttl-controller']);
  assert.deepEqual(enabled('*,-job'), ['ttl-controller']);
  assert.deepEqual(enabled('*,tokencleaner,-ttl-controller'), ['job-controller', 'token-cleaner-controller']);
  assert.deepEqual(enabled('job'), ['job-controller']);
  assert.throws(() => enabled('*,-foo'), { message: '"foo" is not in the list of known controllers' });
});
