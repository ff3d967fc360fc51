/**
 * The controllers on a whole server: found resources by discovery, each with no more rights than its own role gives it.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openApiServer } from '#apiserver/server.ts';
import { createLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { startManager } from '#controller/manager.ts';
import { CONTROLLER_ACCOUNTS } from '#controller/names.ts';
import { certificateSigningRequests } from '#kinds/certificates/certificate-signing-request/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import { clusterRoleBindings } from '#kinds/rbac/cluster-role-binding/kind.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import { isReason } from '#machinery/status.ts';
import { controllerEntries } from '#navarch/server/controllers.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { never } from './control-plane.ts';

interface Cluster {
  readonly clock: SimClock;
  readonly admin: Client;
  /** What was refused, or went wrong. */
  readonly complaints: readonly string[];
}

async function openCluster(): Promise<Cluster> {
  const clock = new SimClock();
  const complaints: string[] = [];
  const log = createLogger((_level, message, fields) => {
    const text = `${message} ${JSON.stringify(fields)}`;
    if (/forbidden|is not a/i.test(text)) complaints.push(text);
  }, 'debug');
  const effects = { clock, random: seededRandom(1), log };
  const pki = openPki(memoryPkiFiles(), clock, effects.random);
  const store = await openMemoryStore();
  const server = await openApiServer({ store, pki, listen: [], ...effects });
  const clientOf = (name: string, groups: readonly string[]): Client =>
    createClient(server.transport({ name, groups: [...groups, 'system:authenticated'] }));
  const admin = clientOf('admin', ['system:masters']);
  const manager = clientOf('system:kube-controller-manager', []);
  const informers = createInformerFactory({ client: manager, ...effects });
  const entries = controllerEntries({
    podCidrs: ['10.244.0.0/16'],
    serviceCidrs: ['10.96.0.0/16'],
    caPem: pki.caCert,
    transport: manager.transport,
    signLegacyToken: (...args) => server.signer.signLegacy(...args),
    signRequest: (pem, use, validMs) => pki.signRequest(pem, use, validMs),
  });
  const clientFor = (name: string): Client => {
    const account = CONTROLLER_ACCOUNTS[name];
    return account
      ? clientOf(`system:serviceaccount:kube-system:${account}`, ['system:serviceaccounts', 'system:serviceaccounts:kube-system'])
      : manager;
  };
  const controllers = startManager(entries, {
    client: manager,
    clientFor,
    informers,
    selection: ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'],
    ...effects,
  });
  after(async () => {
    await controllers[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  await clock.advance(1_000);
  return { clock, admin, complaints };
}

const isGone = (request: Promise<unknown>) =>
  request.then(
    () => false,
    (error: unknown) => isReason(error, 'NotFound'),
  );

test('namespaces, tokens, quotas and dependents are looked after', async () => {
  const { admin, clock, complaints } = await openCluster();
  await admin.of(namespaces).create({ metadata: { name: 'shop' } }, {}, never);
  await clock.advance(1_000);
  await admin.of(serviceAccounts).namespace('shop').get('default', never);
  assert.match((await admin.of(configMaps).namespace('shop').get('kube-root-ca.crt', never)).data?.['ca.crt'] ?? '', /BEGIN CERTIFICATE/);
  await admin
    .of(secrets)
    .namespace('shop')
    .create(
      { metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'default' } }, type: 'kubernetes.io/service-account-token' },
      {},
      never,
    );
  await admin
    .of(resourceQuotas)
    .namespace('shop')
    .create({ metadata: { name: 'quota' }, spec: { hard: { secrets: '5', 'count/deployments.apps': '1' } } }, {}, never);
  const owner = await admin
    .of(configMaps)
    .namespace('shop')
    .create({ metadata: { name: 'owner' } }, {}, never);
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid! }];
  await admin
    .of(configMaps)
    .namespace('shop')
    .create({ metadata: { name: 'dependent', ownerReferences } }, {}, never);
  await clock.advance(2_000);
  assert.ok((await admin.of(secrets).namespace('shop').get('token', never)).data?.['token']);
  assert.deepEqual((await admin.of(resourceQuotas).namespace('shop').get('quota', never)).status.used, {
    secrets: '1',
    'count/deployments.apps': '0',
  });
  await admin.of(configMaps).namespace('shop').delete('owner', { propagationPolicy: 'Foreground' }, never);
  await clock.advance(1_000);
  assert.equal(await isGone(admin.of(configMaps).namespace('shop').get('dependent', never)), true);
  await admin.of(namespaces).delete('shop', {}, never);
  await clock.advance(5_000);
  assert.equal(await isGone(admin.of(namespaces).get('shop', never)), true);
  assert.ok((await admin.of(clusterRoles).get('view', never)).rules?.length);
  assert.deepEqual(complaints, []);
});

