import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#kinds/core/node/schema.ts';
import { parseCidr } from '#machinery/ip.ts';
import { NodeAllocator } from './allocator.ts';
import { CidrSet } from './cidr-set.ts';

const cidr = (text: string) => parseCidr(text)!;

function nodeWith(name: string, podCIDRs: readonly string[] = [], uid = name): Node {
  const spec = podCIDRs.length > 0 ? { podCIDR: podCIDRs[0]!, podCIDRs: [...podCIDRs] } : {};
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, uid },
    spec,
    status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } } },
  } as unknown as Node;
}

test('blocks are given out in order and reused last', () => {
  const set = new CidrSet(cidr('10.244.0.0/22'), 24);
  assert.equal(set.allocate(), '10.244.0.0/24');
  assert.equal(set.allocate(), '10.244.1.0/24');
  set.release(cidr('10.244.0.0/24'));
  assert.equal(set.allocate(), '10.244.2.0/24');
  assert.equal(set.allocate(), '10.244.3.0/24');
  assert.equal(set.allocate(), '10.244.0.0/24');
  assert.equal(set.allocate(), undefined);
});

test('an occupied range takes every block it touches', () => {
  for (const { range, first } of [
    { range: '10.0.0.0/23', first: '10.0.2.0/24' },
    { range: '10.0.0.128/25', first: '10.0.1.0/24' },
    { range: '10.0.0.0/8', first: undefined },
    { range: '9.255.0.0/16', first: '10.0.0.0/24' },
    { range: '10.0.4.0/24', first: '10.0.0.0/24' },
    { range: 'fd00::/8', first: '10.0.0.0/24' },
  ]) {
    const set = new CidrSet(cidr('10.0.0.0/22'), 24);
    set.occupy(cidr(range));
    assert.equal(set.allocate(), first, range);
  }
});

test('IPv6 ranges are cut alike', () => {
  const set = new CidrSet(cidr('fd00:10:244::/56'), 64);
  assert.equal(set.allocate(), 'fd00:10:244::/64');
  assert.equal(set.allocate(), 'fd00:10:244:1::/64');
  assert.throws(() => new CidrSet(cidr('fd00::/32'), 64), /too big/);
});

test('a node keeps its blocks, a namesake gets new ones, a deleted one gives them back', () => {
  const allocator = new NodeAllocator({ clusterCidrs: ['10.244.0.0/22', 'fd00::/62'], serviceCidrs: ['10.244.0.0/24'] });
  allocator.observe(nodeWith('old', ['10.244.1.0/24']));
  const a = nodeWith('a');
  assert.deepEqual(allocator.allocate(a), ['10.244.2.0/24', 'fd00::/64']);
  assert.deepEqual(allocator.allocate(a), ['10.244.2.0/24', 'fd00::/64']);
  assert.deepEqual(allocator.allocate(nodeWith('a', [], 'other')), ['10.244.3.0/24', 'fd00:0:0:1::/64']);
  assert.deepEqual(allocator.allocate(nodeWith('b')), ['10.244.2.0/24', 'fd00:0:0:2::/64']);
  assert.equal(allocator.allocate(nodeWith('c')), undefined);
  allocator.release('old');
  assert.deepEqual(allocator.allocate(nodeWith('c')), ['10.244.1.0/24', 'fd00:0:0:3::/64']);
});
