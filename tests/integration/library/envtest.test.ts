/**
 * What envtest does to start its control plane, done by hand: the files it makes, the flags it passes, the health checks it waits for.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { issuePair, issuerOf } from '#apiserver/pki/certificate.ts';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';

const home = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const day = 24 * 3_600_000;
const START_MS = 60_000;
const PROBE_MS = 2_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function healthy(url: string): Promise<void> {
  const endMs = systemClock.monotonicMs() + START_MS;
  const code = (): Promise<number> =>
    new Promise((resolve) => {
      const answered = (response: { statusCode?: number | undefined; resume(): void }): void => {
        response.resume();
        resolve(response.statusCode ?? 0);
      };
      const request = url.startsWith('https:') ? httpsGet(url, { rejectUnauthorized: false, agent: false, timeout: PROBE_MS }, answered) : httpGet(url, { agent: false, timeout: PROBE_MS }, answered);
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(0));
    });
  while ((await code()) !== 200) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`${url} is not healthy`);
    await systemClock.sleep(50);
  }
}

describe('envtest', () => {
  const assets = mkdtempSync(join(tmpdir(), 'navarch-assets-'));
  const certs = mkdtempSync(join(tmpdir(), 'navarch-certs-'));
  const data = join(certs, 'etcd');
  const processes: ReturnType<typeof spawn>[] = [];
  const config = new KubeConfig();
  const kubeconfig = join(certs, 'kubeconfig');

  const start = (name: string, args: readonly string[]): void => {
    processes.push(spawn(join(assets, name), args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  };

  before(async () => {
    await run(process.execPath, [join(home, 'apps/navarch/main.ts'), 'envtest', assets]);
    const nowMs = systemClock.now();
    const valid = { notBeforeMs: nowMs - day, notAfterMs: nowMs + day };
    const servingCa = issuePair({ commonName: 'envtest-environment', use: 'authority', ...valid }, undefined, systemRandom);
    const clientCa = issuePair({ commonName: 'envtest-client', use: 'authority', ...valid }, undefined, systemRandom);
    const serving = issuePair({ commonName: 'localhost', alternativeNames: ['localhost', '127.0.0.1'], use: 'server', ...valid }, issuerOf(servingCa), systemRandom);
    const admin = issuePair({ commonName: 'admin', organizations: ['system:masters'], use: 'client', ...valid }, issuerOf(clientCa), systemRandom);
    const signer = issuePair({ commonName: 'sa-signer', use: 'authority', ...valid }, undefined, systemRandom);
    const files = { 'apiserver.crt': serving.cert, 'apiserver.key': serving.key, 'client-cert-auth-ca.crt': clientCa.cert, 'sa-signer.crt': signer.cert, 'sa-signer.key': signer.key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(certs, name), text);
    const [etcdPort, port] = [await freePort(), await freePort()];
    start('etcd', ['--listen-peer-urls=http://localhost:0', `--advertise-client-urls=http://127.0.0.1:${etcdPort}`, `--listen-client-urls=http://127.0.0.1:${etcdPort}`, `--data-dir=${data}`, '--unsafe-no-fsync=true']);
    await healthy(`http://127.0.0.1:${etcdPort}/health`);
    start('kube-apiserver', [
      '--advertise-address=127.0.0.1',
      '--allow-privileged=true',
      '--authorization-mode=RBAC',
      '--bind-address=127.0.0.1',
      `--cert-dir=${certs}`,
      `--client-ca-file=${join(certs, 'client-cert-auth-ca.crt')}`,
      '--disable-admission-plugins=ServiceAccount',
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      `--secure-port=${port}`,
      `--service-account-issuer=https://127.0.0.1:${port}/`,
      `--service-account-key-file=${join(certs, 'sa-signer.crt')}`,
      `--service-account-signing-key-file=${join(certs, 'sa-signer.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
    ]);
    await healthy(`https://127.0.0.1:${port}/healthz`);
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    config.loadFromClusterAndUser(
      { name: 'envtest', server: `https://127.0.0.1:${port}`, caData: base64(servingCa.cert), skipTLSVerify: false },
      { name: 'admin', certData: base64(admin.cert), keyData: base64(admin.key) },
    );
    writeFileSync(kubeconfig, config.exportConfig());
  });

  after(async () => {
    for (const child of processes.toReversed()) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
    rmSync(assets, { recursive: true, force: true });
    rmSync(certs, { recursive: true, force: true });
  });

  it('starts, made its data directory and serves @kubernetes/client-node', async () => {
    assert.ok(existsSync(data));
    const core = config.makeApiClient(CoreV1Api);
    const seen: string[] = [];
    const watching = await new Watch(config).watch('/api/v1/namespaces/default/configmaps', {}, (type: string, { metadata }: { metadata: { name: string } }) => seen.push(`${type} ${metadata.name}`), () => undefined);
    // The promise of a watch is fulfilled before the server has it: what happens until then is not seen.
    const endMs = systemClock.monotonicMs() + START_MS;
    while (!seen.includes('DELETED a')) {
      assert.ok(systemClock.monotonicMs() < endMs, `the watch has shown ${seen.join(', ') || 'nothing'}`);
      await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'a' }, data: { k: 'v' } } });
      await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'a' });
      await systemClock.sleep(20);
    }
    watching.abort();
    await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'operator' } } });
    const { status } = await core.createNamespacedServiceAccountToken({ namespace: 'default', name: 'operator', body: { spec: { audiences: [] } } as never });
    const asOperator = new KubeConfig();
    asOperator.loadFromClusterAndUser(config.clusters[0]!, { name: 'operator', token: status!.token });
    await assert.rejects(asOperator.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace: 'default' }), /system:serviceaccount:default:operator/);
    // No controllers run here, as in the original: pods stay as they are made, without a service account of their namespace.
    const pod = await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } } });
    assert.equal(pod.status?.phase, 'Pending');
  });

  it('serves kubectl', async () => {
    const kubectl = async (...args: string[]): Promise<string> => (await run(join(assets, 'kubectl'), ['--kubeconfig', kubeconfig, ...args])).stdout;
    assert.match(await kubectl('get', 'namespaces'), /kube-system\s+Active/);
    await kubectl('create', 'configmap', 'from-kubectl', '--from-literal=a=b');
    assert.equal(await kubectl('get', 'configmap', 'from-kubectl', '-o', 'jsonpath={.data.a}'), 'b');
  });
});
