/**
 * The API server that `http.ts` measures: an embedded store in a directory of its own (`NAVARCH_STORE=etcd`: an etcd of one member; an address: the etcd there), one service account that RBAC lets do what is measured.
 * Prints one line of JSON with the port and the account's token, then serves until its input ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openApiServer, type ApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import { openEtcdStore } from '#store/etcd/etcd-store.ts';
import { startEtcd } from '#store/etcd/testing/etcd-process.ts';
import type { Store } from '#store/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'navarch-http-'));
const log = createLogger(jsonSink((line) => process.stderr.write(line), Date.now));
const started = performance.now();
const storeName = process.env['NAVARCH_STORE'] ?? 'embedded';
const etcd = storeName === 'etcd' ? await startEtcd({ members: 1 }) : undefined;
const endpoints = etcd?.endpoints ?? (storeName.startsWith('http') ? [storeName] : undefined);
const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);

async function open(port: number): Promise<{ store: Store; server: ApiServer }> {
  const store = endpoints ? await openEtcdStore({ endpoints }) : await openEmbeddedStore({ directory });
  const server = await openApiServer({ store, storeIsShared: endpoints !== undefined, pki, listen: [{ host: '127.0.0.1', port }], clock: systemClock, random: systemRandom, log });
  return { store, server };
}

let { store, server } = await open(0);
const readyMs = performance.now() - started;

const { signal } = new AbortController();
const client = createClient(server.transport({ name: 'admin', groups: ['system:masters'] }));
const namespace = 'bench';
const data = { payload: 'x'.repeat(1_250) };
const create = (where: string, name: string) => client.of(configMaps).namespace(where).create({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data }, {}, signal);
await client.of(namespaces).create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: namespace } }, {}, signal);
for (const name of ['thousand', 'fan', 'bounded']) await client.of(namespaces).create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name } }, {}, signal);
await create('fan', 'first');
const quotaApi = client.of(resourceQuotas).namespace('bounded');
const hard = { 'count/configmaps': '1000000000' };
const quota = await quotaApi.create({ metadata: { name: 'bound' }, spec: { hard } }, {}, signal);
await quotaApi.updateStatus({ ...quota, status: { hard, used: { 'count/configmaps': '0' } } }, {}, signal);
const account = await client.of(serviceAccounts).namespace(namespace).create({ kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'load' } }, {}, signal);
await client.of(clusterRoleBindings).create(
  {
    kind: 'ClusterRoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name: 'load' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', namespace, name: 'load' }],
  },
  {},
  signal,
);
await create(namespace, 'one');
await Promise.all(Array.from({ length: 64 }, (_, i) => create(namespace, `patched-${i}`)));
await Promise.all(Array.from({ length: 1_000 }, (_, i) => create('thousand', `cm-${i}`)));

const { token } = server.signer.sign({ namespace, serviceAccount: { name: 'load', uid: account.metadata.uid! }, audiences: [], expirationSeconds: 3_600 });
console.log(JSON.stringify({ port: server.addresses[0]!.port, token, readyMs, pid: process.pid }));

/** A pod of about 2 kB as the API shows it. */
async function createPods(count: number): Promise<number> {
  const begun = performance.now();
  const containers = [
    { name: 'main', image: 'registry.example.com/team/service:1.2.3', env: [{ name: 'MODE', value: 'production' }], ports: [{ containerPort: 8_080 }], resources: { requests: { cpu: '100m', memory: '128Mi' } } },
  ];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const name = `pod-${next++}`;
      await client.of(pods).namespace(namespace).create({ metadata: { name, labels: { app: 'service', tier: 'backend' } }, spec: { containers, serviceAccountName: 'load' } }, {}, signal);
    }
  };
  await Promise.all(Array.from({ length: 64 }, work));
  return performance.now() - begun;
}

let written = 0;
process.stdin.setEncoding('utf8');
for await (const command of process.stdin) {
  // "pods 50000": that many pods in namespace bench; "fan 2000": that many changes, as fast as they are acknowledged 16 at a time; "restart": a new server on what is stored; "rss": how much memory is used; "cpu": how much processor time.
  const [word, count] = String(command).trim().split(' ');
  if (word === 'cpu') console.log(JSON.stringify({ cpuMs: process.threadCpuUsage().user / 1_000 + process.threadCpuUsage().system / 1_000, allMs: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000 }));
  if (word === 'rss') console.log(JSON.stringify({ rssMb: process.memoryUsage().rss / 1e6 }));
  if (word === 'restart') {
    const { port } = server.addresses[0]!;
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    const begun = performance.now();
    ({ store, server } = await open(port));
    console.log(JSON.stringify({ ms: performance.now() - begun }));
  }
  if (word === 'pods') console.log(JSON.stringify({ ms: await createPods(Number(count)) }));
  if (word !== 'fan') continue;
  const begun = performance.now();
  for (let i = 0; i < Number(count); i += 16) {
    await Promise.all(Array.from({ length: 16 }, () => create('fan', `fan-${written++}`)));
  }
  console.log(JSON.stringify({ changes: Number(count), ms: performance.now() - begun }));
}
await server[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
await etcd?.[Symbol.asyncDispose]();
rmSync(directory, { recursive: true, force: true });
