/**
 * `navarch backup` and `navarch restore`, as a user types them, for every engine.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEtcd } from '#store/etcd/testing/etcd-process.ts';
import { startTestCluster } from './fixture/cluster.ts';
import { eventually, run } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const noEtcd = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';

test('a cluster is backed up while it is written to, and brought back; watches of before begin anew', { timeout: 180_000 }, async () => {
  await using cluster = await startTestCluster({ name: 'e2e-backup', runtime: 'simulated', nodes: 2 });
  const { navarch, kubectl } = cluster;
  const name = ['--name', 'e2e-backup'];
  const directory = await mkdtemp(join(tmpdir(), 'navarch-backup-'));
  const file = join(directory, 'cluster.backup');
  const names = async (): Promise<string[]> => (await kubectl(['get', 'configmap', '-o', 'name'])).stdout.split('\n').filter((one) => one.includes('cm-'));
  const revision = async (): Promise<number> => {
    const list = JSON.parse((await kubectl(['get', '--raw', '/api/v1/namespaces/default/configmaps'])).stdout) as { metadata: { resourceVersion: string } };
    return Number(list.metadata.resourceVersion);
  };
  const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { code, stderr } = await navarch(args, { mayFail: true });
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  };
  try {
    await kubectl(['create', 'deployment', 'web', '--image=x', '--replicas=3']);
    await kubectl(['create', 'configmap', 'cm-before']);
    await kubectl(['rollout', 'status', 'deployment/web']);
    const writing = (async () => {
      for (let i = 0; i < 20; i++) await kubectl(['create', 'configmap', `cm-${i}`]);
    })();
    await eventually('writes go on', async () => (await names()).length > 3);
    const { stdout } = await navarch(['backup', ...name, file]);
    assert.match(stdout, /cluster\.backup: \d+ keys at revision \d+, \d+\.\d MB/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await writing;
    const late = await names();
    const version = await revision();

    await refused(['backup', ...name, file], /exists; choose another name, or say --force/);
    await refused(['restore', ...name, file], /cluster "e2e-backup" runs; stop it first: navarch down --name e2e-backup/);
    await navarch(['down', ...name]);
    await refused(['restore', ...name, file], /holds objects; say --force/);
    const damaged = join(directory, 'damaged');
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(damaged, bytes);
    await refused(['restore', ...name, damaged, '--force'], /damaged cannot be restored: it is (damaged|cut off)/);
    await navarch(['restore', ...name, file, '--force']);
    await navarch(['up', ...name]);

    const back = await names();
    assert.ok(back.includes('configmap/cm-before') && back.length < late.length, `${back.length} of ${late.length}`);
    assert.ok((await revision()) > version + 1e6);
    const watch = await kubectl(['get', '--raw', `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${version}&timeoutSeconds=5`]);
    assert.match(watch.stdout, /"type":"ERROR".*"reason":"Expired".*"code":410/);
    await kubectl(['scale', 'deployment/web', '--replicas=5']);
    await kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await eventually('the deployment works', async () => (await kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name'])).stdout.trim().split('\n').length === 5);

    // Stopped, it is read from its files; a new cluster begins with it.
    await navarch(['down', ...name]);
    const cold = join(directory, 'cold');
    await navarch(['backup', ...name, cold]);
    await navarch(['restore', '--name', 'e2e-backup-new', cold]);
    try {
      await navarch(['up', '--name', 'e2e-backup-new', '--runtime', 'simulated', '--egress', 'off']);
      assert.deepEqual(await names(), back);
    } finally {
      await navarch(['delete', '--name', 'e2e-backup-new']);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('servers on etcd and in memory: backups move between engines', { skip: noEtcd, timeout: 120_000 }, async () => {
  await using etcd = await startEtcd({ members: 1 });
  const directory = await mkdtemp(join(tmpdir(), 'navarch-backup-'));
  const binary = await systemKubectl();
  const ofEtcd = (prefix: string): string[] => ['--store', 'etcd', '--etcd-endpoints', etcd.endpoints.join(','), '--etcd-prefix', prefix];
  const navarch = (...args: readonly string[]) => run(launcher, args, { env: { HOME: directory, NAVARCH_HOME: directory } });
  let port = 17_450;
  const withServer = async (args: readonly string[], use: (kubectl: (...args: string[]) => Promise<string>, kubeconfig: string) => Promise<void>): Promise<void> => {
    const dataDir = join(directory, `server-${port}`);
    const child = spawn(launcher, ['server', '--data-dir', dataDir, '--pki-dir', join(directory, 'pki'), '--secure-port', String(port++), ...args], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const kubeconfig = join(dataDir, 'kubeconfig');
    const kubectl = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(binary, words, { env: { KUBECONFIG: kubeconfig } });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    try {
      await eventually('the server is ready', async () => (await kubectl('get', '--raw', '/readyz')) === 'ok', 30_000);
      await use(kubectl, kubeconfig);
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  };
  const file = join(directory, 'etcd.backup');
  const direct = join(directory, 'direct.backup');
  try {
    let uid = '';
    let version = 0;
    await withServer(ofEtcd('/one'), async (kubectl, kubeconfig) => {
      await kubectl('create', 'configmap', 'kept');
      uid = await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.uid}');
      version = Number(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.resourceVersion}'));
      const { code, stderr } = await navarch('backup', '--kubeconfig', kubeconfig, file);
      assert.equal(code, 0, stderr);
      assert.equal((await navarch('backup', ...ofEtcd('/one'), direct)).code, 0);
      // Rights: nobody but masters.
      const token = (await kubectl('create', 'token', 'default')).trim();
      assert.match((await run(binary, ['get', '--raw', '/navarch/backup', '--token', token, '--kubeconfig', '/dev/null', '--server', `https://127.0.0.1:${port - 1}`, '--insecure-skip-tls-verify'])).stderr, /[Ff]orbidden/);
    });
    const again = await navarch('restore', ...ofEtcd('/one'), file);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /etcd below \/one holds \d+ keys: stop every server that uses it and say --force/);
    const check = async (kubectl: (...args: string[]) => Promise<string>): Promise<void> => {
      assert.equal(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.uid}'), uid);
      assert.ok(Number(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.resourceVersion}')) > version + 1e6);
      assert.match(await kubectl('get', '--raw', `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${version}&timeoutSeconds=5`), /"code":410/);
      await kubectl('create', 'configmap', 'new');
      await kubectl('delete', 'configmap', 'kept');
    };
    assert.equal((await navarch('restore', ...ofEtcd('/two'), direct)).code, 0);
    await withServer(ofEtcd('/two'), check);
    assert.equal((await navarch('restore', ...ofEtcd('/two'), file, '--force')).code, 0);
    await withServer(ofEtcd('/two'), check);
    await withServer(['--store', 'memory', '--restore-from', file], check);
    const embedded = join(directory, `server-${port}`);
    assert.equal((await navarch('restore', '--data-dir', embedded, file)).code, 0);
    await withServer(['--store', 'embedded'], check);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