test('nodes and their pods are looked after', async () => {
  const { admin, clock, complaints } = await openCluster();
  for (const name of ['a', 'b']) {
    await admin.of(nodes).create({ metadata: { name, labels: { 'kubernetes.io/os': 'linux' } } }, {}, never);
    await admin
      .of(nodes)
      .patch(name, { type: 'merge', body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, subresource: 'status' }, {}, never);
  }
  const labels = { app: 'web' };
  for (const nodeName of ['a', 'gone']) {
    await admin
      .of(pods)
      .namespace('default')
      .create(
        {
          metadata: { name: `on-${nodeName}`, labels },
          spec: {
            nodeName,
            containers: [{ name: 'c', image: 'i' }],
            tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
          },
        },
        {},
        never,
      );
    await admin
      .of(pods)
      .namespace('default')
      .patch(
        `on-${nodeName}`,
        { type: 'merge', body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, subresource: 'status' },
        {},
        never,
      );
  }
  await admin
    .of(podDisruptionBudgets)
    .namespace('default')
    .create({ metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, minAvailable: 1 } }, {}, never);
  await clock.advance(1_000);
  const node = await admin.of(nodes).get('a', never);
  assert.match(node.spec.podCIDR ?? '', /^10\.244\.\d+\.0\/24$/);
  assert.equal(node.metadata.annotations?.['node.alpha.kubernetes.io/ttl'], '0');
  assert.equal((await admin.of(podDisruptionBudgets).namespace('default').get('web', never)).status.disruptionsAllowed, 1);
  // One node goes on reporting, so that the silence of the other is its own.
  for (let passed = 0; passed < 100; passed += 10) {
    const lastHeartbeatTime = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
    await admin
      .of(nodes)
      .patch(
        'b',
        { type: 'strategic', body: { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] } }, subresource: 'status' },
        {},
        never,
      );
    await clock.advance(10_000);
  }
  assert.deepEqual((await admin.of(nodes).get('a', never)).spec.taints?.map((one) => `${one.key}:${one.effect}`).toSorted(), [
    'node.kubernetes.io/unreachable:NoExecute',
    'node.kubernetes.io/unreachable:NoSchedule',
  ]);
  const pod = await admin.of(pods).namespace('default').get('on-a', never);
  assert.ok(pod.metadata.deletionTimestamp);
  assert.deepEqual(pod.status.conditions?.map((one) => `${one.type} ${one.status}`).toSorted(), ['DisruptionTarget True', 'Ready False']);
  assert.equal(await isGone(admin.of(pods).namespace('default').get('on-gone', never)), true);
  assert.deepEqual(complaints, []);
});

