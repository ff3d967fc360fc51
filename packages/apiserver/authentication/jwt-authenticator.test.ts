import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { CompiledExpression } from '#kinds/expressions.ts';
import { type OidcPeer, openOidcPeer } from '../testing/oidc-peer.ts';
import { compileClaimsRule, compileMapping, compileUserRule } from './claim-expressions.ts';
import { JwtAuthenticator, type JwtAuthenticatorConfig } from './jwt-authenticator.ts';

const SERVER = ['https://server'];

async function open(config: Partial<JwtAuthenticatorConfig> = {}) {
  const clock = new SimClock(Date.UTC(2026, 0, 1));
  const provider = await openOidcPeer(() => clock.now() / 1000);
  const authenticator = new JwtAuthenticator(
    { issuer: provider.issuer, certificateAuthority: provider.peer.ca, audiences: ['app'], username: { claim: 'sub', prefix: 'oidc:' }, ...config },
    { clock, log: silentLogger, serverAudiences: SERVER },
  );
  const stack = new AsyncDisposableStack();
  stack.use(provider);
  stack.use(authenticator);
  return { clock, provider, authenticator, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const fetches = (provider: OidcPeer): number => provider.peer.requests.filter(({ path }) => path === '/keys').length;

test('users, groups and uids from claims', async () => {
  await using env = await open({ groups: { claim: 'groups', prefix: 'g:' }, uid: { claim: 'uid' } });
  const { provider, authenticator } = env;
  const identity = await authenticator.authenticate(provider.token({ groups: ['a', 'b'], uid: '7' }));
  assert.deepEqual(identity, { user: { name: 'oidc:alice', uid: '7', groups: ['g:a', 'g:b', 'system:authenticated'] }, audiences: SERVER });
  const one = await authenticator.authenticate(provider.token({ groups: 'single' }));
  assert.deepEqual(one?.user.groups, ['g:single', 'system:authenticated']);
  assert.deepEqual((await authenticator.authenticate(provider.token()))?.user, { name: 'oidc:alice', groups: ['system:authenticated'] });
  assert.equal(await authenticator.authenticate('nonsense'), undefined);
  assert.equal(await authenticator.authenticate(provider.token({ iss: 'https://other' })), undefined);
  assert.equal(await authenticator.authenticate(provider.token(), ['https://elsewhere']), undefined);
});

test('users from expressions', async () => {
  const read = (compiled: CompiledExpression) => ('program' in compiled ? compiled.program : assert.fail(compiled.error));
  await using env = await open({
    username: { program: read(compileMapping("'idp:' + claims.email")) },
    groups: { program: read(compileMapping("claims.roles.map(r, 'role:' + r)")) },
    uid: { program: read(compileMapping('string(claims.id)')) },
    extra: [
      { key: 'example.com/tenant', program: read(compileMapping('claims.tenant')) },
      { key: 'example.com/none', program: read(compileMapping("claims.?nothing.orValue('')")) },
    ],
    claimRules: [{ program: read(compileClaimsRule('claims.email_verified == true')), message: 'the address is not verified' }],
    userRules: [{ program: read(compileUserRule("user.groups.all(g, !g.startsWith('role:system:'))")), message: 'reserved' }],
  });
  const { provider, authenticator } = env;
  const good = { email: 'a@x', email_verified: true, roles: ['dev'], id: 7, tenant: ['t', ''] };
  assert.deepEqual((await authenticator.authenticate(provider.token(good)))?.user, {
    name: 'idp:a@x',
    uid: '7',
    groups: ['role:dev', 'system:authenticated'],
    extra: { 'example.com/tenant': ['t'] },
  });
  const cases: readonly (readonly [object, string])[] = [
    [{ email: undefined }, "oidc: error evaluating username claim expression: expression ''idp:' + claims.email' resulted in error: no such key: email"],
    [{ roles: [1] }, "oidc: error evaluating group claim expression: expression 'claims.roles.map(r, 'role:' + r)' resulted in error: no such overload"],
    [{ tenant: [1] }, 'oidc: error evaluating extra claim expression: expression must return a string or a list of strings'],
    [{ email_verified: false }, "oidc: error evaluating claim validation expression: validation expression 'claims.email_verified == true' failed: the address is not verified"],
    [{ roles: ['system:masters'] }, "oidc: error evaluating user info validation rule: validation expression 'user.groups.all(g, !g.startsWith('role:system:'))' failed: reserved"],
  ];
  for (const [change, message] of cases) await assert.rejects(authenticator.authenticate(provider.token({ ...good, ...change })), { message });
});

test('what is wrong with a token', async () => {
  await using env = await open({
    username: { claim: 'email', prefix: '' },
    groups: { claim: 'groups', prefix: '' },
    requiredClaims: [{ claim: 'hd', value: 'x' }],
  });
  const { clock, provider, authenticator } = env;
  const good = { email: 'a@x', hd: 'x' };
  assert.equal((await authenticator.authenticate(provider.token(good)))?.user.name, 'a@x');
  const nowSeconds = clock.now() / 1000;
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ ...good, aud: 'other' }, /oidc: verify token: oidc: expected audience/],
    [{ ...good, aud: ['other', 'more'] }, /expected audience/],
    [{ ...good, exp: nowSeconds - 1 }, /token is expired/],
    [{ ...good, exp: 'soon' }, /token is expired/],
    [{ ...good, nbf: nowSeconds + 3600 }, /before the nbf/],
    [{ hd: 'x' }, /oidc: parse username claims "email": claim not present/],
    [{ ...good, email: 5 }, /a text is needed/],
    [{ ...good, email_verified: false }, /oidc: email not verified/],
    [{ email: 'a@x' }, /oidc: required claim hd not present in ID token/],
    [{ ...good, hd: 'y' }, /oidc: required claim hd value does not match. Got = y, want = x/],
    [{ ...good, groups: [1] }, /oidc: parse groups claim "groups"/],
  ];
  for (const [claims, message] of cases)
    await assert.rejects(authenticator.authenticate(provider.token(claims as Record<string, unknown>)), message, JSON.stringify(claims));
  const tampered = provider.token(good).replace(/\.[^.]*$/, '.AAAA');
  await assert.rejects(authenticator.authenticate(tampered), /failed to verify/);
  const [, claims] = provider.token(good).split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
  await assert.rejects(authenticator.authenticate(unsigned), /failed to verify/);
});

