import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import { openTestServer } from '../testing/test-server.ts';
import { AuditIds } from './audit-ids.ts';

test('audit ids are distinct and look like UUIDs', () => {
  const ids = new AuditIds(seededRandom(1));
  const seen = new Set<string>();
  for (let i = 0; i < 200_000; i++) seen.add(ids.next());
  assert.equal(seen.size, 200_000);
  for (const id of [...seen].slice(0, 1_000)) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('what the policy names is logged, and as much of it as it says', async () => {
  const lines: Record<string, unknown>[] = [];
  await using cluster = await openTestServer({
    security: {
      staticTokens: [
        { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
        { token: 'bob', user: { name: 'bob', groups: [] } },
      ],
    },
    audit: {
      policy: {
        rules: [
          { level: 'None', users: ['system:apiserver'] },
          { level: 'RequestResponse', verbs: ['create'], resources: [{ resources: ['configmaps'] }] },
          { level: 'Metadata', resources: [{ resources: ['secrets', 'pods/*'] }], namespaces: ['default'] },
          { level: 'Metadata', nonResourceURLs: ['/metrics*'] },
        ],
      },
      sink: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    },
  });
  const root = { token: 'root' };
  await cluster.ask('/api/v1/namespaces/default/configmaps', { ...root, method: 'POST', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } });
  await cluster.ask('/api/v1/namespaces/default/configmaps/a', root);
  await cluster.ask('/api/v1/namespaces/default/secrets?limit=1', { token: 'bob' });
  await cluster.ask('/api/v1/namespaces/kube-system/secrets', root);
  await cluster.ask('/metrics', { ...root, headers: { 'impersonate-user': 'jane' } });
  assert.deepEqual(
    lines.map((line) => [line['level'], line['verb'], line['requestURI'], (line['responseStatus'] as { code: number }).code]),
    [
      ['RequestResponse', 'create', '/api/v1/namespaces/default/configmaps', 201],
      ['Metadata', 'list', '/api/v1/namespaces/default/secrets?limit=1', 403],
      ['Metadata', 'get', '/metrics', 403],
    ],
  );
  const [created, , impersonated] = lines;
  assert.equal((created!['requestObject'] as { metadata: { name: string } }).metadata.name, 'a');
  assert.ok((created!['responseObject'] as { metadata: { uid: string } }).metadata.uid);
  assert.deepEqual(created!['objectRef'], { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' });
  assert.equal((impersonated!['user'] as { username: string }).username, 'root');
  assert.equal((impersonated!['impersonatedUser'] as { username: string }).username, 'jane');
});