/** Made by openssl: a P-256 request for CN=system:node:a, O=system:nodes. */
const NODE_REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHqMIGRAgEAMC8xFTATBgNVBAoMDHN5c3RlbTpub2RlczEWMBQGA1UEAwwNc3lz
dGVtOm5vZGU6YTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA21CyQrACXc4UZ9
fmyI+iBT2HsEsWL6O0z8Qe+bIUghlhl7eRNgnhJZObqoQjdOS5YpbAz3pVwEI/3x
toCpTRqgADAKBggqhkjOPQQDAgNIADBFAiEAmD9yYp74kk0Tb65LWQqYKdyKDU4Z
27uXjmycfV3cxTMCIEtOeiPVv50a0T3Tzf43BfRC5sRSumUhFFx2F2qcYupY
-----END CERTIFICATE REQUEST-----`;

test('certificate requests of nodes are approved, signed and cleared away', async () => {
  const { admin, clock, complaints } = await openCluster();
  const roleRef = {
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
  };
  await admin
    .of(clusterRoleBindings)
    .create(
      { metadata: { name: 'bootstrap' }, roleRef, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'admin' }] },
      {},
      never,
    );
  const api = admin.of(certificateSigningRequests);
  const usages = ['digital signature', 'client auth'] as const;
  const request = Buffer.from(NODE_REQUEST).toString('base64');
  await api.create(
    { metadata: { name: 'node' }, spec: { request, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: [...usages] } },
    {},
    never,
  );
  await api.create({ metadata: { name: 'foreign' }, spec: { request, signerName: 'example.com/mine', usages: [...usages] } }, {}, never);
  await clock.advance(1_000);
  const { status } = await api.get('node', never);
  assert.deepEqual(
    status.conditions?.map((one) => `${one.type} ${one.reason}: ${one.message}`),
    ['Approved AutoApproved: Auto approving kubelet client certificate after SubjectAccessReview.'],
  );
  assert.match(Buffer.from(status.certificate ?? '', 'base64').toString(), /BEGIN CERTIFICATE/);
  assert.deepEqual((await api.get('foreign', never)).status, {});
  await clock.advance(3_601_000);
  assert.equal(await isGone(api.get('node', never)), true);
  await api.get('foreign', never);
  assert.deepEqual(complaints, []);
});

test('bootstrap tokens sign and expire', async () => {
  const { admin, clock, complaints } = await openCluster();
  const maps = admin.of(configMaps).namespace('kube-public');
  await maps.create({ metadata: { name: 'cluster-info' }, data: { kubeconfig: 'text' } }, {}, never);
  const stringData = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-signing': 'true',
    expiration: new Date(clock.now() + 60_000).toISOString(),
  };
  await admin
    .of(secrets)
    .namespace('kube-system')
    .create({ metadata: { name: 'bootstrap-token-abcdef' }, type: 'bootstrap.kubernetes.io/token', stringData }, {}, never);
  await clock.advance(1_000);
  assert.match((await maps.get('cluster-info', never)).data?.['jws-kubeconfig-abcdef'] ?? '', /^[\w-]+\.\.[\w-]+$/);
  await clock.advance(61_000);
  assert.equal(await isGone(admin.of(secrets).namespace('kube-system').get('bootstrap-token-abcdef', never)), true);
  assert.deepEqual((await maps.get('cluster-info', never)).data, { kubeconfig: 'text' });
  assert.deepEqual(complaints, []);
});

test('volumes, claims and attachments are looked after', async () => {
  const { admin, clock, complaints } = await openCluster();
  const settle = (): Promise<void> => clock.advance(5_000);
  const size = { storage: '1Gi' };
  const accessModes = ['ReadWriteOnce' as const];
  const claims = admin.of(persistentVolumeClaims).namespace('default');
  const addVolume = (name: string, spec: object): Promise<unknown> =>
    admin.of(persistentVolumes).create({ metadata: { name }, spec: { capacity: size, accessModes, claimRef: { name, namespace: 'default' }, ...spec } }, {}, never);
  await admin.of(nodes).create({ metadata: { name: 'a' } }, {}, never);
  await addVolume('disk', { csi: { driver: 'disk.example.com', volumeHandle: 'handle' } });
  await addVolume('scrubbed', { hostPath: { path: '/srv' }, persistentVolumeReclaimPolicy: 'Recycle' });
  await addVolume('thrown', { hostPath: { path: '/tmp/x' }, persistentVolumeReclaimPolicy: 'Delete' });
  for (const name of ['disk', 'scrubbed', 'thrown']) await claims.create({ metadata: { name }, spec: { accessModes, resources: { requests: size }, storageClassName: '' } }, {}, never);
  await settle();
  const template = { spec: { accessModes, resources: { requests: size }, storageClassName: '' } };
  const volumes = [
    { name: 'disk', persistentVolumeClaim: { claimName: 'disk' } },
    { name: 'own', ephemeral: { volumeClaimTemplate: template } },
  ];
  await admin.of(pods).namespace('default').create({ metadata: { name: 'p' }, spec: { nodeName: 'a', containers: [{ name: 'c', image: 'i' }], volumes } }, {}, never);
  await settle();
  await claims.get('p-own', never);
  const [attachment] = (await admin.of(volumeAttachments).list({}, never)).items;
  await admin.of(volumeAttachments).updateStatus({ ...attachment!, status: { attached: true } }, {}, never);
  await settle();
  assert.deepEqual((await admin.of(nodes).get('a', never)).status.volumesAttached, [{ name: 'kubernetes.io/csi/disk.example.com^handle', devicePath: '' }]);
  for (const name of ['scrubbed', 'thrown', 'disk']) await claims.delete(name, {}, never);
  await settle();
  assert.equal(await isGone(admin.of(persistentVolumes).get('thrown', never)), true);
  await admin.of(pods).namespace('default').get('recycler-for-scrubbed', never);
  await admin.of(pods).namespace('default').delete('p', { gracePeriodSeconds: 0 }, never);
  await settle();
  assert.deepEqual((await admin.of(volumeAttachments).list({}, never)).items, []);
  assert.equal(await isGone(claims.get('disk', never)), true);
  assert.deepEqual(complaints, []);
});