test('keys of every kind, and new ones', async () => {
  await using env = await open();
  const { clock, provider, authenticator } = env;
  const before = provider.token();
  assert.ok(await authenticator.authenticate(before));
  for (const algorithm of ['ES256', 'PS256', 'ES384', 'RS256'] as const) {
    provider.rotate(algorithm);
    await clock.advance(1_000);
    assert.ok(await authenticator.authenticate(provider.token()), algorithm);
  }
  assert.equal(fetches(provider), 5);
  // A key that is gone is not fetched for again and again.
  await assert.rejects(authenticator.authenticate(before), /failed to verify/);
  await assert.rejects(authenticator.authenticate(before), /failed to verify/);
  assert.equal(fetches(provider), 5);
});

test('algorithms that are not wanted', async () => {
  await using env = await open({ algorithms: ['ES256'] });
  await assert.rejects(env.authenticator.authenticate(env.provider.token()), /failed to verify/);
});

test('a provider that comes late', async () => {
  await using env = await open();
  const { clock, provider, authenticator } = env;
  const { answer } = provider.peer;
  await authenticator.authenticate(provider.token());
  await using late = await open();
  late.provider.peer.answer = () => ({ code: 503 });
  await assert.rejects(late.authenticator.authenticate(late.provider.token()), /oidc: authenticator not initialized/);
  late.provider.peer.answer = ({ path }) =>
    path === '/keys' ? { text: 'not json' } : { json: { issuer: 'https://liar', jwks_uri: 'https://liar/keys' } };
  await late.clock.advance(10_000);
  await assert.rejects(late.authenticator.authenticate(late.provider.token()), /not initialized/);
  provider.peer.answer = () => undefined;
  await clock.advance(2_000);
  provider.rotate();
  const waiting = authenticator.authenticate(provider.token());
  const refused = assert.rejects(waiting, /failed to verify/);
  await clock.advance(10_000);
  await refused;
  provider.peer.answer = answer;
  await clock.advance(60_000);
});
