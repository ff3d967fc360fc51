import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { startDnsService } from './service.ts';

const { signal } = new AbortController();
const random = seededRandom(1);
const node = (name: string, address: string): Node =>
  ({ kind: 'Node', apiVersion: 'v1', metadata: { name }, spec: {}, status: { addresses: [{ type: 'InternalIP', address }] } }) as unknown as Node;

async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await probe().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise(setImmediate);
  }
}

test('the service exists and its endpoints are the nodes, until a selector takes it over', async () => {
  const client = createClient(new MemoryTransport());
  await using informers = createInformerFactory({ client, clock: systemClock, random, log: silentLogger });
  await using _keeper = startDnsService({ client, informers, dnsIp: '10.96.0.10', port: 10053, clock: systemClock, random, log: silentLogger });
  const slices = client.of(endpointSlices).namespace('kube-system');
  const service = await until(() => client.of(services).namespace('kube-system').get('kube-dns', signal));
  assert.equal(service.spec.clusterIP, '10.96.0.10');
  await client.of(nodes).create(node('n1', '10.89.0.11'), {}, signal);
  await client.of(nodes).create(node('n2', '10.89.0.12'), {}, signal);
  const both = await until(async () => {
    const slice = await slices.get('kube-dns-nodes', signal);
    return slice.endpoints.length === 2 ? slice : undefined;
  });
  assert.deepEqual(
    both.endpoints.map(({ addresses, nodeName }) => [addresses[0], nodeName]),
    [
      ['10.89.0.11', 'n1'],
      ['10.89.0.12', 'n2'],
    ],
  );
  await client
    .of(services)
    .namespace('kube-system')
    .update({ ...service, spec: { ...service.spec, selector: { 'k8s-app': 'kube-dns' } } }, {}, signal);
  await until(() =>
    slices.get('kube-dns-nodes', signal).then(
      () => undefined,
      () => true,
    ),
  );
});
