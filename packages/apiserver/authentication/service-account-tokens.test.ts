import assert from 'node:assert/strict';
import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { isSignedBy, parseToken, signToken, verifyingKey } from './jwt.ts';
import { createBootstrapTokens, createStaticTokens } from './known-tokens.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { createTokenSigner } from './token-signer.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const privateKey = key.export({ type: 'pkcs8', format: 'pem' }) as string;
const serviceAccount = { name: 'web', uid: 'sa-uid' };

function setup() {
  const clock = new SimClock();
  const caches = new FakeCaches();
  caches.put(serviceAccounts, { metadata: { namespace: 'ns', name: 'web', uid: 'sa-uid' } });
  caches.put(pods, { metadata: { namespace: 'ns', name: 'web-1', uid: 'pod-uid' } });
  caches.put(nodes, { metadata: { name: 'n1', uid: 'node-uid' } });
  const signer = createTokenSigner({ privateKey, issuer: ISSUER, audiences: [ISSUER], clock, random: seededRandom(1) });
  const tokens = new ServiceAccountTokens({ keys: () => [verifyingKey(privateKey)], issuers: [ISSUER], audiences: [ISSUER], caches, clock });
  return { clock, caches, signer, tokens };
}

const pod = { name: 'web-1', uid: 'pod-uid' };
const node = { name: 'n1', uid: 'node-uid' };

