/** Priority and fairness as clients see it, over HTTP. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { flowSchemas } from '#kinds/flowcontrol/flow-schema/kind.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import type { PriorityLevelConfiguration } from '#kinds/flowcontrol/priority-level-configuration/schema.ts';
import type { Handler } from '../call.ts';
import { rawClient } from '../testing/raw-client.ts';
import { openTestServer } from '../testing/test-server.ts';

const { signal } = new AbortController();
let release = (): void => {};
let held = new Promise<void>(() => {});
const hold = (): void => void (held = new Promise((resolve) => (release = resolve)));
/** Calls that ask for it are held until they are let go. */
const around = (next: Handler): Handler => ({
  handle: (call) => (call.query.has('hold') ? held.then(() => next.handle(call)) : next.handle(call)),
});
const user = (name: string) => ({ token: name, user: { name, groups: ['system:authenticated'] } });
const server = await openTestServer({ around, totalSeats: 12, security: { authorizers: [{ type: 'AlwaysAllow' }], staticTokens: [user('ann'), user('ben'), user('carl'), user('root')] } });
after(() => server[Symbol.asyncDispose]());

async function level(name: string, limitResponse: NonNullable<NonNullable<PriorityLevelConfiguration['spec']>['limited']>['limitResponse'], ...names: string[]): Promise<void> {
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const spec = { type: 'Limited', limited: { nominalConcurrencyShares: 1, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse } } as const;
  await server.admin.of(priorityLevelConfigurations).create({ apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name }, spec } as Fresh<PriorityLevelConfiguration>, {}, signal);
  await server.admin.of(flowSchemas).create(
    {
      apiVersion,
      kind: 'FlowSchema',
      metadata: { name },
      spec: {
        priorityLevelConfiguration: { name },
        matchingPrecedence: 50,
        distinguisherMethod: { type: 'ByUser' },
        rules: [{ subjects: names.map((one) => ({ kind: 'User' as const, user: { name: one } })), resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }] }],
      },
    },
    {},
    signal,
  );
}

const metric = async (name: string): Promise<string[]> => (await server.ask('/metrics', { token: 'root' })).text.split('\n').filter((line) => line.startsWith(name));
const dump = async (what: string): Promise<string[][]> => (await server.ask(`/debug/api_priority_and_fairness/dump_${what}`, { token: 'root' })).text.trimEnd().split('\n').map((line) => line.split(/, */));
const rowOf = (rows: readonly (readonly string[])[], name: string): readonly string[] => rows.find(([first]) => first === name) ?? [];
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
};

await level('strict', { type: 'Reject' }, 'ann');
await level('patient', { type: 'Queue', queuing: { queues: 2, handSize: 1, queueLengthLimit: 2 } }, 'ben', 'carl');

test('a full level without queues refuses, in a line of text, and says when to come again', async () => {
  hold();
  const first = server.ask('/api/v1/namespaces?hold', { token: 'ann' });
  await until(async () => rowOf(await dump('priority_levels'), 'strict')[5] === '1');
  const refused = await server.ask('/api/v1/namespaces', { token: 'ann' });
  assert.deepEqual([refused.code, refused.text], [429, 'Too many requests, please try again later.\n']);
  assert.deepEqual([refused.headers['content-type'], refused.headers['retry-after']], ['text/plain; charset=utf-8', '1']);
  const uid = (await server.admin.of(flowSchemas).get('strict', signal)).metadata.uid;
  const levelUid = (await server.admin.of(priorityLevelConfigurations).get('strict', signal)).metadata.uid;
  assert.deepEqual([refused.headers['x-kubernetes-pf-flowschema-uid'], refused.headers['x-kubernetes-pf-prioritylevel-uid']], [uid, levelUid]);
  assert.equal((await server.ask('/api/v1/namespaces', { token: 'carl' })).code, 200, 'others are not concerned');
  release();
  assert.equal((await first).code, 200);
  assert.equal((await server.ask('/api/v1/namespaces', { token: 'ann' })).code, 200);
  assert.deepEqual(await metric('apiserver_flowcontrol_rejected_requests_total'), ['apiserver_flowcontrol_rejected_requests_total{priority_level="strict",flow_schema="strict",reason="concurrency-limit"} 1']);
  assert.deepEqual(rowOf(await dump('priority_levels'), 'strict').slice(1), ['0', 'true', 'false', '0', '0', '2', '1', '0', '0']);
});

test('requests wait in the queue of their flow, are shown there, and leave it with their client', async () => {
  hold();
  const running = server.ask('/api/v1/namespaces?hold', { token: 'ben' });
  await until(async () => rowOf(await dump('priority_levels'), 'patient')[5] === '1');
  const waiting = [server.ask('/api/v1/nodes', { token: 'ben' }), server.ask('/api/v1/namespaces/default/pods', { token: 'carl' })];
  const impatient = await rawClient(server.port);
  impatient.send('GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer carl\r\n\r\n');
  await until(async () => rowOf(await dump('priority_levels'), 'patient')[4] === '3');
  assert.deepEqual((await dump('queues')).filter(([name]) => name === 'patient').map((row) => row.slice(0, 3)), [['patient', '0', '2'], ['patient', '1', '1']]);
  const requests = (await dump('requests?includeRequestDetails=1')).filter(([name]) => name === 'patient');
  assert.deepEqual(requests.map((row) => [row[1], row[4], row[10], row[11], row[12], row[16]]).sort((a, b) => (String(a) < String(b) ? -1 : 1)), [
    ['patient', 'ben', 'ben', 'list', '/api/v1/nodes', 'nodes'],
    ['patient', 'carl', 'carl', 'list', '/api/v1/namespaces/default/pods', 'pods'],
    ['patient', 'carl', 'carl', 'list', '/api/v1/secrets', 'secrets'],
  ]);
  const full = await server.ask('/api/v1/services', { token: 'carl' });
  assert.equal(full.code, 429, 'a flow’s queue has a bound');
  impatient.socket.destroy();
  await until(async () => rowOf(await dump('priority_levels'), 'patient')[4] === '2');
  release();
  for (const reply of [running, ...waiting]) assert.equal((await reply).code, 200);
  assert.deepEqual((await metric('apiserver_flowcontrol_rejected_requests_total')).filter((line) => line.includes('patient')).sort(), [
    'apiserver_flowcontrol_rejected_requests_total{priority_level="patient",flow_schema="patient",reason="cancelled"} 1',
    'apiserver_flowcontrol_rejected_requests_total{priority_level="patient",flow_schema="patient",reason="queue-full"} 1',
  ]);
  assert.match((await metric('apiserver_flowcontrol_request_wait_duration_seconds_count{priority_level="patient",flow_schema="patient",execute="true"}'))[0]!, / 4$/);
});

test('each flow schema says whether its level exists, and says so again when that changes', async () => {
  const schemas = server.admin.of(flowSchemas);
  const condition = async (name: string) => (await schemas.get(name, signal)).status?.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message }));
  assert.deepEqual(await condition('system-nodes'), [
    { type: 'Dangling', status: 'False', reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "system" and it exists' },
  ]);
  await server.admin.of(priorityLevelConfigurations).delete('strict', {}, signal);
  await until(async () => (await condition('strict'))?.[0]?.status === 'True');
  assert.deepEqual(await condition('strict'), [
    { type: 'Dangling', status: 'True', reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "strict" but there is no such object' },
  ]);
});
