import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAuthenticationConfiguration } from './authentication-configuration.ts';

const HEAD = 'apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n';
const OWN = ['https://kubernetes.default.svc'];
const MAPPINGS = { username: { claim: 'sub', prefix: '' } };
const ISSUER = { url: 'https://idp.example', audiences: ['app'] };
const jwt = (one: object) => readAuthenticationConfiguration(`${HEAD}jwt: ${JSON.stringify([one])}`, 'authn.yaml', OWN);

test('issuers and their claims', () => {
  const { jwt: found } = jwt({
    issuer: { ...ISSUER, discoveryURL: 'https://inside.example/discovery', audiences: ['a', 'b'], audienceMatchPolicy: 'MatchAny' },
    claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }],
    claimMappings: { username: { claim: 'email', prefix: 'oidc:' }, groups: { claim: 'roles', prefix: 'r:' }, uid: { claim: 'oid' } },
  });
  assert.deepEqual(found, [
    {
      issuer: 'https://idp.example',
      discoveryUrl: 'https://inside.example/discovery',
      audiences: ['a', 'b'],
      username: { claim: 'email', prefix: 'oidc:' },
      groups: { claim: 'roles', prefix: 'r:' },
      uidClaim: 'oid',
      requiredClaims: [{ claim: 'hd', value: 'x' }],
    },
  ]);
});

test('anonymous users', () => {
  const anonymous = (text: string) => readAuthenticationConfiguration(`${HEAD}anonymous: ${text}`, 'f', OWN).anonymous;
  assert.equal(anonymous('{enabled: false}'), 'nowhere');
  assert.equal(anonymous('{enabled: true}'), 'everywhere');
  assert.deepEqual(anonymous('{enabled: true, conditions: [{path: /livez}]}'), { paths: ['/livez'] });
  assert.equal(readAuthenticationConfiguration(`${HEAD}jwt: []`, 'f', OWN).anonymous, undefined);
  assert.throws(() => anonymous('{enabled: false, conditions: [{path: /livez}]}'), /enabled should be set to true when conditions are defined/);
});

test('what is wrong with a configuration', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ issuer: { ...ISSUER, url: '' } }, /jwt\[0\].issuer.url: Required value: URL is required/],
    [{ issuer: { ...ISSUER, url: 'http://x' } }, /jwt\[0\].issuer.url: Invalid value: "http:\/\/x": URL scheme must be https/],
    [
      { issuer: { ...ISSUER, url: 'https://u:p@x?a#b' } },
      /must not contain a username or password.*must not contain a query.*must not contain a fragment/,
    ],
    [{ issuer: { ...ISSUER, url: OWN[0] } }, /URL must not overlap with disallowed issuers: \[https:\/\/kubernetes.default.svc\]/],
    [{ issuer: { ...ISSUER, discoveryURL: ISSUER.url } }, /discoveryURL must be different from URL/],
    [{ issuer: { ...ISSUER, audiences: [] } }, /jwt\[0\].issuer.audiences: Required value: at least one jwt\[0\].issuer.audiences is required/],
    [{ issuer: { ...ISSUER, audiences: ['a', 'b'] } }, /audienceMatchPolicy must be set to MatchAny for multiple audiences/],
    [{ issuer: { ...ISSUER, certificateAuthority: 'x' } }, /data does not contain any valid RSA or ECDSA certificates/],
    [{ claimMappings: {} }, /jwt\[0\].claimMappings.username: Required value: claim or expression is required/],
    [
      { claimMappings: { username: { claim: 'sub' } } },
      /claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing/,
    ],
    [
      { claimMappings: { username: { expression: 'claims.sub' } } },
      /jwt\[0\].claimMappings.username.expression: Forbidden: expressions are not supported by this server: use claims/,
    ],
    [{ claimMappings: { ...MAPPINGS, extra: [{ key: 'a/b', valueExpression: 'claims.x' }] } }, /claimMappings.extra: Forbidden/],
    [{ claimValidationRules: [{ expression: 'true' }] }, /claimValidationRules\[0\].expression: Forbidden/],
    [{ userValidationRules: [{ expression: 'true' }] }, /userValidationRules: Forbidden/],
    [{ unknown: 1 }, /unknown field "jwt\[0\].unknown"/],
  ];
  for (const [change, message] of cases)
    assert.throws(() => jwt({ issuer: ISSUER, claimMappings: MAPPINGS, ...change }), message, JSON.stringify(change));
  assert.throws(() => readAuthenticationConfiguration('a: [', 'f', OWN), /^ConfigurationError: f: /);
});
