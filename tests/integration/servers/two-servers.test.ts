/**
 * Two API servers on one etcd: clients see one view, whichever they ask.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { isReason } from '#machinery/status.ts';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openTestServer, type TestServer } from '#apiserver/testing/test-server.ts';
import { openEtcdStore } from '#store/etcd/etcd-store.ts';
import { startEtcd, type EtcdCluster } from '#store/etcd/testing/etcd-process.ts';
import type { Store } from '#store/store.ts';

const skip = spawnSync('etcd', ['--version']).status !== 0 && 'etcd is not installed';
const { signal } = new AbortController();
const NODE_PORTS = 20;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20);
}

describe('two servers on one etcd', { skip, timeout: 120_000 }, () => {
  let cluster: EtcdCluster;
  const stores: Store[] = [];
  let one: TestServer;
  let two: TestServer;
  before(async () => {
    cluster = await startEtcd({ members: 3 });
    const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
    for (let i = 0; i < 2; i++) stores.push(await openEtcdStore({ endpoints: i === 0 ? cluster.endpoints : cluster.endpoints.toReversed(), prefix: '/navarch' }));
    const open = (i: number): Promise<TestServer> =>
      openTestServer({
        store: stores[i]!,
        storeIsShared: true,
        pki,
        advertise: { host: `10.0.0.${i + 1}`, port: 6443 },
        hostname: `host-${i}`,
        serviceCidrs: ['10.96.0.0/24'],
      });
    // Both at once, on an empty store.
    [one, two] = await Promise.all([open(0), open(1)]);
    await one.admin.of(namespaces).create({ metadata: { name: 'shared' } }, {}, signal);
    await one.admin.of(serviceAccounts).namespace('shared').create({ metadata: { name: 'default' } }, {}, signal);
  });
  after(async () => {
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    for (const store of stores) await store[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });
  const both = (): readonly [Client, Client] => [one.admin, two.admin];

  test('what one acknowledged, the other reads, updates, deletes and makes anew', async () => {
    for (let i = 0; i < 50; i++) {
      const [a, b] = (i % 2 === 0 ? both() : both().toReversed()).map((client) => client.of(configMaps).namespace('shared')) as [ReturnType<Client['of']>, ReturnType<Client['of']>];
      const made = await a.create({ metadata: { name: `cm-${i}` } }, {}, signal);
      const read = await b.get(`cm-${i}`, signal);
      assert.equal(read.metadata.resourceVersion, made.metadata.resourceVersion);
      const changed = await b.update({ ...read, metadata: { ...read.metadata, labels: { changed: 'yes' } } }, {}, signal);
      assert.equal((await a.get(`cm-${i}`, signal)).metadata.resourceVersion, changed.metadata.resourceVersion);
      await assert.rejects(a.update({ ...made, metadata: { ...made.metadata, labels: { changed: 'no' } } }, {}, signal), (error) => isReason(error, 'Conflict'));
      await a.delete(`cm-${i}`, {}, signal);
      await assert.rejects(b.get(`cm-${i}`, signal), (error) => isReason(error, 'NotFound'));
      await b.create({ metadata: { name: `cm-${i}` } }, {}, signal);
      assert.ok((await a.list({}, signal)).items.some(({ metadata }) => metadata.name === `cm-${i}`));
    }
  });

  test('a namespace, an account, its token and its rights hold on the other server at once', async () => {
    for (let i = 0; i < 5; i++) {
      const name = `fresh-${i}`;
      await one.admin.of(namespaces).create({ metadata: { name } }, {}, signal);
      const account = await two.admin.of(serviceAccounts).namespace(name).create({ metadata: { name: 'robot' } }, {}, signal);
      const { token } = one.server.signer.sign({ namespace: name, serviceAccount: { name: 'robot', uid: account.metadata.uid! }, audiences: [], expirationSeconds: 600 });
      const path = `/api/v1/namespaces/${name}/configmaps`;
      assert.equal((await one.ask(path, { token })).code, 403);
      await two.admin.of(clusterRoles).create({ metadata: { name }, rules: [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }] }, {}, signal);
      const subjects = [{ kind: 'ServiceAccount', namespace: name, name: 'robot' }];
      await two.admin.of(clusterRoleBindings).create({ metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects }, {}, signal);
      assert.equal((await one.ask(path, { token })).code, 200);
    }
  });

  test('a watch sees the writes through both, in one order, and begins exactly where a client of the other server left off', async () => {
    const api = both().map((client) => client.of(configMaps).namespace('shared'));
    const { metadata } = await api[0]!.list({}, signal);
    const ended = new AbortController();
    const seen: number[][] = [[], []];
    const names: string[][] = [[], []];
    const total = 200;
    const watching = api.map(async (one, i) => {
      for await (const events of one.watch({ resourceVersion: metadata.resourceVersion! }, ended.signal)) {
        for (const event of events) {
          if (event.type === 'BOOKMARK' || event.type === 'ERROR') continue;
          seen[i]!.push(Number(event.object.metadata.resourceVersion));
          names[i]!.push(event.object.metadata.name!);
        }
        if (seen.every((all) => all.length >= total)) ended.abort();
      }
    });
    await Promise.all(Array.from({ length: total }, (_, i) => api[i % 2]!.create({ metadata: { name: `ordered-${i}` } }, {}, signal)));
    await Promise.all(watching.map((one) => one.catch(() => undefined)));
    assert.deepEqual(seen[0], seen[1]);
    assert.deepEqual(names[0], names[1]);
    assert.deepEqual(seen[0], seen[0]!.toSorted((a, b) => a - b));
    assert.equal(new Set(names[0]).size, total);
    // A client that comes over with a revision that this server may not have heard of yet is told nothing twice.
    for (let i = 0; i < 20; i++) {
      const made = await api[0]!.create({ metadata: { name: `over-${i}` } }, {}, signal);
      const over = new AbortController();
      const next = api[1]!.watch({ resourceVersion: made.metadata.resourceVersion! }, over.signal)[Symbol.asyncIterator]().next();
      await api[0]!.create({ metadata: { name: `after-${i}` } }, {}, signal);
      const first = await next;
      assert.ok(!first.done);
      assert.deepEqual(first.value.map((event) => (event.object as typeof made).metadata.name), [`after-${i}`]);
      over.abort();
    }
  });

  test('addresses and node ports are given once', async () => {
    const make = (client: Client, name: string, spec: object) => client.of(services).namespace('shared').create({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } } as never, {}, signal);
    const made = await Promise.all(Array.from({ length: 60 }, (_, i) => make(both()[i % 2]!, `svc-${i}`, i % 3 === 0 ? { type: 'NodePort' } : {})));
    assert.equal(new Set(made.map(({ spec }) => spec.clusterIP)).size, 60);
    const ports = made.flatMap(({ spec }) => (spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []));
    assert.equal(ports.length, NODE_PORTS);
    assert.equal(new Set(ports).size, NODE_PORTS);
    const asked = await Promise.allSettled([0, 1].map((i) => make(both()[i]!, `same-${i}`, { type: 'NodePort', ports: [{ port: 80, nodePort: 32_000 }] })));
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
    const [refused] = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    assert.match(refused!.message, /spec\.ports\[0\]\.nodePort: Invalid value: 32000: provided port is already allocated/);
  });

  test('a quota holds for both together', async () => {
    await one.admin.of(namespaces).create({ metadata: { name: 'bounded' } }, {}, signal);
    const quota = await one.admin.of(resourceQuotas).namespace('bounded').create({ metadata: { name: 'q' }, spec: { hard: { 'count/configmaps': '50' } } }, {}, signal);
    await one.admin.of(resourceQuotas).updateStatus({ ...quota, status: { hard: { 'count/configmaps': '50' }, used: { 'count/configmaps': '0' } } }, {}, signal);
    const tried = await Promise.allSettled(Array.from({ length: 80 }, (_, i) => both()[i % 2]!.of(configMaps).namespace('bounded').create({ metadata: { name: `cm-${i}` } }, {}, signal)));
    const refused = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    assert.equal(refused.length, 30);
    for (const error of refused) assert.match(error.message, /exceeded quota: q, requested: count\/configmaps=1, used: count\/configmaps=50, limited: count\/configmaps=50/);
    assert.equal((await two.admin.of(resourceQuotas).namespace('bounded').get('q', signal)).status.used?.['count/configmaps'], '50');
  });

  test('both are endpoints of the kubernetes service and have a lease; one that leaves is taken out', async () => {
    const hosts = async () => {
      const { subsets } = await two.admin.of(endpoints).namespace('default').get('kubernetes', signal);
      const slice = await two.admin.of(endpointSlices).namespace('default').get('kubernetes', signal);
      assert.deepEqual(slice.endpoints.map(({ addresses }) => addresses[0]), subsets?.[0]?.addresses?.map(({ ip }) => ip));
      return subsets?.[0]?.addresses?.map(({ ip }) => ip);
    };
    // The first to start may have announced itself before the second had; it does so again every ten seconds.
    await until(async () => (await hosts())?.length === 2);
    assert.deepEqual(await hosts(), ['10.0.0.1', '10.0.0.2']);
    await until(async () => (await two.admin.of(leases).namespace('kube-system').list({ labelSelector: 'apiserver.kubernetes.io/identity=kube-apiserver' }, signal)).items.length === 2);
    await one[Symbol.asyncDispose]();
    assert.deepEqual(await hosts(), ['10.0.0.2']);
  });
});
