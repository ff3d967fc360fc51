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
      uid: { claim: 'oid' },
      requiredClaims: [{ claim: 'hd', value: 'x' }],
    },
  ]);
});

test('expressions instead of claims', () => {
  const { jwt: found } = jwt({
    issuer: ISSUER,
    claimValidationRules: [{ expression: 'claims.email_verified == true', message: 'unverified' }, { claim: 'hd', requiredValue: 'x' }],
    claimMappings: {
      username: { expression: 'claims.email' },
      groups: { expression: 'claims.roles.split(",")' },
      uid: { expression: 'claims.sub' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.tenant' }],
    },
    userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'reserved' }],
  });
  const { requiredClaims, claimRules = [], userRules = [], extra = [] } = found[0]!;
  assert.deepEqual(requiredClaims, [{ claim: 'hd', value: 'x' }]);
  assert.deepEqual([...claimRules, ...userRules].map(({ message, program }) => [program.expression, message]), [
    ['claims.email_verified == true', 'unverified'],
    ["!user.username.startsWith('system:')", 'reserved'],
  ]);
  assert.deepEqual(extra.map(({ key, program }) => [key, program.expression]), [['example.com/tenant', 'claims.tenant']]);
  assert.throws(() => jwt({ issuer: ISSUER, claimMappings: { username: { expression: 'claims.?email.orValue("x")' } } }), /email_verified must be used/);
  assert.ok(jwt({ issuer: ISSUER, claimMappings: { username: { expression: 'claims.?email_verified.orValue(false) ? claims.email : claims.sub' } } }));
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
      { claimMappings: { username: { expression: 'claims.sub', prefix: 'x:' } } },
      /jwt\[0\].claimMappings.username.prefix: Invalid value: "x:": may not be specified when expression is set/,
    ],
    [{ claimMappings: { username: { expression: 'claim.sub' } } }, /username.expression: Invalid value: "claim.sub": compilation failed: ERROR: <input>:1:1: undeclared reference to 'claim' \(in container ''\)\n \| claim.sub\n \| \^/],
    [
      { claimMappings: { username: { expression: 'claims.email' } } },
      /username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra\[\*\].valueExpression or claimValidationRules\[\*\].expression when claims.email is used/,
    ],
    [{ claimMappings: { ...MAPPINGS, uid: { claim: 'a', expression: 'claims.a' } } }, /claimMappings.uid: Invalid value: "": claim and expression can't both be set/],
    [{ claimMappings: { ...MAPPINGS, extra: [{ key: 'x', valueExpression: 'claims.x' }] } }, /extra\[0\].key: Invalid value: "x": must be a domain-prefixed path/],
    [{ claimMappings: { ...MAPPINGS, extra: [{ key: 'a.k8s.io/x', valueExpression: '' }] } }, /k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use.*extra\[0\].valueExpression: Required value/],
    [{ claimMappings: { ...MAPPINGS, extra: ['', ''].map(() => ({ key: 'a.io/X', valueExpression: '1' })) } }, /extra\[0\].key: Invalid value: "a.io\/X": must be lowercase.*extra\[1\].key: Duplicate value: "a.io\/X"/],
    [{ claimValidationRules: [{ expression: 'claims.hd' }] }, /claimValidationRules\[0\].expression: Invalid value: "claims.hd": must evaluate to bool/],
    [{ claimValidationRules: [{ expression: 'true', requiredValue: 'x' }] }, /requiredValue: Invalid value: "x": may not be specified when expression is set/],
    [{ claimValidationRules: [{ expression: 'true' }, { expression: 'true' }] }, /claimValidationRules\[1\].expression: Duplicate value: "true"/],
    [{ claimValidationRules: [{ claim: 'a', message: 'x' }] }, /claimValidationRules\[0\].message: Invalid value: "x": may not be specified when claim is set/],
    [{ userValidationRules: [{ expression: 'user.name == ""' }] }, /userValidationRules\[0\].expression: .*undefined field 'name'/],
    [{ userValidationRules: [{ expression: 'user.username' }] }, /userValidationRules\[0\].expression: .*: must evaluate to bool/],
    [{ userValidationRules: [{ expression: '' }] }, /userValidationRules\[0\].expression: Required value/],
    [{ unknown: 1 }, /unknown field "jwt\[0\].unknown"/],
  ];
  for (const [change, message] of cases)
    assert.throws(() => jwt({ issuer: ISSUER, claimMappings: MAPPINGS, ...change }), message, JSON.stringify(change));
  assert.throws(() => readAuthenticationConfiguration('a: [', 'f', OWN), /^ConfigurationError: f: /);
});
