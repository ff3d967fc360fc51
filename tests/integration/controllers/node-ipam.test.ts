import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeIpamController } from '#controllers/node-ipam/controller.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

test('nodes get blocks that are free, and the blocks of deleted nodes are used again', async () => {
  const env = await openControlPlane([nodeIpamController({ clusterCidrs: ['10.244.0.0/22'] })]);
  const api = env.client.of(nodes);
  const blocks = async () => Object.fromEntries((await env.list(nodes)).map((node) => [node.metadata.name, node.spec.podCIDRs?.join()]));
  await api.create({ metadata: { name: 'a' }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } }, {}, never);
  for (const name of ['b', 'c', 'd']) await api.create({ metadata: { name } }, {}, never);
  const first = await blocks();
  assert.deepEqual(
    Object.values(first).toSorted((a, b) => String(a).localeCompare(String(b))),
    ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24'],
  );
  assert.equal((await api.get('b', never)).spec.podCIDR, first['b']);
  await api.create({ metadata: { name: 'e' } }, {}, never);
  assert.equal((await blocks())['e'], undefined);
  assert.deepEqual(await env.events('Node'), ['CIDRNotAvailable: Node e status is now: CIDRNotAvailable']);
  await api.delete('b', {}, never);
  await env.clock.advance(61_000);
  assert.equal((await blocks())['e'], first['b']);
});
