import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { UserError } from '../cluster/spec.ts';
import { readAccess } from './access.ts';
import { addAccessFlags, type AccessFlags } from './access-flags.ts';

async function directory(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), 'navarch-access-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function parse(args: readonly string[]): AccessFlags {
  return addAccessFlags(new Command()).exitOverride().parse(args, { from: 'user' }).opts<AccessFlags>();
}

const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://hook.example/authorize', tls-server-name: inside}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;
const AUTHENTICATION =
  'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true, conditions: [{path: /livez}]}\n';
const ADMISSION = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: restricted}
- name: EventRateLimit
  path: events.yaml
- name: SomethingElse
  path: missing.yaml
`;
const EVENTS = 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Namespace, qps: 50, burst: 100}]\n';

test('without flags everything is as usual', async () => {
  const { security, admission } = await readAccess(parse([]));
  assert.deepEqual(security.authorizers, [{ type: 'Node' }, { type: 'RBAC' }]);
  assert.deepEqual(security.jwt, []);
  assert.equal(security.anonymous, undefined);
  assert.deepEqual(admission, {});
});

test('flags and the files they name', async () => {
  await using files = await directory({ tokens: 't,alice,1,"a,b"\n', kubeconfig: KUBECONFIG, 'admission.yaml': ADMISSION, 'events.yaml': EVENTS });
  const at = (name: string) => join(files.path, name);
  const { security, admission } = await readAccess(
    parse([
      '--token-auth-file',
      at('tokens'),
      '--anonymous-auth=false',
      '--authorization-mode=Node,Webhook,RBAC',
      '--authorization-webhook-config-file',
      at('kubeconfig'),
      '--authorization-webhook-cache-authorized-ttl=1m',
      '--authentication-token-webhook-config-file',
      at('kubeconfig'),
      '--authentication-token-webhook-version=v1',
      '--service-account-issuer=https://a',
      '--service-account-issuer=https://b',
      '--oidc-issuer-url=https://idp',
      '--oidc-client-id=app',
      '--oidc-required-claim=hd=x',
      '--oidc-groups-claim=groups',
      '--oidc-signing-algs=ES256,RS256',
      '--service-account-max-token-expiration=2h',
      '--requestheader-username-headers=X-User',
      '--requestheader-allowed-names=a,b',
      '--enable-admission-plugins=EventRateLimit,AlwaysPullImages',
      '--disable-admission-plugins=PodSecurity',
      '--admission-control-config-file',
      at('admission.yaml'),
    ]),
  );
  assert.deepEqual(security.staticTokens, [{ token: 't', user: { name: 'alice', uid: '1', groups: ['a', 'b'] } }]);
  assert.equal(security.anonymous, 'nowhere');
  assert.deepEqual([security.issuer, security.formerIssuers, security.maxTokenSeconds], ['https://a', ['https://b'], 7200]);
  assert.deepEqual(security.jwt, [
    {
      issuer: 'https://idp',
      audiences: ['app'],
      username: { claim: 'sub', prefix: 'https://idp#' },
      groups: { claim: 'groups', prefix: '' },
      requiredClaims: [{ claim: 'hd', value: 'x' }],
      algorithms: ['ES256', 'RS256'],
    },
  ]);
  const [node, webhook, rbac] = security.authorizers ?? [];
  assert.deepEqual([node?.type, rbac?.type], ['Node', 'RBAC']);
  assert.ok(webhook?.type === 'Webhook');
  assert.deepEqual(
    [webhook.address.url.href, webhook.address.serverName, await webhook.address.token?.(), webhook.version, webhook.authorizedMs, webhook.onFailure],
    ['https://hook.example/authorize', 'inside', 'secret', 'v1beta1', 60_000, 'NoOpinion'],
  );
  assert.deepEqual([security.tokenWebhook?.version, security.tokenWebhook?.cacheMs], ['v1', 120_000]);
  assert.deepEqual([security.frontProxy?.headers?.user, security.frontProxy?.allowedNames], [['x-user'], ['a', 'b']]);
  assert.deepEqual([admission.enable, admission.disable], [['EventRateLimit', 'AlwaysPullImages'], ['PodSecurity']]);
  assert.equal(admission.plugins?.podSecurity?.defaults.enforce.level, 'restricted');
  assert.deepEqual(admission.plugins?.eventLimits, [{ type: 'Namespace', qps: 50, burst: 100 }]);
});

test('what cannot be', async () => {
  await using files = await directory({ authn: AUTHENTICATION, bad: 'x', tokens: 'a,b\n', empty: '{}' });
  const at = (name: string) => join(files.path, name);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--token-auth-file', at('none')], /the file .*none cannot be read: ENOENT/],
    [['--client-ca-file', at('bad')], /the file .*bad has no certificate/],
    [['--token-auth-file', at('tokens')], /must have at least 3 columns/],
    [['--oidc-issuer-url=https://idp'], /oidc-issuer-url and oidc-client-id must be specified together/],
    [['--oidc-issuer-url=http://idp', '--oidc-client-id=a'], /oidc-issuer-url: Invalid value: "http:\/\/idp": URL scheme must be https/],
    [['--authentication-config', at('authn'), '--oidc-client-id=a'], /mutually exclusive/],
    [['--authentication-config', at('authn'), '--anonymous-auth=true'], /--anonymous-auth flag cannot be set when anonymous field is configured/],
    [['--authorization-mode=ABAC'], /authorization-mode "ABAC" is not a valid mode/],
    [['--authorization-mode=RBAC,RBAC'], /authorization-mode \[RBAC RBAC\] has mode specified more than once/],
    [['--authorization-mode=Webhook'], /authorization-mode Webhook's authorization config file not passed/],
    [['--authorization-webhook-config-file', at('bad')], /cannot specify --authorization-webhook-config-file without mode Webhook/],
    [
      ['--authorization-mode=Webhook', '--authorization-webhook-config-file', at('empty')],
      /the kubeconfig .* cannot be used: no current context is set/,
    ],
    [['--authorization-config', at('bad'), '--authorization-mode=RBAC'], /--authorization-config can not be specified when/],
    [['--authorization-config', at('bad')], /no kind "" is registered for version ""/],
    [['--admission-control-config-file', at('bad')], /AdmissionConfiguration of apiserver.config.k8s.io\/v1/],
    [['--enable-admission-plugins=Nonsense'], /enable-admission-plugins plugin "Nonsense" is unknown/],
    [['--enable-admission-plugins=PodSecurity', '--disable-admission-plugins=PodSecurity'], /overlapped/],
    [['--service-account-max-token-expiration=10m'], /must be between 1 hour and 2\^32 seconds/],
    [['--authentication-token-webhook-config-file', at('none')], /cannot be used: ENOENT/],
  ];
  for (const [args, message] of cases) {
    await assert.rejects(readAccess(parse(args)), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
  const { security } = await readAccess(parse(['--authentication-config', at('authn')]));
  assert.deepEqual(security.anonymous, { paths: ['/livez'] });
});
