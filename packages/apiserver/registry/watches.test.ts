import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../testing/calls.ts';
import { CONFIG_MAPS, configMap, type ListJson } from '../testing/config-maps.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-registry.ts';
import { WATCH_BUFFER_EVENTS } from '../cacher/watcher.ts';
import { SimClock } from '#base/testing/sim-clock.ts';

/** A watch that reads in the background, so that it is open before anything else happens. */
class Watching {
  readonly #events: AsyncGenerator<Event>;
  readonly #abort = new AbortController();
  #first: Promise<IteratorResult<Event>> | undefined;

  constructor({ caller }: TestRegistry, query: string, path = CONFIG_MAPS) {
    this.#events = caller.watch(`${path}?watch=true&${query}`, { signal: this.#abort.signal });
    this.#first = this.#events.next();
  }

  async next(): Promise<Event | undefined> {
    const result = await (this.#first ?? this.#events.next());
    this.#first = undefined;
    return result.done ? undefined : result.value;
  }

  async brief(): Promise<string> {
    const event = await this.next();
    return event ? `${event.type} ${event.object.metadata.name ?? ''} ${event.object.metadata.resourceVersion}` : 'end';
  }

  async briefs(count: number): Promise<string[]> {
    const all: string[] = [];
    for (let i = 0; i < count; i++) all.push(await this.brief());
    return all;
  }

  stop(): void {
    this.#abort.abort();
  }
}

const create = ({ caller }: TestRegistry, name: string, labels: Record<string, string> = {}) =>
  caller.do('POST', CONFIG_MAPS, { body: configMap(name, {}, { labels }) });
const label = ({ caller }: TestRegistry, name: string, labels: Record<string, string | null>) =>
  caller.do('PATCH', `${CONFIG_MAPS}/${name}`, { body: { metadata: { labels } }, mediaType: 'application/merge-patch+json' });

test('initial state, then changes', async () => {
  await using server = await openTestRegistry();
  await create(server, 'a');
  const watch = new Watching(server, '');
  assert.equal(await watch.brief(), 'ADDED a 1');
  await create(server, 'b');
  await label(server, 'a', { x: '1' });
  await server.caller.do('DELETE', `${CONFIG_MAPS}/b`);
  assert.deepEqual(await watch.briefs(3), ['ADDED b 2', 'MODIFIED a 3', 'DELETED b 4']);
  watch.stop();
  assert.equal(await watch.brief(), 'end');
});

test('resuming from a revision, and one that is too old', async () => {
  await using server = await openTestRegistry();
  for (const name of ['a', 'b', 'c']) await create(server, name);
  const resumed = new Watching(server, 'resourceVersion=1');
  assert.deepEqual(await resumed.briefs(2), ['ADDED b 2', 'ADDED c 3']);
  resumed.stop();
  for (let i = 0; i < 2_100; i++) await label(server, 'a', { n: String(i) });
  const old = new Watching(server, 'resourceVersion=1');
  const event = await old.next();
  assert.equal(event!.type, 'ERROR');
  const status = event!.object as unknown as { kind: string; code: number; reason: string; message: string };
  assert.deepEqual([status.kind, status.code, status.reason], ['Status', 410, 'Expired']);
  assert.match(status.message, /^too old resource version: 1 \(\d+\)$/);
  assert.equal(await old.brief(), 'end');
});

test('changes of what a selector sees are additions and deletions', async () => {
  await using server = await openTestRegistry();
  await create(server, 'a', { app: 'x' });
  const watch = new Watching(server, 'labelSelector=app%3Dx');
  assert.equal(await watch.brief(), 'ADDED a 1');
  await create(server, 'b');
  await label(server, 'a', { app: 'y' });
  await label(server, 'a', { app: 'x' });
  await label(server, 'a', { other: '1' });
  await label(server, 'b', { app: 'x' });
  assert.deepEqual(await watch.briefs(4), ['DELETED a 3', 'ADDED a 4', 'MODIFIED a 5', 'ADDED b 6']);
  watch.stop();
});

test('one object, one namespace, one field', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const one = new Watching(server, 'fieldSelector=metadata.name%3Da');
  const everywhere = new Watching(server, '', '/api/v1/configmaps');
  const other = new Watching(server, '', '/api/v1/namespaces/other/configmaps');
  const placed = new Watching(server, 'fieldSelector=spec.nodeName%3Dn1', '/api/v1/pods');
  await create(server, 'a');
  await create(server, 'b');
  await caller.do('POST', '/api/v1/namespaces/other/configmaps', { body: configMap('o') });
  const spec = (nodeName: string) => ({ nodeName, containers: [{ name: 'c', image: 'i' }] });
  await caller.do('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'p2' }, spec: spec('n2') } });
  await caller.do('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'p1' }, spec: spec('n1') } });
  await label(server, 'a', { x: '1' });
  assert.deepEqual(await one.briefs(2), ['ADDED a 1', 'MODIFIED a 6']);
  assert.deepEqual(await everywhere.briefs(4), ['ADDED a 1', 'ADDED b 2', 'ADDED o 3', 'MODIFIED a 6']);
  assert.deepEqual(await other.briefs(1), ['ADDED o 3']);
  assert.deepEqual(await placed.briefs(1), ['ADDED p1 5']);
});

test('watch list: initial events end with a bookmark', async () => {
  await using server = await openTestRegistry();
  await create(server, 'a');
  const watch = new Watching(server, 'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan');
  assert.equal(await watch.brief(), 'ADDED a 1');
  const end = await watch.next();
  assert.equal(end!.type, 'BOOKMARK');
  assert.deepEqual(end!.object, {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } },
  });
  await create(server, 'b');
  assert.equal(await watch.brief(), 'ADDED b 2');
  watch.stop();
  await assert.rejects(server.caller.reply('GET', `${CONFIG_MAPS}?watch=true&sendInitialEvents=true`), {
    code: 422,
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  });
  const nothing = new Watching(server, 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan');
  await create(server, 'c');
  assert.equal(await nothing.brief(), 'ADDED c 3');
});

test('bookmarks every minute and before the end', async () => {
  const clock = new SimClock();
  await using server = await openTestRegistry({ clock });
  await create(server, 'a');
  const watch = new Watching(server, 'resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=100');
  await clock.advance(60_000);
  assert.equal(await watch.brief(), 'BOOKMARK  1');
  await create(server, 'b');
  assert.equal(await watch.brief(), 'ADDED b 2');
  await clock.advance(38_000);
  assert.equal(await watch.brief(), 'BOOKMARK  2');
  await clock.advance(2_000);
  assert.equal(await watch.brief(), 'end');
});

test('a watcher that does not read is ended and slows nobody', async () => {
  await using server = await openTestRegistry();
  await create(server, 'a');
  const slow = new Watching(server, 'resourceVersion=1');
  await label(server, 'a', { n: 'first' });
  assert.equal(await slow.brief(), 'MODIFIED a 2');
  for (let i = 0; i < WATCH_BUFFER_EVENTS + 10; i++) await label(server, 'a', { n: String(i) });
  let last: Event | undefined;
  let count = 0;
  for (let event = await slow.next(); event; event = await slow.next()) {
    last = event;
    count++;
  }
  assert.equal(count, WATCH_BUFFER_EVENTS + 1);
  assert.equal(last!.type, 'ERROR');
  assert.equal((last!.object as unknown as { code: number }).code, 429);
});

test('a server that starts again serves what was written and lets watches resume', async () => {
  await using first = await openTestRegistry();
  await create(first, 'a');
  await create(first, 'b');
  await using second = await openTestRegistry({ store: first.store, storeIsShared: true });
  const list = await second.caller.do<ListJson>('GET', CONFIG_MAPS);
  assert.deepEqual(
    list.items.map(({ metadata }) => metadata.resourceVersion),
    ['1', '2'],
  );
  const watch = new Watching(second, 'resourceVersion=1');
  assert.equal(await watch.brief(), 'ADDED b 2');
  await create(first, 'c');
  assert.equal((await second.caller.do<ListJson>('GET', CONFIG_MAPS)).items.length, 3);
  assert.equal(await watch.brief(), 'ADDED c 3');
  watch.stop();
});

test('a watch that lasts tells ages of the moment of each event', async () => {
  const clock = new SimClock();
  await using server = await openTestRegistry({ clock });
  const abort = new AbortController();
  const shown = server.caller.watch(`${CONFIG_MAPS}?watch=true`, { accept: { as: 'Table' }, signal: abort.signal }) as AsyncGenerator<{ object: unknown }>;
  const age = async (event: Promise<IteratorResult<{ object: unknown }>>): Promise<unknown> => ((await event).value as { object: { rows: { cells: unknown[] }[] } }).object.rows[0]!.cells.at(-1);
  const first = shown.next();
  await clock.advance(60_000);
  await create(server, 'a');
  assert.equal(await age(first), '0s');
  await clock.advance(5_000);
  await label(server, 'a', { x: '1' });
  assert.equal(await age(shown.next()), '5s');
  abort.abort();
});
