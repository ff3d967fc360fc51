import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { startSimulatedNodes } from './simulated-nodes.ts';
import { COMPLETE_AFTER, EXIT_CODE } from './annotations.ts';

const { signal } = new AbortController();

async function eventually<T>(check: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    await systemClock.sleep(5, signal);
  }
}

async function openFleet(count: number) {
  const transport = new MemoryTransport();
  const client = createClient(transport);
  const clock = systemClock;
  const random = seededRandom(7);
  const stack = new AsyncDisposableStack();
  const informers = stack.use(createInformerFactory({ client, clock, random, log: silentLogger }));
  const fleet = stack.use(await startSimulatedNodes({ client, informers, clock, random, log: silentLogger, nodes: count, version: 'v1.36.0' }));
  return { client, fleet, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('simulated nodes', () => {
  it('register, hold leases and run pods', async () => {
    await using node = await openFleet(3);
    const { client } = node;
    const listed = await eventually(async () => {
      const { items } = await client.of(nodes).list({}, signal);
      return items.length === 3 && items;
    });
    assert.equal(listed[0]?.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    await eventually(async () => (await client.of(leases).list({}, signal)).items.length === 3);
    const api = client.of(pods).namespace('default');
    await api.create({ metadata: { name: 'web', namespace: 'default' }, spec: { nodeName: 'node-2', restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Pending' } }, {}, signal);
    const pod = await eventually(async () => {
      const found = await api.get('web', signal);
      return found.status.phase === 'Running' && found;
    });
    assert.equal(pod.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.match(pod.status.podIP ?? '', /^10\./);
    assert.equal(pod.status.hostIP, '100.64.0.2');
    await api.patch('web', { type: 'merge', body: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } } }, {}, signal);
    await eventually(async () => (await client.of(pods).list({}, signal)).items.length === 0);
  });

  it('end pods that have an end', async () => {
    await using node = await openFleet(1);
    const api = node.client.of(pods).namespace('default');
    const metadata = { name: 'job', namespace: 'default', annotations: { [COMPLETE_AFTER]: '0.05', [EXIT_CODE]: '3' } };
    await api.create({ metadata, spec: { nodeName: 'node-1', restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Pending' } }, {}, signal);
    const pod = await eventually(async () => {
      const found = await api.get('job', signal);
      return found.status.phase === 'Failed' && found;
    });
    assert.equal(pod.status.containerStatuses?.[0]?.state.terminated?.exitCode, 3);
  });

  it('leave pods of other nodes alone', async () => {
    await using node = await openFleet(1);
    const api = node.client.of(pods).namespace('default');
    for (const nodeName of ['elsewhere', 'node-1']) {
      await api.create({ metadata: { name: nodeName, namespace: 'default' }, spec: { nodeName, containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Pending' } }, {}, signal);
    }
    await eventually(async () => (await api.get('node-1', signal)).status.phase === 'Running');
    assert.equal((await api.get('elsewhere', signal)).status.phase, 'Pending');
  });
});
