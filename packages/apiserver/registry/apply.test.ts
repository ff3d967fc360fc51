import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, configMap, type ConfigMapJson } from '../testing/config-maps.ts';
import { openTestRegistry } from '../testing/open-registry.ts';
import { isReason } from '#machinery/status.ts';

interface Managed {
  metadata: { managedFields: { manager: string; operation: string; subresource?: string; fieldsV1: object }[] };
}

const APPLY = 'application/apply-patch+yaml';
const applied = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

test('applying creates, changes nothing the second time, and removes what is no longer declared', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const apply = (data: object, query = '') =>
    caller.do<ConfigMapJson & Managed>('PATCH', `${CONFIG_MAPS}/a?fieldManager=one${query}`, { body: applied('a', data), mediaType: APPLY });
  const reply = await caller.reply('PATCH', `${CONFIG_MAPS}/a?fieldManager=one`, { body: applied('a', { x: '1', y: '1' }), mediaType: APPLY });
  assert.ok(reply.type === 'entry' && reply.code === 201);
  const again = await apply({ x: '1', y: '1' });
  assert.equal(again.metadata.resourceVersion, '1');
  const next = await apply({ x: '2' });
  assert.deepEqual(next.data, { x: '2' });
  assert.deepEqual(
    next.metadata.managedFields.map(({ manager, operation }) => [manager, operation]),
    [['one', 'Apply']],
  );
  await assert.rejects(
    caller.do('PATCH', `${CONFIG_MAPS}/a`, { body: applied('a', {}), mediaType: APPLY }),
    /fieldManager: Required value: is required for apply patch/,
  );
});

test('what another manager owns is a conflict, unless forced', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', `${CONFIG_MAPS}?fieldManager=first`, { body: configMap('a', { x: '1' }) });
  const apply = (query: string) =>
    caller.do<ConfigMapJson & Managed>('PATCH', `${CONFIG_MAPS}/a?fieldManager=second${query}`, { body: applied('a', { x: '2' }), mediaType: APPLY });
  await assert.rejects(apply(''), (error) => {
    assert.ok(isReason(error, 'Conflict'));
    assert.match(error.message, /^Apply failed with 1 conflict: conflict with "first" using v1: \.data\.x$/);
    assert.equal(error.details!.causes![0]!.reason, 'FieldManagerConflict');
    return true;
  });
  const forced = await apply('&force=true');
  assert.deepEqual(forced.data, { x: '2' });
});

test('updates are recorded too', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const made = await caller.do<Managed>('POST', CONFIG_MAPS, { body: configMap('a', { x: '1' }) });
  assert.deepEqual(
    made.metadata.managedFields.map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 })),
    [{ manager: 'test', operation: 'Update', fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } } }],
  );
  const patched = await caller.do<Managed>('PATCH', `${CONFIG_MAPS}/a?fieldManager=other`, {
    body: { data: { x: '2' } },
    mediaType: 'application/merge-patch+json',
  });
  assert.deepEqual(patched.metadata.managedFields.map(({ manager }) => manager).toSorted(), ['other', 'test']);
});
