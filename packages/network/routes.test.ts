import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Node } from '#kinds/core/node/schema.ts';
import { cniConfig } from './cni.ts';
import { desiredRoutes, routeChanges } from './routes.ts';

const node = (name: string, address: string | undefined, ...podCIDRs: string[]): Node =>
  ({
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name },
    spec: podCIDRs.length > 0 ? { podCIDR: podCIDRs[0], podCIDRs } : {},
    status: {
      addresses: address
        ? [
            { type: 'Hostname', address: name },
            { type: 'InternalIP', address },
          ]
        : [],
    },
  }) as unknown as Node;

test('every other node that has an address and a range gets a route', () => {
  const nodes = [
    node('a', '10.0.0.1', '10.244.0.0/24'),
    node('b', '10.0.0.2', '10.244.1.0/24', 'fd00:1::/64'),
    node('c', undefined, '10.244.2.0/24'),
    node('d', '10.0.0.4'),
  ];
  assert.deepEqual([...desiredRoutes(nodes, 'a')], [['10.244.1.0/24', '10.0.0.2']]);
});

test('changes turn what is into what is wanted', () => {
  const table = fc.dictionary(fc.constantFrom('10.1.0.0/24', '10.2.0.0/24', '10.3.0.0/24'), fc.constantFrom('10.0.0.1', '10.0.0.2'));
  fc.assert(
    fc.property(table, table, (present, wanted) => {
      const kernel = new Map<string, string>(Object.entries(present));
      for (const line of routeChanges(kernel, new Map(Object.entries(wanted)))) {
        const [, verb, range, , gateway] = line.split(' ') as [string, string, string, string, string];
        if (verb === 'delete') assert.ok(kernel.delete(range));
        else kernel.set(range, gateway);
      }
      assert.deepEqual(Object.fromEntries(kernel), { ...wanted });
      assert.deepEqual(routeChanges(kernel, new Map(Object.entries(wanted))), []);
    }),
  );
});

test('the CNI configuration maps ports only where iptables is there', () => {
  const types = (portMappings: boolean) => {
    const config = cniConfig({ ipamDirectory: '/ipam', podCidrs: ['10.244.1.0/24'], portMappings }) as { plugins: { type: string }[] };
    return config.plugins.map((plugin) => plugin.type);
  };
  assert.deepEqual(types(true), ['bridge', 'portmap', 'bandwidth']);
  assert.deepEqual(types(false), ['bridge', 'bandwidth']);
});
