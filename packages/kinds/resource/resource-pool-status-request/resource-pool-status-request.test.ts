import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { resourcePoolStatusRequests } from './kind.ts';

const request = (spec: object): object => ({ kind: 'ResourcePoolStatusRequest', apiVersion: 'resource.k8s.io/v1alpha3', metadata: { name: 'r' }, spec: { driver: 'gpu.example.com', ...spec } });
const pool = (members: object): object => ({ poolCount: 1, pools: [{ driver: 'gpu.example.com', poolName: 'n', generation: 1, ...members }] });
const POOL = 'status.pools[0]';

createCases(resourcePoolStatusRequests, {
  request: [request({ driver: 'GPU.example.com', poolName: 'racks/1', limit: 1000 }), []],
  'no driver': [request({ driver: '' }), ['spec.driver: Required value']],
  'no pool': [request({ poolName: '' }), ['spec.poolName: Required value']],
  'low limit': [request({ limit: 0 }), ['spec.limit: Invalid value: 0: must be greater than or equal to 1']],
  'high limit': [request({ limit: 1001 }), ['spec.limit: Invalid value: 1001: must be less than or equal to 1000']],
});
updateCases(resourcePoolStatusRequests, request({}), {
  spec: [(draft) => void (draft.spec!.limit = 5), ['spec: Invalid value: {"driver":"gpu.example.com","limit":5}: field is immutable']],
});
statusCases(resourcePoolStatusRequests, request({}), {
  answer: [{}, pool({ resourceSliceCount: 1, totalDevices: 4, allocatedDevices: 1, availableDevices: 3, unavailableDevices: 0, nodeName: 'n' }), []],
  'no count': [{}, {}, ['status.poolCount: Required value']],
  'bad counts': [
    {},
    pool({ resourceSliceCount: 0, totalDevices: -1, generation: -1 }),
    [
      `${POOL}.resourceSliceCount: Invalid value: 0: must be greater than or equal to 1`,
      `${POOL}.generation: Invalid value: -1: must be greater than or equal to 0`,
      `${POOL}.totalDevices: Invalid value: -1: must be greater than or equal to 0`,
    ],
  ],
  'long error': [{}, pool({ validationError: 'x'.repeat(257) }), [`${POOL}.validationError: Too long: may not be more than 256 bytes`]],
});

test('limit', () => assert.equal(created(resourcePoolStatusRequests, request({})).spec.limit, 100));
