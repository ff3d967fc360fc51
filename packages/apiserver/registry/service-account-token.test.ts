import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenSigner, TokenSpec } from '../authentication/token-signer.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';

test('tokens are bound to their account and pod', async () => {
  const signed: TokenSpec[] = [];
  const signer: TokenSigner = {
    issuer: 'https://issuer',
    audiences: ['https://issuer'],
    sign: (spec) => {
      signed.push(spec);
      return { token: 'signed', expirationTimestamp: '2026-01-01T01:00:00Z' };
    },
    signLegacy: () => 'legacy',
  };
  await using server = await openTestRegistry({ signer: () => signer });
  const { caller } = server;
  await caller.do('POST', ACCOUNTS, { body: { metadata: { name: 'a' } } });
  const ask = (spec: object, name = 'a') =>
    caller.do('POST', `${ACCOUNTS}/${name}/token`, { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec } });
  const plain = await ask({});
  assert.deepEqual(plain['status'], { token: 'signed', expirationTimestamp: '2026-01-01T01:00:00Z' });
  assert.deepEqual([signed[0]!.audiences, signed[0]!.expirationSeconds, signed[0]!.serviceAccount.name], [['https://issuer'], 3_600, 'a']);
  await assert.rejects(ask({ expirationSeconds: 5 }), {
    code: 422,
    message: /spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes/,
  });
  await assert.rejects(ask({}, 'none'), { code: 404, message: 'serviceaccounts "none" not found' });
  const pod = await caller.do<{ metadata: { uid: string } }>('POST', '/api/v1/namespaces/default/pods', {
    body: { metadata: { name: 'p' }, spec: { serviceAccountName: 'a', containers: [{ name: 'c', image: 'i' }] } },
  });
  const reference = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid };
  await ask({ audiences: ['vault'], boundObjectRef: reference });
  assert.deepEqual([signed[1]!.audiences, signed[1]!.pod], [['vault'], { name: 'p', uid: pod.metadata.uid }]);
  await assert.rejects(ask({ boundObjectRef: { ...reference, uid: 'other' } }), { code: 409 });
  await caller.do('POST', ACCOUNTS, { body: { metadata: { name: 'b' } } });
  await assert.rejects(ask({ boundObjectRef: reference }, 'b'), {
    code: 400,
    message: /cannot bind token for serviceaccount "b" to pod running with different serviceaccount name/,
  });
});
