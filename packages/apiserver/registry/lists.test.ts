import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, configMap, type ConfigMapJson, type ListJson } from '../testing/config-maps.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-registry.ts';
import { StatusError } from '#machinery/status.ts';
import { SimClock } from '#base/testing/sim-clock.ts';

async function fill({ caller }: TestRegistry, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await caller.do('POST', CONFIG_MAPS, { body: configMap(`c${String(i).padStart(3, '0')}`, {}, { labels: { half: String(i % 2) } }) });
}

const names = (list: ListJson): string[] => list.items.map(({ metadata }) => metadata.name);

test('pages are consistent whatever is written meanwhile', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await fill(server, 25);
  await caller.do('POST', '/api/v1/namespaces/zz/configmaps', { body: configMap('other') });
  const first = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=10`);
  assert.equal(first.metadata.remainingItemCount, 15);
  await caller.do('DELETE', `${CONFIG_MAPS}/c012`);
  await caller.do('POST', CONFIG_MAPS, { body: configMap('c0115') });
  const second = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=10&continue=${first.metadata.continue}`);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.equal(second.metadata.remainingItemCount, 5);
  const third = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=10&continue=${second.metadata.continue}`);
  assert.equal(third.metadata.continue, undefined);
  assert.deepEqual(
    [...names(first), ...names(second), ...names(third)],
    Array.from({ length: 25 }, (_, i) => `c${String(i).padStart(3, '0')}`),
  );
  const now = await caller.do<ListJson>('GET', CONFIG_MAPS);
  assert.ok(names(now).includes('c0115') && !names(now).includes('c012'));
});

test('a page at a revision that only the store remembers', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await fill(server, 10);
  for (let i = 0; i < 10; i++) await caller.do('DELETE', `${CONFIG_MAPS}/c00${i}`);
  const then = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?resourceVersion=10&resourceVersionMatch=Exact&limit=4`);
  assert.equal(then.items.length, 4);
  assert.equal(then.metadata.remainingItemCount, 6);
  const rest = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?continue=${then.metadata.continue}`);
  assert.equal(rest.items.length, 6);
  assert.equal(rest.metadata.resourceVersion, '10');
});

test('an expired token names how to go on', async () => {
  await using server = await openTestRegistry();
  const { caller, store } = server;
  await fill(server, 10);
  const old = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?resourceVersion=5&resourceVersionMatch=Exact&limit=2`);
  await store.compact(9);
  const error = await caller.do('GET', `${CONFIG_MAPS}?limit=2&continue=${old.metadata.continue}`).then(
    () => assert.fail(),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, 410);
  assert.equal(error.reason, 'Expired');
  const next = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=2&continue=${error.listMeta.continue}`);
  assert.deepEqual(names(next), ['c002', 'c003']);
  await assert.rejects(caller.do('GET', `${CONFIG_MAPS}?resourceVersion=5&resourceVersionMatch=Exact`), {
    code: 410,
    message: 'The resourceVersion for the provided list is too old.',
  });
});

test('a token expires by compaction although its resource has not changed', async () => {
  await using server = await openTestRegistry();
  const { caller, store } = server;
  await fill(server, 3);
  const old = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=1`);
  const SECRETS = '/api/v1/namespaces/default/secrets';
  for (const name of ['a', 'b']) await caller.do('POST', SECRETS, { body: { kind: 'Secret', apiVersion: 'v1', metadata: { name } } });
  assert.deepEqual(names(await caller.do<ListJson>('GET', `${CONFIG_MAPS}?limit=1&continue=${old.metadata.continue}`)), ['c001']);
  await store.compact(await store.currentRevision());
  await assert.rejects(caller.do('GET', `${CONFIG_MAPS}?limit=1&continue=${old.metadata.continue}`), { code: 410, reason: 'Expired' });
});

test('selectors', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await fill(server, 10);
  const list = async (query: string) => names(await caller.do<ListJson>('GET', `${CONFIG_MAPS}?${query}`));
  assert.equal((await list('labelSelector=half%3D1')).length, 5);
  assert.deepEqual(await list('fieldSelector=metadata.name%3Dc003'), ['c003']);
  assert.deepEqual(await list('fieldSelector=metadata.name%3Dc003&labelSelector=half%3D0'), []);
  assert.equal((await list('fieldSelector=metadata.name!%3Dc003')).length, 9);
  const paged = await caller.do<ListJson>('GET', `${CONFIG_MAPS}?labelSelector=half%3D1&limit=3`);
  assert.equal(paged.items.length, 3);
  assert.equal(paged.metadata.remainingItemCount, undefined);
  await assert.rejects(list('fieldSelector=spec.foo%3D1'), {
    code: 400,
    message: '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
  });
  await assert.rejects(list('labelSelector=%3D'), { code: 400 });
});

test('resource versions of reads', async () => {
  const clock = new SimClock();
  await using server = await openTestRegistry({ clock });
  const { caller } = server;
  await fill(server, 3);
  const get = (version: string) => caller.do<ConfigMapJson>('GET', `${CONFIG_MAPS}/c000?resourceVersion=${version}`);
  assert.equal((await get('0')).metadata.name, 'c000');
  assert.equal((await get('3')).metadata.name, 'c000');
  await assert.rejects(get('x'), { code: 400, message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax' });
  const early = get('4');
  await caller.do('POST', CONFIG_MAPS, { body: configMap('later') });
  assert.equal((await early).metadata.name, 'c000');
  const late = get('100').then(
    () => assert.fail(),
    (thrown: unknown) => thrown,
  );
  await clock.advance(3_000);
  const error = await late;
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, 504);
  assert.equal(error.message, 'Timeout: Too large resource version: 100, current: 4');
  assert.deepEqual(error.details, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 });
  const list = (query: string) => caller.do<ListJson>('GET', `${CONFIG_MAPS}?${query}`);
  assert.equal((await list('resourceVersion=2&resourceVersionMatch=NotOlderThan')).items.length, 4);
  assert.equal((await list('resourceVersion=2&resourceVersionMatch=Exact')).items.length, 2);
  assert.equal((await list('resourceVersion=2')).items.length, 4);
  assert.equal((await list('resourceVersion=2&limit=9')).items.length, 2);
  assert.equal((await list('resourceVersion=0&limit=1')).items.length, 4);
  await assert.rejects(list('resourceVersionMatch=Exact'), { code: 422 });
  await assert.rejects(list('resourceVersion=0&resourceVersionMatch=Exact'), { code: 422 });
});

test('a table has the columns of the kind', async () => {
  await using server = await openTestRegistry();
  await fill(server, 2);
  interface Table {
    kind: string;
    columnDefinitions: { name: string }[];
    rows: { cells: unknown[]; object: { kind: string; metadata: { name: string } } }[];
  }
  const table = await server.caller.do<Table>('GET', CONFIG_MAPS, { accept: { as: 'Table' } });
  assert.deepEqual(
    table.columnDefinitions.map(({ name }) => name),
    ['Name', 'Data', 'Age'],
  );
  assert.equal(table.rows[0]!.cells[0], 'c000');
  assert.equal(table.rows[0]!.object.kind, 'PartialObjectMetadata');
  const partial = await server.caller.do<ListJson>('GET', CONFIG_MAPS, { accept: { as: 'PartialObjectMetadataList' } });
  assert.deepEqual(names(partial), ['c000', 'c001']);
});
