/**
 * `navarch server` as a process of its own with files about access, asked by kubectl.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLocalPeer } from '#apiserver/testing/local-peer.ts';
import { openOidcPeer } from '#apiserver/testing/oidc-peer.ts';
import { systemClock } from '#base/clock.ts';
import { eventually, run } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const PORT = 17_461;

interface Review {
  readonly spec: { readonly user?: string; readonly resourceAttributes?: { readonly resource?: string } };
}

async function serve(args: readonly string[]) {
  const home = await mkdtemp(join(tmpdir(), 'navarch-e2e-access-'));
  const child = spawn(launcher, ['server', '--data-dir', home, '--store', 'memory', '--secure-port', String(PORT), ...args], {
    stdio: ['ignore', 'ignore', process.env['NAVARCH_TEST_LOG'] ? 'inherit' : 'ignore'],
  });
  const kubectl = await systemKubectl();
  const kubeconfig = join(home, 'kubeconfig');
  const ask = (...words: string[]) => run(kubectl, ['--kubeconfig', kubeconfig, ...words], { timeoutMs: 30_000, cwd: home });
  const as = (token: string, ...words: string[]) =>
    run(kubectl, ['--kubeconfig', '/dev/null', '--server', `https://127.0.0.1:${PORT}`, '--insecure-skip-tls-verify', '--token', token, ...words], {
      timeoutMs: 30_000,
      cwd: home,
    });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await rm(home, { recursive: true, force: true });
  };
  try {
    await eventually('the server answers', async () => {
      assert.equal(child.exitCode, null, 'the server ended');
      return existsSync(kubeconfig) && (await ask('get', '--raw', '/readyz')).code === 0;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask, as, [Symbol.asyncDispose]: stop };
}

test('tokens, providers, webhooks and admission of a server process', { timeout: 120_000 }, async () => {
  const files = await mkdtemp(join(tmpdir(), 'navarch-e2e-access-files-'));
  await using provider = await openOidcPeer(() => systemClock.now() / 1000);
  await using webhook = await openLocalPeer(({ body }) => {
    const review = JSON.parse(body) as Review;
    return {
      json: {
        ...review,
        status:
          review.spec.resourceAttributes?.resource === 'secrets'
            ? { allowed: false, denied: true, reason: 'secrets are secret' }
            : { allowed: review.spec.user === 'oidc:alice' },
      },
    };
  });
  const at = (name: string): string => join(files, name);
  await writeFile(at('tokens.csv'), 'bob-token,bob,2,"dev,ops"\n');
  await writeFile(
    at('hook.kubeconfig'),
    JSON.stringify({
      clusters: [{ name: 'h', cluster: { server: webhook.url, 'certificate-authority-data': Buffer.from(webhook.ca).toString('base64') } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'h', user: 'u' } }],
      'current-context': 'c',
    }),
  );
  const version = 'apiserver.config.k8s.io/v1';
  const issuer = { url: provider.issuer, certificateAuthority: provider.peer.ca, audiences: ['app'] };
  await writeFile(
    at('authn.yaml'),
    JSON.stringify({
      apiVersion: version,
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer,
          claimMappings: { username: { expression: "'oidc:' + claims.sub" } },
          claimValidationRules: [{ expression: '!claims.?suspended.orValue(false)', message: 'the account is suspended' }],
        },
      ],
    }),
  );
  const settings = {
    timeout: '3s',
    subjectAccessReviewVersion: 'v1',
    matchConditionSubjectAccessReviewVersion: 'v1',
    failurePolicy: 'Deny',
    authorizedTTL: '10s',
    unauthorizedTTL: '1s',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: at('hook.kubeconfig') },
    matchConditions: [{ expression: "request.user.startsWith('oidc:')" }],
  };
  const authorizers = [
    { type: 'Node', name: 'node' },
    { type: 'Webhook', name: 'hook', webhook: settings },
    { type: 'RBAC', name: 'rbac' },
  ];
  await writeFile(at('authz.yaml'), JSON.stringify({ apiVersion: version, kind: 'AuthorizationConfiguration', authorizers }));
  const podSecurity = {
    apiVersion: 'pod-security.admission.config.k8s.io/v1',
    kind: 'PodSecurityConfiguration',
    defaults: { enforce: 'baseline', warn: 'restricted' },
  };
  await writeFile(
    at('admission.yaml'),
    JSON.stringify({ apiVersion: version, kind: 'AdmissionConfiguration', plugins: [{ name: 'PodSecurity', configuration: podSecurity }] }),
  );
  try {
    await using server = await serve([
      '--token-auth-file',
      at('tokens.csv'),
      '--authentication-config',
      at('authn.yaml'),
      '--authorization-config',
      at('authz.yaml'),
      '--admission-control-config-file',
      at('admission.yaml'),
      '--enable-admission-plugins=AlwaysPullImages',
    ]);
    const bob = await server.as('bob-token', 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}');
    assert.equal(bob.stdout, 'bob ["dev","ops","system:authenticated"]', bob.stderr);
    const alice = provider.token();
    assert.equal((await server.as(alice, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).stdout, 'oidc:alice');
    assert.equal((await server.as(alice, 'get', 'pods')).code, 0);
    assert.match(
      (await server.as('bob-token', 'get', 'pods')).stderr,
      /pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"/,
    );
    assert.match(
      (await server.as(alice, 'get', 'secrets')).stderr,
      /secrets is forbidden: User "oidc:alice" cannot list resource "secrets".*: secrets are secret/,
    );
    assert.ok(webhook.requests.every(({ body }) => (JSON.parse(body) as Review).spec.user === 'oidc:alice'));
    assert.match((await server.as(provider.token({ suspended: true }), 'get', 'pods')).stderr, /You must be logged in to the server/);
    assert.match((await server.as('wrong', 'get', 'pods')).stderr, /You must be logged in to the server/);
    await eventually('the default account is there', async () => (await server.ask('get', 'serviceaccount', 'default')).code === 0);
    const run1 = await server.ask('run', 'web', '--image=nginx');
    assert.equal(run1.code, 0, run1.stderr);
    assert.match(
      run1.stderr,
      /Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "web" must set securityContext.allowPrivilegeEscalation=false\)/,
    );
    assert.equal((await server.ask('get', 'pod', 'web', '-o', 'jsonpath={.spec.containers[0].imagePullPolicy}')).stdout, 'Always');
    const run2 = await server.ask('run', 'root', '--image=nginx', '--privileged');
    assert.match(
      run2.stderr,
      /pods "root" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "root" must not set securityContext.privileged=true\)/,
    );
    assert.equal((await server.ask('auth', 'can-i', 'get', 'secrets', '--as', 'oidc:alice')).stdout.trim(), 'no - secrets are secret');
  } finally {
    await rm(files, { recursive: true, force: true });
  }
});

test('a server with flags that cannot be says so and ends', { timeout: 60_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'navarch-e2e-access-'));
  try {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['--authorization-mode=Nobody', /navarch: authorization-mode "Nobody" is not a valid mode/],
      ['--enable-admission-plugins=Nonsense', /enable-admission-plugins plugin "Nonsense" is unknown/],
      ['--token-auth-file=/does/not/exist', /navarch: the file \/does\/not\/exist cannot be read/],
    ];
    for (const [flag, words] of cases) {
      const ended = await run(launcher, ['server', '--data-dir', home, '--store', 'memory', '--secure-port', String(PORT), flag], {
        timeoutMs: 30_000,
      });
      assert.notEqual(ended.code, 0);
      assert.match(ended.stderr, words);
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
