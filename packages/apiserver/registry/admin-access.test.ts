import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestRegistry } from '../testing/open-registry.ts';

const apiVersion = 'resource.k8s.io/v1';
const spec = { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'c' } }, { name: 'b', exactly: { deviceClassName: 'c', adminAccess: true } }] } };
const NEEDED = 'Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';

test('devices are administered from namespaces that are labelled for it', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const labels = { 'resource.kubernetes.io/admin-access': 'true' };
  await caller.do('POST', '/api/v1/namespaces', { body: { metadata: { name: 'plain' } } });
  await caller.do('POST', '/api/v1/namespaces', { body: { metadata: { name: 'admins', labels } } });
  const make = (plural: string, kind: string, namespace: string, body: object): Promise<object> =>
    caller.do<object>('POST', `/apis/${apiVersion}/namespaces/${namespace}/${plural}`, { body: { apiVersion, kind, metadata: { name: 'x' }, ...body } });
  for (const [plural, kind, body] of [['resourceclaims', 'ResourceClaim', { spec }], ['resourceclaimtemplates', 'ResourceClaimTemplate', { spec: { spec } }]] as const) {
    await assert.rejects(make(plural, kind, 'plain', body), { code: 422, message: `${kind}.resource.k8s.io "x" is invalid: spec.devices.requests[1].adminAccess: ${NEEDED}` });
    await make(plural, kind, 'admins', body);
  }
});

test('what a claim got for administration, it may keep', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const label = (value: string): Promise<unknown> => caller.do('PUT', '/api/v1/namespaces/n', { body: { metadata: { name: 'n', labels: { 'resource.kubernetes.io/admin-access': value } } } });
  await caller.do('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } });
  await label('true');
  const path = `/apis/${apiVersion}/namespaces/n/resourceclaims`;
  const claim = await caller.do<object>('POST', path, { body: { apiVersion, kind: 'ResourceClaim', metadata: { name: 'x' }, spec } });
  const allocation = { devices: { results: [{ request: 'b', driver: 'd.example.com', pool: 'p', device: 'e', adminAccess: true }] } };
  const allocate = (): Promise<unknown> => caller.do('PUT', `${path}/x/status`, { body: { ...claim, metadata: { name: 'x', namespace: 'n' }, status: { allocation } } });
  await label('false');
  await assert.rejects(allocate(), { code: 422, message: `ResourceClaim.resource.k8s.io "x" is invalid: status.allocation.devices.results[0].adminAccess: ${NEEDED}` });
  await label('true');
  await allocate();
  await label('false');
  await allocate();
});
