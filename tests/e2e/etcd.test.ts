/**
 * Servers side by side on a real etcd of three members with TLS, as separate processes, while members and servers die.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#base/clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { connectKubeconfig } from '#client/connect.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { makeCertificates, memberFlags } from '#store/etcd/testing/etcd-certificates.ts';
import { startEtcd } from '#store/etcd/testing/etcd-process.ts';
import { eventually } from './fixture/run.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';
const forever = new AbortController().signal;
const PORTS = [17_441, 17_442];
const NAMESPACE = 'default';

interface ServerProcess {
  child: ChildProcess;
  client: Client;
  kubeconfig: string;
}

/** Starts `navarch server` and waits until it answers. */
async function startServer(home: string, endpoints: readonly string[], index: number): Promise<ServerProcess> {
  const dataDir = join(home, `server-${index}`);
  const tls = ['--etcd-cafile', join(home, 'ca.pem'), '--etcd-certfile', join(home, 'navarch.pem'), '--etcd-keyfile', join(home, 'navarch.key')];
  const store = ['--store', 'etcd', '--etcd-endpoints', endpoints.join(','), '--etcd-prefix', '/e2e', ...tls];
  const where = ['--data-dir', dataDir, '--pki-dir', join(home, 'pki'), '--secure-port', String(PORTS[index])];
  const child = spawn(launcher, ['server', ...where, ...store, '--simulated-nodes', '1'], { stdio: ['ignore', 'ignore', process.env['NAVARCH_TEST_LOG'] ? 'inherit' : 'ignore'] });
  const kubeconfig = join(dataDir, 'kubeconfig');
  return eventually('the server answers', async () => {
    assert.equal(child.exitCode, null, 'the server ended');
    if (!existsSync(kubeconfig)) return undefined;
    const transport = await connectKubeconfig(parseKubeconfig(await readFile(kubeconfig, 'utf8'), home), { userAgent: 'e2e', clock: systemClock });
    const client = createClient(transport);
    await client.of(configMaps).namespace('kube-system').get('extension-apiserver-authentication', AbortSignal.timeout(2_000));
    return { child, client, kubeconfig };
  });
}

async function kill({ child }: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Creates objects through `server` until told to stop; what it says was created must be there later, exactly once. */
async function keepCreating(server: () => ServerProcess, prefix: string, stop: AbortSignal): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>();
  for (let i = 0; !stop.aborted; i++) {
    const name = `${prefix}-${i}`;
    try {
      const made = await server().client.of(configMaps).namespace(NAMESPACE).create({ metadata: { name } }, {}, AbortSignal.timeout(20_000));
      acknowledged.set(name, made.metadata.uid!);
    } catch (error) {
      // Not acknowledged: it may or may not be there.
      if (isReason(error, 'AlreadyExists')) assert.fail(`${name} was created by a request that had failed before it was sent`);
      await systemClock.sleep(error instanceof StatusError ? 20 : 100);
    }
  }
  return acknowledged;
}

test('two servers, three members: whoever dies, nothing acknowledged is lost, and both show the same', { skip, timeout: 240_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'navarch-e2e-etcd-'));
  makeCertificates(home, 'member', 'navarch');
  await using cluster = await startEtcd({ members: 3, scheme: 'https', flags: memberFlags(home) });
  const servers = await Promise.all([0, 1].map((i) => startServer(home, i === 0 ? cluster.endpoints : cluster.endpoints.toReversed(), i)));
  const [one, two] = servers as [ServerProcess, ServerProcess];
  try {
    await one.client.of(deployments).namespace(NAMESPACE).create(
      {
        metadata: { name: 'web' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }], serviceAccountName: 'default' } } },
      },
      {},
      forever,
    );
    const running = async (count: number): Promise<boolean> => {
      const { items } = await two.client.of(pods).namespace(NAMESPACE).list({ labelSelector: 'app=web' }, AbortSignal.timeout(5_000));
      return items.filter(({ status }) => status.phase === 'Running').length === count;
    };
    await eventually('two pods run', () => running(2));

    const stop = new AbortController();
    const writers = [keepCreating(() => one, 'one', stop.signal), keepCreating(() => two, 'two', stop.signal)];
    for (let member = 0; member < 3; member++) {
      await cluster.kill(member);
      await systemClock.sleep(1_500);
      cluster.restart(member);
      await systemClock.sleep(1_500);
    }
    cluster.pause(1);
    await systemClock.sleep(4_000);
    cluster.resume(1);
    await systemClock.sleep(1_000);
    stop.abort();
    const [ofOne, ofTwo] = (await Promise.all(writers)) as [Map<string, string>, Map<string, string>];
    const acknowledged = new Map([...ofOne, ...ofTwo]);
    assert.ok(ofOne.size > 100 && ofTwo.size > 100, `${ofOne.size} and ${ofTwo.size} writes were acknowledged`);
    const uids = async (server: ServerProcess): Promise<Map<string, string>> => {
      const { items } = await server.client.of(configMaps).namespace(NAMESPACE).list({}, forever);
      return new Map(items.map(({ metadata }) => [metadata.name!, metadata.uid!]));
    };
    const [shownByOne, shownByTwo] = [await uids(one), await uids(two)];
    assert.deepEqual(shownByOne, shownByTwo);
    for (const [name, uid] of acknowledged) assert.equal(shownByTwo.get(name), uid, name);

    // The server that leads dies: the other takes over the controllers.
    await kill(one, 'SIGKILL');
    await two.client.of(deployments).namespace(NAMESPACE).patch('web', { type: 'merge', body: { spec: { replicas: 4 } } }, {}, forever);
    await eventually('the other server leads', () => running(4));
    servers[0] = await startServer(home, cluster.endpoints, 0);
    assert.deepEqual(await uids(servers[0]), await uids(two));
  } finally {
    for (const server of servers) await kill(server, 'SIGTERM');
    await rm(home, { recursive: true, force: true });
  }
});
