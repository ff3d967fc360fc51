/**
 * The command line as a contract: what each command prints and leaves behind.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestCluster } from './fixture/cluster.ts';
import { run } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));

/** Everything on the machine that a cluster could leave behind. */
async function machineState(): Promise<Record<string, string>> {
  const of = async (file: string, ...args: string[]): Promise<string> => (await run(file, args)).stdout;
  return {
    links: (await of('ip', '-o', 'link')).replaceAll(/^\d+: ([^:@]+).*$/gm, '$1'),
    routes: await of('ip', 'route'),
    rules: await of('ip', 'rule'),
    namespaces: await of('ip', 'netns'),
    tables: await of('nft', 'list', 'tables'),
    mounts: (await readFile('/proc/self/mountinfo', 'utf8'))
      .replaceAll(/^\d+ \d+ /gm, '')
      // The machine's own: `ip netns` makes it when it is first used, and keeps it.
      .replaceAll(/^.* \/run\/netns .*\n/gm, ''),
    cgroups: (await of('find', '/sys/fs/cgroup', '-type', 'd', '-name', '*navarch*')),
    processes: (await of('ps', '-eo', 'args')).split('\n').filter((line) => /containerd|navarch\.js/.test(line) && !line.includes('<defunct>')).join('\n'),
  };
}

test('a cluster leaves the machine as it was, and up is a no-op on a running one', async () => {
  const before = await machineState();
  {
    await using cluster = await startTestCluster({ name: 'e2e-cli' });
    const again = await cluster.navarch(['up', '--name', 'e2e-cli']);
    assert.match(again.stderr, /already running/);
    const state = JSON.parse((await cluster.navarch(['status', '--name', 'e2e-cli', '-o', 'json'])).stdout) as { state: string; api: string; nodes: unknown[] };
    assert.equal(state.state, 'running');
    assert.equal(state.nodes.length, 1);
    assert.match((await cluster.navarch(['list'])).stdout, /e2e-cli\s+running\s+1\s+containerd/);
    assert.match((await cluster.navarch(['kubeconfig', '--name', 'e2e-cli'])).stdout, /current-context: /);
    assert.match((await cluster.navarch(['logs', '--name', 'e2e-cli', '--component', 'server'])).stdout, /"level":"info"/);
    assert.equal((await cluster.kubectl(['config', 'current-context'])).stdout, 'navarch-e2e-cli\n');
    const home = join(cluster.env['NAVARCH_HOME']!, 'clusters/e2e-cli');
    for (const file of ['kubeconfig', ...(await readdir(join(home, 'pki'))).filter((name) => name.endsWith('.key')).map((name) => `pki/${name}`)]) {
      assert.equal((await stat(join(home, file))).mode & 0o077, 0, `${file} is readable by others`);
    }
    const listening = (await run('ss', ['-Hltn'])).stdout.split('\n').filter((line) => line.includes(`:${new URL(state.api).port} `));
    for (const line of listening) assert.match(line, /127\.0\.0\.1:|10\.89\.\d+\.1:/);
    assert.equal((await cluster.navarch(['up', '--name', 'e2e-cli', '--nodes', '2'], { mayFail: true })).code, 1);
  }
  assert.deepEqual(await machineState(), before);
});

test('kubeconfig entries of others stay', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-cli-'));
  const env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'config'), HOME: directory };
  const kubectl = await systemKubectl();
  const theirs = 'apiVersion: v1\nkind: Config\n# mine\nclusters:\n- name: other\n  cluster: {server: "https://other"}\nusers: []\ncontexts:\n- name: other\n  context: {cluster: other, user: other}\ncurrent-context: other\n';
  try {
    await writeFile(env.KUBECONFIG, theirs);
    assert.equal((await run(launcher, ['up', '--name', 'e2e-sim', '--runtime', 'simulated', '--nodes', '3'], { env })).code, 0);
    const merged = await readFile(env.KUBECONFIG, 'utf8');
    assert.match(merged, /name: other/);
    assert.match(merged, /current-context: navarch-e2e-sim/);
    assert.match((await run(kubectl, ['get', 'nodes'], { env })).stdout, /node-3\s+Ready/);
    await run(kubectl, ['create', 'deployment', 'web', '--image=web', '--replicas=5'], { env });
    assert.equal((await run(kubectl, ['rollout', 'status', 'deployment/web', '--timeout=30s'], { env })).code, 0);
    assert.equal((await run(launcher, ['delete', '--name', 'e2e-sim'], { env })).code, 0);
    assert.match(await readFile(env.KUBECONFIG, 'utf8'), /# mine[\s\S]*name: other/);
  } finally {
    await run(launcher, ['delete', '--name', 'e2e-sim'], { env });
    await rm(directory, { recursive: true, force: true });
  }
});

test('mistakes get a message that says what to do', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-cli-'));
  const env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'config'), HOME: directory };
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['up', '--name', 'Not_A_Name'], /cluster name has up to 30 lower case/],
    [['up', '--nodes', 'zero'], /whole number from 1 to 5000/],
    [['up', '--name', 'x', '--api-port', String(port)], /port \d+ on 127\.0\.0\.1 is taken/],
    [['up', '--runtime', 'docker'], /Allowed choices are containerd, simulated/],
    [['down', '--name', 'nowhere'], /there is no cluster "nowhere"/],
    [['status', '--name', 'nowhere'], /create it with: navarch up --name nowhere/],
    [['image', 'load', '/nowhere.tar'], /there is no file/],
    [['flap'], /unknown command 'flap'/],
  ];
  try {
    for (const [args, message] of cases) {
      const { code, stderr } = await run(launcher, args, { env });
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, message);
    }
    for (const command of [[], ['up'], ['down'], ['status'], ['image'], ['logs']]) assert.match((await run(launcher, [...command, '--help'], { env })).stdout, /Usage: navarch/);
  } finally {
    taken.close();
    await rm(directory, { recursive: true, force: true });
  }
});

test('up says at once why a node cannot start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-cli-'));
  const tools = join(directory, 'tools');
  await mkdir(tools);
  const unshare = '#!/bin/sh\ncase "$*" in *--mount=*) echo "no namespaces left" >&2; exit 1;; esac\nexec /usr/bin/unshare "$@"\n';
  await writeFile(join(tools, 'unshare'), unshare, { mode: 0o755 });
  const env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'config'), HOME: directory, PATH: `${tools}:${process.env['PATH']}` };
  try {
    const { code, stderr } = await run(launcher, ['up', '--name', 'e2e-unstarted', '--egress', 'off'], { env });
    assert.equal(code, 1);
    assert.match(stderr, /node-1 could not be started: .*no namespaces left\. See: navarch logs --name e2e-unstarted/);
  } finally {
    await run(launcher, ['delete', '--name', 'e2e-unstarted'], { env });
    await rm(directory, { recursive: true, force: true });
  }
});
