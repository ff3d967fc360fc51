import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { withZoneHints, zoneShares } from './topology-hints.ts';

const endpoint = (i: number, zone: string | undefined, ready = true): Endpoint => ({ addresses: [`10.0.0.${i}`], conditions: { ready }, targetRef: { uid: String(i) }, ...(zone ? { zone } : {}) }) as Endpoint;
const groupOf = (endpoints: readonly Endpoint[]) => [{ ports: [], endpoints }];
const node = (zone: string | undefined, cpu: string | undefined, ready = 'True', labels = {}): Node =>
  ({ metadata: { labels: { ...labels, ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}) } }, status: { conditions: [{ type: 'Ready', status: ready }], ...(cpu ? { allocatable: { cpu } } : {}) } }) as unknown as Node;
const hintsOf = (result: ReturnType<typeof withZoneHints>): (string | undefined)[] | string =>
  'problem' in result ? result.problem : result.groups.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name));
const half = new Map([['a', 0.5], ['b', 0.5]]);

test('zones share the load by the CPUs of their ready nodes', () => {
  const controlPlane = { 'node-role.kubernetes.io/control-plane': '' };
  assert.deepEqual(zoneShares([node('a', '3'), node('b', '1'), node('b', '4', 'False'), node('c', '8', 'True', controlPlane)]), new Map([['a', 0.75], ['b', 0.25]]));
  for (const nodes of [[], [node('a', '1')], [node('a', '1'), node(undefined, '1'), node('b', '1')], [node('a', '1'), node('b', undefined)]]) assert.equal(zoneShares(nodes), undefined);
});

test('endpoints serve their own zone; zones with too many give to those with too few', () => {
  const balanced = [endpoint(1, 'a'), endpoint(2, 'b'), endpoint(3, 'a', false)];
  assert.deepEqual(hintsOf(withZoneHints(groupOf(balanced), [], half)), ['a', 'b', undefined]);
  const lopsided = [1, 2, 3, 4].map((i) => endpoint(i, i === 4 ? 'b' : 'a'));
  assert.deepEqual(hintsOf(withZoneHints(groupOf(lopsided), [], half)), ['b', 'a', 'a', 'b']);
  assert.deepEqual(hintsOf(withZoneHints(groupOf(lopsided), [], new Map([['a', 0.75], ['b', 0.25]]))), ['a', 'a', 'a', 'b']);
});

test('hints stay while they are good', () => {
  const all = [1, 2, 3, 4].map((i) => endpoint(i, i === 4 ? 'b' : 'a'));
  const slice = { endpoints: all.map((one, i) => ({ ...one, hints: { forZones: [{ name: i === 1 || i === 3 ? 'b' : 'a' }] } })) } as unknown as EndpointSlice;
  assert.deepEqual(hintsOf(withZoneHints(groupOf(all), [slice], half)), ['a', 'b', 'a', 'b']);
  assert.deepEqual(hintsOf(withZoneHints(groupOf(all.slice(0, 2)), [slice], half)), ['a', 'b']);
  assert.deepEqual(hintsOf(withZoneHints(groupOf([...all, endpoint(5, 'b')]), [slice], new Map([['a', 0.6], ['b', 0.4]]))), ['a', 'a', 'a', 'b', 'b']);
});

test('says why there are no hints', () => {
  const one = groupOf([endpoint(1, 'a')]);
  assert.equal(hintsOf(withZoneHints(one, [], undefined)), 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes');
  assert.equal(hintsOf(withZoneHints(one, [], half)), 'Insufficient number of endpoints (1 endpoints, 2 zones)');
  const thirds = new Map([['a', 0.1], ['b', 0.45], ['c', 0.45]]);
  const three = groupOf([endpoint(1, 'a'), endpoint(2, 'b'), endpoint(3, 'c')]);
  assert.equal(hintsOf(withZoneHints(three, [], thirds)), 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 3 zones)');
  assert.equal(hintsOf(withZoneHints(groupOf([endpoint(1, 'a'), endpoint(2, undefined)]), [], half)), 'One or more endpoints do not have a zone specified');
});

test('no zone is overloaded, and a second look changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 3, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }), (zones, cpus) => {
      const total = cpus.reduce((sum, cpu) => sum + cpu, 0);
      const shares = new Map(['a', 'b', 'c'].map((zone, i) => [zone, cpus[i]! / total]));
      const first = withZoneHints(groupOf(zones.map((zone, i) => endpoint(i, zone))), [], shares);
      if ('problem' in first) return;
      const hints = hintsOf(first) as string[];
      for (const [zone, share] of shares) assert.ok(hints.filter((one) => one === zone).length >= Math.ceil(zones.length * share / 1.2) - 1);
      const slices = first.groups.map(({ endpoints }) => ({ endpoints })) as unknown as EndpointSlice[];
      assert.deepEqual(hintsOf(withZoneHints(groupOf(zones.map((zone, i) => endpoint(i, zone))), slices, shares)), hints);
    }),
  );
});
