import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { openMemoryRuntime } from '#cri/testing/memory-runtime.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { NodeFacts } from './node-object.ts';
import { startNodeReporter } from './node-reporter.ts';

const { signal } = new AbortController();
const machine = { machineId: 'm', systemUuid: 's', bootId: 'b', kernelVersion: '6', osImage: 'o', architecture: 'amd64', swapBytes: 0 };
const facts = { name: 'node-1', version: 'v1.36.0', machine, capacity: { cpu: '4' }, allocatable: { cpu: '3' }, addresses: [], labels: {}, taints: [], port: 1 } as unknown as NodeFacts;

test('what others advertise as capacity becomes allocatable, and goes with it', async () => {
  const clock = new SimClock();
  const client = createClient(new MemoryTransport());
  await using tasks = openTaskGroup((_task, error) => assert.fail(String(error)));
  startNodeReporter({ client, runtime: openMemoryRuntime(clock, []), recorder: { event() {} }, clock, log: silentLogger, tasks, facts, pressure: () => new Set(), volumesInUse: () => [] });
  const api = client.of(nodes);
  const allocatable = async () => (await api.get('node-1', signal)).status.allocatable;
  const advertise = (amount: string | null) => api.patch('node-1', { type: 'strategic', body: { status: { capacity: { 'example.com/foo': amount } } }, subresource: 'status' }, {}, signal);
  await clock.advance(1_000);
  assert.deepEqual(await allocatable(), { cpu: '3' });
  await clock.advance(10_000);
  const [lease] = (await client.of(leases).list({}, signal)).items;
  assert.deepEqual(lease?.metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: (await api.get('node-1', signal)).metadata.uid }]);
  await advertise('3');
  await clock.advance(20_000);
  assert.deepEqual(await allocatable(), { cpu: '3', 'example.com/foo': '3' });
  await advertise(null);
  await clock.advance(20_000);
  assert.deepEqual(await allocatable(), { cpu: '3' });
});
