/**
 * Controller manager and scheduler as processes of their own beside an API server: one of several leads, the next one follows.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openTestServer, type TestServer } from '#apiserver/testing/test-server.ts';
import { systemClock } from '#base/clock.ts';
import { renderKubeconfig } from '#client/kubeconfig.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { isReason } from '#machinery/status.ts';

const { signal } = new AbortController();
const MAIN = join(import.meta.dirname, '../../../apps/navarch/main.ts');

async function until<T>(what: string | (() => string), limitMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const startMs = systemClock.monotonicMs();
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() - startMs > limitMs) assert.fail(`${typeof what === 'string' ? what : what()}: not within ${limitMs} ms`);
    await systemClock.sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

interface Reply {
  readonly code: number;
  readonly text: string;
}

function ask(port: number, path: string, token?: string): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, ...(token ? { headers: { Authorization: `Bearer ${token}` } } : {}) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

describe('components alone', { timeout: 120_000 }, () => {
  let server: TestServer;
  let directory: string;
  const children: ChildProcess[] = [];
  const start = async (command: string, account: 'controller-manager' | 'scheduler', ...flags: readonly string[]): Promise<{ readonly child: ChildProcess; readonly port: number; readonly log: () => string }> => {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const { cert, key } = server.pki.client(account);
    const file = join(directory, `${account}.kubeconfig`);
    const config = {
      clusters: { c: { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': base64(server.pki.caCert) } },
      users: { u: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
      contexts: { x: { cluster: 'c', user: 'u' } },
      currentContext: 'x',
    };
    await writeFile(file, renderKubeconfig(config));
    const port = await freePort();
    const child = spawn(process.execPath, [MAIN, command, '--kubeconfig', file, '--bind-address', '127.0.0.1', '--secure-port', String(port), ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
    return { child, port, log: () => log };
  };
  const holder = async (name: string): Promise<string | undefined> => {
    try {
      return (await server.admin.of(leases).namespace('kube-system').get(name, signal)).spec.holderIdentity || undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => void (child.exitCode === null && child.signalCode === null ? child.once('exit', (code) => resolve(code)) : resolve(child.exitCode)));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'navarch-components-'));
    server = await openTestServer();
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map(ended));
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  test('a Deployment becomes bound pods, with the components’ own rights', async () => {
    const manager = await start('controller-manager', 'controller-manager', '--leader-elect=false', '--use-service-account-credentials', '--controllers=*,-ttl', '--concurrent-deployment-syncs=2');
    const scheduler = await start('scheduler', 'scheduler', '--leader-elect=false');
    const { admin } = server;
    const status = { capacity: { cpu: '4', memory: '8Gi', pods: '10' }, allocatable: { cpu: '4', memory: '8Gi', pods: '10' }, conditions: [{ type: 'Ready', status: 'True' }] };
    await admin.of(nodes).create({ metadata: { name: 'n' } }, {}, signal);
    await admin.of(nodes).patch('n', { type: 'merge', body: { status }, subresource: 'status' }, {}, signal);
    await until('the default account', 20_000, () => admin.of(serviceAccounts).namespace('default').get('default', signal).catch(() => undefined));
    const labels = { app: 'web' };
    await admin.of(deployments).namespace('default').create({ metadata: { name: 'web' }, spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }, {}, signal);
    await until(() => `bound pods\n${manager.log()}${scheduler.log()}`, 20_000, async () => {
      const { items } = await admin.of(pods).namespace('default').list({}, signal);
      return items.filter(({ spec }) => spec.nodeName === 'n').length === 3 || undefined;
    });
    assert.ok((await admin.of(namespaces).list({}, signal)).items.length > 0);
    assert.doesNotMatch(manager.log() + scheduler.log(), /forbidden/i);
    assert.deepEqual(await ask(manager.port, '/healthz'), { code: 200, text: 'ok' });
    assert.deepEqual(await ask(scheduler.port, '/livez'), { code: 200, text: 'ok' });
    assert.equal((await ask(manager.port, '/metrics'))?.code, 403);
    assert.equal((await ask(manager.port, '/metrics', 'nonsense'))?.code, 401);
    const { metadata } = await admin.of(serviceAccounts).namespace('kube-system').get('deployment-controller', signal);
    const weak = server.server.signer.sign({ namespace: 'kube-system', serviceAccount: { name: 'deployment-controller', uid: metadata.uid ?? '' }, audiences: [], expirationSeconds: 600 }).token;
    assert.match((await ask(manager.port, '/metrics', weak))?.text ?? '', /Forbidden: User "system:serviceaccount:kube-system:deployment-controller" cannot get path "\/metrics"/);
    for (const { child } of [manager, scheduler]) {
      child.kill('SIGTERM');
      assert.equal(await ended(child), 0);
    }
  });

  test('of two one leads; the other follows at once when it ends, and soon when it is killed', async () => {
    const flags = ['--controllers=namespace', '--use-service-account-credentials'];
    const all = [await start('controller-manager', 'controller-manager', ...flags), await start('controller-manager', 'controller-manager', ...flags)];
    const first = await until('a leader', 20_000, () => holder('kube-controller-manager'));
    assert.match(first, /_[0-9a-f-]{36}$/);
    await until('both to answer', 20_000, async () => ((await Promise.all(all.map(({ port }) => ask(port, '/healthz')))).every((reply) => reply?.code === 200) ? true : undefined));
    // Who leads is not in the answers that anybody may have: the one that is ended first may be either.
    const ending = systemClock.monotonicMs();
    all[0]!.child.kill('SIGTERM');
    assert.equal(await ended(all[0]!.child), 0);
    const second = await until('a leader after a graceful end', 10_000, () => holder('kube-controller-manager'));
    assert.ok(systemClock.monotonicMs() - ending < 10_000);
    const third = await start('controller-manager', 'controller-manager', ...flags);
    await until('the third to answer', 20_000, () => ask(third.port, '/healthz'));
    const killed = systemClock.monotonicMs();
    all[1]!.child.kill('SIGKILL');
    await until('a leader after a kill', 20_000, async () => {
      const now = await holder('kube-controller-manager');
      return now !== undefined && now !== second ? now : undefined;
    });
    assert.ok(systemClock.monotonicMs() - killed < 20_000);
    await server.admin.of(namespaces).create({ metadata: { name: 'gone' } }, {}, signal);
    await server.admin.of(namespaces).delete('gone', {}, signal);
    await until(() => `the new leader to work\n${third.log()}`, 10_000, () => server.admin.of(namespaces).get('gone', signal).then(() => undefined, () => true));
    third.child.kill('SIGTERM');
    assert.equal(await ended(third.child), 0);
    assert.equal(await holder('kube-controller-manager'), undefined, 'the lease is given up');
  });

  test('a misspelt controller is an error', async () => {
    const { child, log } = await start('controller-manager', 'controller-manager', '--controllers=*,-deploymint');
    assert.equal(await ended(child), 1);
    assert.match(log(), /navarch: --controllers: "deploymint" is not in the list of known controllers/);
  });
});
