import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestServer } from '../testing/test-server.ts';

test('an apply through scale names those whose field it would take by their own version and subresource', async () => {
  await using server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  const collection = '/apis/apps/v1/namespaces/default/deployments';
  const send = (method: string, path: string, body: unknown, type = 'application/json') => server.ask(path, { token: 'root', method, body, headers: { 'content-type': type } });
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await send('POST', `${collection}?fieldManager=maker`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template } });
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd', namespace: 'default' }, spec: { replicas: 5 } };
  const apply = (more = '') => send('PATCH', `${collection}/d/scale?fieldManager=scaler${more}`, { ...scale, spec: { replicas: 7 } }, 'application/apply-patch+yaml');
  assert.equal((await apply()).json().message, 'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas');
  await send('PUT', `${collection}/d/scale?fieldManager=hpa`, scale);
  assert.equal((await apply()).json().message, 'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas');
  assert.equal((await apply('&force=true')).code, 200);
  const { metadata } = (await send('GET', `${collection}/d`, undefined)).json<{ metadata: { managedFields: { manager: string; operation: string; apiVersion: string; subresource?: string }[] } }>();
  assert.deepEqual(metadata.managedFields.map(({ manager, operation, apiVersion, subresource }) => [manager, operation, apiVersion, subresource ?? '']), [
    ['scaler', 'Apply', 'apps/v1', 'scale'],
    ['maker', 'Update', 'apps/v1', ''],
  ]);
});
