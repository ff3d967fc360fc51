import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { expirationMs, signingToken } from './bootstrap-token.ts';
import { detachedSignature, signedData } from './signature.ts';

const token = { id: 'abcdef', secret: '0123456789abcdef' };

function secretOf(fields: Readonly<Record<string, string>>, name = 'bootstrap-token-abcdef'): Secret {
  const data = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...fields };
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  } as Secret;
}

test('tokens sign while they are whole, alive and meant to', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  for (const [secret, signs] of [
    [secretOf({}), true],
    [secretOf({ expiration: '2026-01-01T00:00:01Z' }), true],
    [secretOf({ expiration: '2026-01-01T00:00:00Z' }), false],
    [secretOf({ expiration: 'tomorrow' }), false],
    [secretOf({ 'usage-bootstrap-signing': 'false' }), false],
    [secretOf({ 'token-secret': '' }), false],
    [secretOf({}, 'bootstrap-token-other'), false],
    [{ ...secretOf({}), type: 'Opaque' }, false],
  ] as const) {
    assert.deepEqual(signingToken(secret, nowMs), signs ? token : undefined);
  }
  assert.equal(expirationMs(secretOf({})), undefined);
  assert.equal(expirationMs(secretOf({ expiration: 'never' })), 0);
});

test('a signature is a detached web signature', () => {
  // Made by another implementation of RFC 7515: header {"alg":"HS256","kid":"joshua"} over "payload" with key "my voice is my passport".
  const signature = detachedSignature('payload', { id: 'joshua', secret: 'my voice is my passport' });
  assert.equal(signature, 'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..-fAS8_3YPh-ZmJSS1a0AGCUwGoiCMaZzhETQWefbdfE');
});

test('exactly the living tokens have signed', () => {
  const signed = signedData({ kubeconfig: 'text', 'jws-kubeconfig-old': 'x', note: 'kept' }, [token]);
  assert.deepEqual(Object.keys(signed ?? {}).toSorted(), ['jws-kubeconfig-abcdef', 'kubeconfig', 'note']);
  assert.equal(signedData(signed ?? {}, [token]), undefined);
  assert.deepEqual(signedData(signed ?? {}, []), { kubeconfig: 'text', note: 'kept' });
  assert.equal(signedData({ note: 'nothing to sign' }, [token]), undefined);
});
