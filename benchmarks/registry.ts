/**
 * What the registry costs without HTTP: microseconds of one thread per operation, on a memory store.
 *
 *     node benchmarks/registry.ts
 */
import type { ApiReply, WatchItem } from '#apiserver/call.ts';
import { Caller } from '#apiserver/testing/calls.ts';
import { openRegistry } from '#apiserver/registry/registry.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** How long each figure is measured. */
const MEASURE_MS = 1_500;

const WARM_UP = 2_000;

const WATCHERS = 200;

interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** At most for times, at least for rates. */
  readonly budget: number;
}

function configMap(name: string): object {
  const data: Record<string, string> = {};
  for (let i = 0; i < 12; i++) data[`key-${i}`] = 'x'.repeat(100);
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { app: 'bench', tier: 'front' } }, data };
}

/** Microseconds of this thread's CPU per call of `run`. */
async function measure(run: (i: number) => unknown): Promise<number> {
  let i = 0;
  for (; i < WARM_UP; i++) await run(i);
  const end = performance.now() + MEASURE_MS;
  const first = i;
  const before = process.threadCpuUsage();
  while (performance.now() < end) {
    for (let k = 0; k < 50; k++) await run(i++);
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / (i - first);
}

async function withServer<T>(run: (caller: Caller) => Promise<T>): Promise<T> {
  await using store = await openMemoryStore();
  await using registry = await openRegistry({ store, kinds: builtinKinds, clock: systemClock, random: systemRandom, log: silentLogger });
  const caller = new Caller(registry);
  await caller.reply('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
  await caller.reply('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
  return await run(caller);
}

async function getOne(caller: Caller): Promise<number> {
  await caller.reply('POST', CONFIG_MAPS, { body: configMap('a') });
  const call = caller.call('GET', `${CONFIG_MAPS}/a`);
  let bytes = 0;
  const handle = (): void => {
    const reply = caller.handler.handle(call) as Extract<ApiReply, { type: 'entry' }>;
    bytes += reply.entry.json().length;
  };
  for (let i = 0; i < 100_000; i++) handle();
  const start = performance.now();
  const count = 1_000_000;
  for (let i = 0; i < count; i++) handle();
  if (bytes === 0) throw new Error('nothing was read');
  return ((performance.now() - start) * 1_000) / count;
}

const create = (caller: Caller) =>
  measure((i) => {
    const call = caller.call('POST', CONFIG_MAPS, { body: BODIES(i) });
    return caller.handler.handle(call);
  });

/** Bodies are made outside of what is measured, as far as it goes: one text with another name. */
const TEXT = JSON.stringify(configMap('NAME-PLACE'));
const BODIES = (i: number): string => TEXT.replace('NAME-PLACE', `c${i}`);

async function mergePatch(caller: Caller): Promise<number> {
  await caller.reply('POST', CONFIG_MAPS, { body: configMap('a') });
  return measure((i) =>
    caller.handler.handle(
      caller.call('PATCH', `${CONFIG_MAPS}/a`, { body: `{"data":{"key-1":"value-${i}"}}`, mediaType: 'application/merge-patch+json' }),
    ),
  );
}

async function strategicPatch(caller: Caller): Promise<number> {
  const spec = { nodeName: 'n', containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: 'b' }] }] };
  await caller.reply('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'p' }, spec } });
  return measure((i) => {
    const body = `{"status":{"conditions":[{"type":"Ready","status":"${i % 2 ? 'True' : 'False'}","message":"${i}"}]}}`;
    return caller.handler.handle(
      caller.call('PATCH', '/api/v1/namespaces/default/pods/p/status', { body, mediaType: 'application/strategic-merge-patch+json' }),
    );
  });
}

async function list(caller: Caller): Promise<number> {
  for (let i = 0; i < 1_000; i++) await caller.reply('POST', CONFIG_MAPS, { body: configMap(`c${i}`) });
  const call = caller.call('GET', CONFIG_MAPS);
  let bytes = 0;
  const micros = await measure(() => {
    const reply = caller.handler.handle(call) as Extract<ApiReply, { type: 'list' }>;
    for (const entry of reply.entries) bytes += entry.json().length;
  });
  if (bytes === 0) throw new Error('nothing was listed');
  return 1e6 / micros;
}

/** Events delivered per second to watchers that read their bytes. */
async function fanOut(caller: Caller): Promise<number> {
  await caller.reply('POST', CONFIG_MAPS, { body: configMap('a') });
  const abort = new AbortController();
  let delivered = 0;
  let bytes = 0;
  const read = async (events: AsyncIterable<readonly WatchItem[]>): Promise<void> => {
    for await (const items of events) {
      for (const item of items) bytes += item.json().length;
      delivered += items.length;
    }
  };
  const readers: Promise<void>[] = [];
  for (let i = 0; i < WATCHERS; i++) {
    const reply = (await caller.reply('GET', `${CONFIG_MAPS}?watch=true&resourceVersion=1`, { signal: abort.signal })) as Extract<
      ApiReply,
      { type: 'watch' }
    >;
    readers.push(read(reply.events));
  }
  const start = performance.now();
  for (let i = 0; performance.now() - start < MEASURE_MS; i++) {
    await caller.reply('PATCH', `${CONFIG_MAPS}/a`, { body: `{"data":{"key-1":"value-${i}"}}`, mediaType: 'application/merge-patch+json' });
  }
  const rate = delivered / ((performance.now() - start) / 1_000);
  abort.abort();
  await Promise.all(readers);
  if (bytes === 0) throw new Error('nothing was delivered');
  return rate;
}

const FIGURES: readonly { readonly what: string; readonly unit: string; readonly budget: number; run(caller: Caller): Promise<number> }[] = [
  { what: 'GET from the cache', unit: 'µs', budget: 10, run: getOne },
  { what: 'create a ConfigMap of 1.5 kB', unit: 'µs', budget: 80, run: create },
  { what: 'merge patch of a ConfigMap of 1.5 kB', unit: 'µs', budget: 100, run: mergePatch },
  { what: 'strategic patch of a pod status', unit: 'µs', budget: 150, run: strategicPatch },
  { what: 'list of 1,000 objects of 1.6 kB', unit: '/s', budget: 500, run: list },
  { what: `watch events to ${WATCHERS} watchers, writes included`, unit: '/s', budget: 55_000, run: fanOut },
];

for (const { what, unit, budget, run } of FIGURES) {
  const figure: Figure = { what, unit, budget, value: await withServer(run) };
  const good = unit === 'µs' ? figure.value <= budget : figure.value >= budget;
  const value = figure.value < 100 ? figure.value.toFixed(1) : Math.round(figure.value).toLocaleString('en');
  console.log(`${good ? 'ok  ' : 'MISS'} ${what.padEnd(52)} ${value.padStart(10)} ${unit}  (budget ${budget.toLocaleString('en')} ${unit})`);
}