test('a token names its account, pod and node', () => {
  const { signer, tokens } = setup();
  const { token, expirationTimestamp } = signer.sign({ namespace: 'ns', serviceAccount, pod, node, audiences: [], expirationSeconds: 600 });
  assert.equal(expirationTimestamp, '2026-01-01T00:10:00Z');
  const identity = tokens.authenticate(token)!;
  assert.equal(identity.user.name, 'system:serviceaccount:ns:web');
  assert.equal(identity.user.uid, 'sa-uid');
  assert.deepEqual(identity.user.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
  const extra = { ...identity.user.extra };
  assert.match(extra['authentication.kubernetes.io/credential-id']![0]!, /^JTI=[0-9a-f-]{36}$/);
  delete extra['authentication.kubernetes.io/credential-id'];
  assert.deepEqual(extra, {
    'authentication.kubernetes.io/node-name': ['n1'],
    'authentication.kubernetes.io/node-uid': ['node-uid'],
    'authentication.kubernetes.io/pod-name': ['web-1'],
    'authentication.kubernetes.io/pod-uid': ['pod-uid'],
  });
  assert.equal(tokens.authenticate(token)!.user, identity.user, 'the same user by reference, so that decisions about it can be remembered');
  const { claims, header } = parseToken(token)!;
  assert.deepEqual(header, { alg: 'ES256', kid: verifyingKey(privateKey).id });
  assert.deepEqual(claims['aud'], [ISSUER]);
  assert.equal(claims['sub'], 'system:serviceaccount:ns:web');
});

test('a token ends with its time and with what it is bound to', async () => {
  const { clock, caches, signer, tokens } = setup();
  const { token } = signer.sign({ namespace: 'ns', serviceAccount, pod, audiences: [], expirationSeconds: 600 });
  assert.ok(tokens.authenticate(token));
  caches.put(pods, { metadata: { namespace: 'ns', name: 'web-1', uid: 'another' } });
  assert.throws(() => tokens.authenticate(token), /invalidated/);
  caches.put(pods, { metadata: { namespace: 'ns', name: 'web-1', uid: 'pod-uid', deletionTimestamp: '2026-01-01T00:00:00Z' } });
  assert.ok(tokens.authenticate(token), 'a pod that is being deleted keeps its token for a minute');
  await clock.advance(61_000);
  assert.throws(() => tokens.authenticate(token), /invalidated/);
  caches.put(pods, { metadata: { namespace: 'ns', name: 'web-1', uid: 'pod-uid' } });
  assert.ok(tokens.authenticate(token));
  await clock.advance(600_000);
  assert.throws(() => tokens.authenticate(token), /expired/);
  const fresh = signer.sign({ namespace: 'ns', serviceAccount, node, audiences: [], expirationSeconds: 600 });
  assert.ok(tokens.authenticate(fresh.token));
  caches.remove(nodes, '', 'n1');
  assert.throws(() => tokens.authenticate(fresh.token), /invalidated/);
  caches.remove(serviceAccounts, 'ns', 'web');
  assert.throws(() => tokens.authenticate(signer.sign({ namespace: 'ns', serviceAccount, audiences: [], expirationSeconds: 600 }).token), /invalidated/);
});

test('audiences must meet', () => {
  const { signer, tokens } = setup();
  const { token } = signer.sign({ namespace: 'ns', serviceAccount, audiences: ['vault', 'other'], expirationSeconds: 600 });
  assert.throws(() => tokens.authenticate(token), /token audiences \["vault","other"\] is invalid for the target audiences/);
  assert.deepEqual(tokens.authenticate(token, ['vault', 'x'])!.audiences, ['vault']);
});

test('the tokens that admission asks for live longer than they say', () => {
  const { signer } = setup();
  const extended = signer.sign({ namespace: 'ns', serviceAccount, pod, audiences: [], expirationSeconds: 3607 });
  assert.equal(extended.expirationTimestamp, '2026-01-01T01:00:07Z');
  const claims = parseToken(extended.token)!.claims as { exp: number; iat: number; 'kubernetes.io': { warnafter: number } };
  assert.equal(claims.exp - claims.iat, 365 * 24 * 3600);
  assert.equal(claims['kubernetes.io'].warnafter - claims.iat, 3607);
});

test('what others signed, or nobody, is refused', () => {
  const { signer, tokens, caches } = setup();
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const claims = parseToken(signer.sign({ namespace: 'ns', serviceAccount, audiences: [], expirationSeconds: 600 }).token)!.claims;
  assert.throws(() => tokens.authenticate(signToken(claims, other, verifyingKey(other).id)), /invalid bearer token/);
  assert.throws(() => tokens.authenticate(signToken(claims, other, verifyingKey(privateKey).id)), /invalid bearer token/);
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
  assert.throws(() => tokens.authenticate(unsigned), /invalid bearer token/);
  assert.equal(tokens.authenticate(signToken({ ...claims, iss: 'https://elsewhere' }, other, '')), undefined);
  for (const nonsense of ['', 'a', 'a.b.c', '..', 'e30.e30.', 'x'.repeat(100_000)]) assert.equal(tokens.authenticate(nonsense), undefined);
  const legacy = signer.signLegacy('ns', serviceAccount, 'web-token');
  assert.throws(() => tokens.authenticate(legacy), /invalidated/);
  const kept = (labels: Record<string, string>, token = legacy) => caches.put(secrets, { metadata: { namespace: 'ns', name: 'web-token', uid: 's', labels }, data: { token: Buffer.from(token).toString('base64') } });
  kept({});
  assert.equal(tokens.authenticate(legacy)!.user.name, 'system:serviceaccount:ns:web');
  kept({}, 'another');
  assert.throws(() => tokens.authenticate(legacy), /Token does not match server's copy/);
  kept({ 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' });
  assert.throws(() => tokens.authenticate(legacy), /the token in secret ns\/web-token for service account ns\/web has been marked invalid/);
});

test('static and bootstrap tokens', () => {
  const { clock, caches } = setup();
  const find = createStaticTokens([
    { token: 'secret1', user: { name: 'alice', uid: '1', groups: ['a', 'b'] } },
    { token: 'secret2', user: { name: 'carl', groups: [] } },
  ]);
  assert.deepEqual(find('secret1'), { name: 'alice', uid: '1', groups: ['a', 'b', 'system:authenticated'] });
  assert.deepEqual(find('secret2')!.groups, ['system:authenticated']);
  assert.equal(find('secret3'), undefined);
  const bootstrap = createBootstrapTokens(caches, clock);
  const encode = (data: Record<string, string>) => Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const put = (data: Record<string, string>) => caches.put(secrets, { metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' }, type: 'bootstrap.kubernetes.io/token', data: encode(data) });
  const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true', 'auth-extra-groups': 'system:bootstrappers:workers' };
  put(good);
  assert.deepEqual(bootstrap('abcdef.0123456789abcdef'), { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:bootstrappers:workers', 'system:authenticated'] });
  assert.equal(bootstrap('abcdef.0123456789abcdee'), undefined);
  put({ ...good, 'usage-bootstrap-authentication': 'false' });
  assert.equal(bootstrap('abcdef.0123456789abcdef'), undefined);
  put({ ...good, 'auth-extra-groups': 'system:masters' });
  assert.equal(bootstrap('abcdef.0123456789abcdef'), undefined);
  put({ ...good, expiration: '2025-12-31T23:59:59Z' });
  assert.throws(() => bootstrap('abcdef.0123456789abcdef'), /expired/);
});

const KEYS: readonly (readonly [string, () => KeyObject])[] = [
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
];
for (const [algorithm, makeKey] of KEYS) {
  test(`a key signs as it can: ${algorithm}`, () => {
    const text = makeKey().export({ type: 'pkcs8', format: 'pem' }) as string;
    const signer = createTokenSigner({ privateKey: text, issuer: ISSUER, audiences: [ISSUER], clock: new SimClock(), random: seededRandom(1) });
    const token = parseToken(signer.sign({ namespace: 'ns', serviceAccount, audiences: [], expirationSeconds: 600 }).token)!;
    assert.equal(token.header.alg, algorithm);
    assert.ok(isSignedBy(token, [verifyingKey(privateKey), verifyingKey(text)]));
    assert.ok(!isSignedBy(token, [verifyingKey(privateKey)]));
  });
}
