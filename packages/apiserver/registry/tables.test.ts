import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, configMap } from '../testing/config-maps.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-registry.ts';

interface Table {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null;
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly conditions?: readonly { readonly type: string; readonly reason: string }[]; readonly object: { readonly kind: string } | null }[];
}

const accept = { as: 'Table' } as const;
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const FLOW_SCHEMAS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

const get = ({ caller }: TestRegistry, path: string): Promise<Table> => caller.do<Table>('GET', path, { accept });

test('rows carry as much of their objects as was asked for', async () => {
  await using server = await openTestRegistry();
  await server.caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  const kinds = async (query: string): Promise<unknown[]> => (await get(server, `${CONFIG_MAPS}${query}`)).rows.map(({ object }) => object && object.kind);
  assert.deepEqual(await kinds(''), ['PartialObjectMetadata']);
  assert.deepEqual(await kinds('?includeObject=Metadata'), ['PartialObjectMetadata']);
  assert.deepEqual(await kinds('?includeObject=Object'), ['ConfigMap']);
  assert.deepEqual(await kinds('?includeObject=None'), [null]);
  await assert.rejects(get(server, `${CONFIG_MAPS}?includeObject=All`), { code: 400, message: 'unrecognized includeObject value: "All"' });
});

test('what a delete answers is no table', async () => {
  await using server = await openTestRegistry();
  await server.caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  assert.equal((await server.caller.do<Table>('DELETE', `${CONFIG_MAPS}/a`, { accept })).kind, 'Status');
});

test('pods that have ended are marked', async () => {
  await using server = await openTestRegistry();
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const pod = await server.caller.do<object>('POST', PODS, { body });
  assert.equal((await get(server, `${PODS}/p`)).rows[0]!.conditions, undefined);
  await server.caller.do('PUT', `${PODS}/p/status`, { body: { ...pod, status: { phase: 'Failed' } } });
  const [row] = (await get(server, PODS)).rows;
  assert.deepEqual(row!.conditions?.map(({ type, reason }) => [type, reason]), [['Completed', 'Failed']]);
});

test('flow schemas are shown in the order in which they are tried', async () => {
  await using server = await openTestRegistry();
  for (const [name, matchingPrecedence] of [['c', 9], ['b', 500], ['a', 500]] as const) {
    const spec = { matchingPrecedence, priorityLevelConfiguration: { name: 'l' } };
    await server.caller.do('POST', FLOW_SCHEMAS, { body: { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name }, spec } });
  }
  assert.deepEqual((await get(server, FLOW_SCHEMAS)).rows.map(({ cells }) => cells[0]), ['c', 'a', 'b']);
});

test('a scale has columns of its own', async () => {
  await using server = await openTestRegistry();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
  await server.caller.do('POST', DEPLOYMENTS, { body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec } });
  const table = await get(server, `${DEPLOYMENTS}/d/scale`);
  assert.deepEqual(table.columnDefinitions?.map(({ name }) => name), ['Name', 'Desired', 'Available', 'Age']);
  assert.deepEqual(table.rows[0]!.cells.slice(0, 3), ['d', 2, 0]);
});

test('a watch names the columns once', async () => {
  await using server = await openTestRegistry();
  const abort = new AbortController();
  const shown = server.caller.watch(`${CONFIG_MAPS}?watch=true`, { accept, signal: abort.signal }) as AsyncGenerator<{ object: Table }>;
  const next = async (): Promise<Table> => ((await shown.next()).value as { object: Table }).object;
  const first = next();
  await server.caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  assert.deepEqual((await first).columnDefinitions?.map(({ name }) => name), ['Name', 'Data', 'Age']);
  await server.caller.do('DELETE', `${CONFIG_MAPS}/a`);
  assert.equal((await next()).columnDefinitions, null);
  abort.abort();
});
