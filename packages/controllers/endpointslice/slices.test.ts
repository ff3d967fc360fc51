import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { MAX_ENDPOINTS_PER_SLICE, planSlices } from './slices.ts';

const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80 }];
const endpoint = (i: number, ready = true): Endpoint => ({ addresses: [`10.0.0.${i}`], conditions: { ready }, targetRef: { uid: `u${i}` } });
const range = (from: number, to: number): Endpoint[] => Array.from({ length: to - from }, (_, i) => endpoint(from + i));
const slice = (name: string, endpoints: readonly Endpoint[], slicePorts = ports): EndpointSlice => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { name },
  addressType: 'IPv4',
  endpoints,
  ports: slicePorts,
});
const same = (): boolean => false;
const shape = (existing: EndpointSlice[], wanted: Endpoint[]) => {
  const { create, update, remove } = planSlices(existing, wanted.length > 0 ? [{ ports, endpoints: wanted }] : [], same);
  return {
    create: create.map(({ endpoints }) => endpoints.length),
    update: Object.fromEntries(update.map(({ metadata, endpoints }) => [metadata.name, endpoints.length])),
    remove: remove.map(({ metadata }) => metadata.name),
  };
};

test('slices are filled to their limit', () => {
  assert.deepEqual(shape([], range(0, 250)), { create: [100, 100, 50], update: {}, remove: [] });
  assert.equal(MAX_ENDPOINTS_PER_SLICE, 100);
});

test('what has not changed is not written', () => {
  assert.deepEqual(shape([slice('a', range(0, 3))], range(0, 3)), { create: [], update: {}, remove: [] });
});

test('a changed endpoint updates its slice only', () => {
  const wanted = [...range(0, 3), ...range(100, 101), endpoint(200, false)];
  assert.deepEqual(shape([slice('a', range(0, 3)), slice('b', [...range(100, 101), endpoint(200)])], wanted), { create: [], update: { b: 2 }, remove: [] });
});

test('new endpoints go where something changes anyway, then where all of them fit, then into a new slice', () => {
  assert.deepEqual(shape([slice('a', range(0, 10)), slice('b', range(20, 30))], [...range(0, 10), ...range(21, 30), ...range(50, 52)]), { create: [], update: { b: 11 }, remove: [] });
  assert.deepEqual(shape([slice('a', range(0, 60)), slice('b', range(60, 90))], [...range(0, 90), ...range(100, 105)]), { create: [], update: { a: 65 }, remove: [] });
  assert.deepEqual(shape([slice('a', range(0, 98))], [...range(0, 98), ...range(100, 105)]), { create: [5], update: {}, remove: [] });
});

test('the last endpoint leaves an empty slice behind, which stays', () => {
  const gone = planSlices([slice('a', range(0, 2))], [], same);
  assert.deepEqual(gone.update.map(({ metadata, endpoints, ports: left }) => [metadata.name, endpoints.length, left.length]), [['a', 0, 0]]);
  assert.deepEqual(shape([slice('a', [], [])], []), { create: [], update: {}, remove: [] });
  assert.deepEqual(shape([], []), { create: [0], update: {}, remove: [] });
  assert.deepEqual(shape([slice('a', [], [])], range(0, 1)), { create: [], update: { a: 1 }, remove: [] });
});

test('slices that are not needed any more go', () => {
  assert.deepEqual(shape([slice('a', range(0, 2)), slice('b', range(2, 4))], range(0, 2)), { create: [], update: {}, remove: ['b'] });
});
