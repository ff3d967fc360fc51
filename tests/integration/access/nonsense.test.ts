/**
 * Credentials and headers that no client sends on purpose: each is answered, none harms the server.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOidcPeer } from '#apiserver/testing/oidc-peer.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';
import { systemClock } from '#base/clock.ts';

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

test('nonsense is refused, and the server goes on', async () => {
  await using provider = await openOidcPeer(() => systemClock.now() / 1000);
  const jwt = [
    {
      issuer: provider.issuer,
      certificateAuthority: provider.peer.ca,
      audiences: ['app'],
      username: { claim: 'sub', prefix: '' },
      groups: { claim: 'groups', prefix: '' },
    },
  ];
  const staticTokens = [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }];
  await using server = await openTestServer({ security: { jwt, staticTokens } });
  const claims = { iss: provider.issuer, aud: 'app', sub: 'x', exp: 9e9 };
  const tokens = [
    '',
    '.',
    '..',
    'a.b.c',
    'ünïcode',
    'x'.repeat(20_000),
    `${part('null')}.${part('null')}.`,
    `${part([])}.${part([])}.x`,
    `${part({ alg: 5 })}.${part(claims)}.AA`,
    ...['none', 'HS256', 'RS256', 'ES256', '__proto__', 'constructor'].map(
      (alg) => `${part({ alg, kid: 'key-0' })}.${part(claims)}.${part('signature')}`,
    ),
    ...[
      { sub: 'x'.repeat(5_000) },
      { groups: Array.from({ length: 500 }, (_, i) => `g${i}`) },
      { groups: { a: 1 } },
      { sub: null },
      { exp: -1 },
      { aud: null },
      { nbf: 'later' },
    ].map((more) => provider.token(more as Record<string, unknown>)),
    `abcdef.0123456789abcdef`,
  ].filter((token) => /^[\x20-\x7e]*$/.test(token));
  for (const token of tokens) {
    const { code } = await server.ask('/api/v1/namespaces', { headers: { authorization: `Bearer ${token}` } });
    assert.ok([401, 403].includes(code), `${code} for ${token.slice(0, 80)}`);
  }
  for (const authorization of ['', 'Bearer', 'bearer  ', 'Basic cm9vdDpyb290', 'Negotiate x', 'Bearer root extra', 'Bearer\troot']) {
    const { code } = await server.ask('/api/v1/namespaces', { headers: { authorization } });
    assert.equal(code, 401, JSON.stringify(authorization));
  }
  const impersonations: readonly (readonly [Record<string, string | string[]>, number])[] = [
    [{ 'Impersonate-User': '' }, 500],
    [{ 'Impersonate-Uid': 'x' }, 500],
    [{ 'Impersonate-Extra-': 'x' }, 500],
    [{ 'Impersonate-Nonsense': 'x' }, 500],
    [{ 'Impersonate-User': 'a', 'Impersonate-Extra-%zz': 'x' }, 403],
    [{ 'Impersonate-User': 'a', 'Impersonate-Extra-__proto__': 'x' }, 403],
    [{ 'Impersonate-User': 'system:serviceaccount:..:..' }, 403],
    [{ 'Impersonate-User': 'system:anonymous' }, 403],
    [{ 'Impersonate-User': 'a', 'Impersonate-Group': Array.from({ length: 300 }, (_, i) => `g${i}`) }, 403],
  ];
  for (const [headers, expected] of impersonations) {
    const { code } = await server.ask('/api/v1/namespaces', { token: 'root', headers });
    assert.equal(code, expected, JSON.stringify(headers).slice(0, 100));
  }
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"spec":5}',
    '{"spec":{"resourceAttributes":[]}}',
    '{"apiVersion":"v1","kind":"Pod"}',
    `{"spec":{"user":"a","resourceAttributes":{"labelSelector":{"requirements":[{"key":"${'k'.repeat(300)}","operator":"In","values":["%"]}]}}}}`,
  ];
  for (const review of [
    'authorization.k8s.io/v1/subjectaccessreviews',
    'authorization.k8s.io/v1/selfsubjectrulesreviews',
    'authentication.k8s.io/v1/tokenreviews',
    'certificates.k8s.io/v1/certificatesigningrequests',
  ]) {
    for (const body of bodies) {
      const { code, text } = await server.ask(`/apis/${review}`, { token: 'root', method: 'POST', body });
      assert.ok(code < 500, `${code} of ${review} for ${body.slice(0, 60)}: ${text}`);
    }
  }
  assert.equal((await server.ask('/readyz')).code, 200);
  assert.equal((await server.ask('/api/v1/namespaces', { token: 'root' })).code, 200);
});
