/**
 * The port of the API server: chosen by clusters that start at the same time, taken by a foreign program, moved.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, run } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));

interface Home {
  navarch(...args: string[]): Promise<Output>;
  up(name: string, ...more: string[]): Promise<Output>;
  kubectl(...args: string[]): Promise<Output>;
}

/** A navarch home of its own, whose clusters are deleted after the test. */
async function home(t: TestContext, clusters: readonly string[]): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-ports-'));
  const env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'config'), HOME: directory };
  const navarch = async (...args: string[]): Promise<Output> => run(launcher, args, { env });
  t.after(async () => {
    for (const name of clusters) await navarch('delete', '--name', name);
    await rm(directory, { recursive: true, force: true });
  });
  return {
    navarch,
    up: async (name, ...more) => navarch('up', '--name', name, '--runtime', 'simulated', ...more),
    kubectl: async (...args) => run(await systemKubectl(), args, { env }),
  };
}

async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const close = async (server: Server): Promise<void> => {
  server.close();
  await once(server, 'close');
};

const portOf = async (one: Home, name: string): Promise<string> => new URL((JSON.parse((await one.navarch('status', '--name', name, '-o', 'json')).stdout) as { api: string }).api).port;

for (const count of [2, 4]) {
  test(`${count} clusters of two homes that start at once get a port each`, async (t) => {
    const names = Array.from({ length: count }, (_, index) => `e2e-port-${count}-${index}`);
    const homes = await Promise.all([home(t, names), home(t, names)]);
    const started = await Promise.all(names.map(async (name, index) => homes[index % 2]!.up(name)));
    for (const { code, stderr } of started) assert.equal(code, 0, stderr);
    const ports = await Promise.all(names.map(async (name, index) => portOf(homes[index % 2]!, name)));
    assert.equal(new Set(ports).size, count, ports.join(' '));
    for (const [index, name] of names.entries()) {
      const { stdout, stderr } = await homes[index % 2]!.kubectl('--context', `navarch-${name}`, 'get', 'nodes', '-o', 'name');
      assert.equal(stdout, 'node/node-1\n', stderr);
    }
  });
}

test('a second up of the same name at the same time is told so, and harms nothing', async (t) => {
  const one = await home(t, ['e2e-port-same']);
  const [first, second] = await Promise.all([one.up('e2e-port-same'), one.up('e2e-port-same')]);
  const codes = [first.code, second.code];
  assert.ok(codes.includes(0), first.stderr + second.stderr);
  for (const { code, stderr } of [first, second]) if (code !== 0) assert.match(stderr, /another navarch command .*chang/);
  assert.equal((await one.kubectl('get', 'nodes', '-o', 'name')).stdout, 'node/node-1\n');
});

test('a port that a foreign program has is refused when it was asked for, and avoided when it was not', async (t) => {
  const one = await home(t, ['e2e-port-a', 'e2e-port-b']);
  const foreign = await occupy(0);
  t.after(() => foreign.close());
  const { port } = foreign.address() as AddressInfo;
  const refused = await one.up('e2e-port-a', '--api-port', String(port));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken; end what listens there, or choose another port: navarch up --name e2e-port-a --api-port PORT`));
  assert.match((await one.navarch('list')).stdout, /No clusters/);
  assert.equal((await one.up('e2e-port-a')).code, 0);
  assert.notEqual(await portOf(one, 'e2e-port-a'), String(port));
});

test('a stopped cluster keeps its port from new ones, says when it is taken, and moves', async (t) => {
  const one = await home(t, ['e2e-port-stays', 'e2e-port-new']);
  assert.equal((await one.up('e2e-port-stays')).code, 0);
  await one.kubectl('create', 'configmap', 'kept');
  const port = await portOf(one, 'e2e-port-stays');
  assert.match((await one.up('e2e-port-stays', '--api-port', '7999')).stderr, new RegExp(`runs with --api-port ${port}; stop it first`));
  await one.navarch('down', '--name', 'e2e-port-stays');
  assert.equal((await one.up('e2e-port-new')).code, 0);
  assert.notEqual(await portOf(one, 'e2e-port-new'), port);
  const foreign = await occupy(Number(port));
  t.after(() => foreign.close());
  assert.match((await one.up('e2e-port-stays')).stderr, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`));
  const spare = await occupy(0);
  const other = String((spare.address() as AddressInfo).port);
  await close(spare);
  assert.equal((await one.up('e2e-port-stays', '--api-port', other)).code, 0);
  assert.equal((await one.kubectl('--context', 'navarch-e2e-port-stays', 'get', 'configmap', 'kept', '-o', 'name')).stdout, 'configmap/kept\n');
});
