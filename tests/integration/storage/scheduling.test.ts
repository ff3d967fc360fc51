/**
 * Pods with volumes on a simulated cluster: the whole way from StatefulSet or pod to bound volumes, and what pods are told when there is none.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';
import type { KubeObject } from '#machinery/kind.ts';

const { signal } = new AbortController();

const open = (nodes: number): Promise<Cluster> => startCluster({ nodes, clock: 'simulated' });

const storage = (size = '1Gi') => ({ requests: { storage: size } });
const object = (fields: object): KubeObject => fields as KubeObject;
const claim = (name: string, spec: object = {}) =>
  object({
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: storage(), ...spec },
  });
const storageClass = (name: string, fields: object = {}) =>
  object({
    kind: 'StorageClass',
    apiVersion: 'storage.k8s.io/v1',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...fields,
  });
const volume = (name: string, spec: object = {}, labels: object = {}) =>
  object({
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    metadata: { name, labels },
    spec: { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv' }, ...spec },
  });
const onNode = (name: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }] },
});
const pod = (name: string, claimName: string, spec: object = {}) =>
  object({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }], ...spec },
  });

async function whyPending(cluster: Cluster, name: string): Promise<string | undefined> {
  const { spec, status } = await cluster.client.of(pods).namespace('default').get(name, signal);
  return spec.nodeName ? `on ${spec.nodeName}` : status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
}

async function settle(cluster: Cluster): Promise<void> {
  await cluster.advance('15s');
}

test('a StatefulSet with claim templates just works: each pod gets a volume on its node, and keeps it', async () => {
  await using cluster = await open(3);
  await settle(cluster);
  await cluster.apply(
    object({
      kind: 'StatefulSet',
      apiVersion: 'apps/v1',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        serviceName: 'web',
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'www', mountPath: '/www' }] }] },
        },
        volumeClaimTemplates: [{ metadata: { name: 'www' }, spec: { accessModes: ['ReadWriteOnce'], resources: storage() } }],
      },
    }),
  );
  for (let i = 0; i < 6; i++) await settle(cluster);
  assert.equal((await cluster.client.of(statefulSets).namespace('default').get('web', signal)).status.readyReplicas, 3);
  const nodeOf = async (): Promise<string> => (await cluster.client.of(pods).namespace('default').get('web-1', signal)).spec.nodeName ?? '';
  const node = await nodeOf();
  const { spec } = await cluster.client.of(persistentVolumeClaims).namespace('default').get('www-web-1', signal);
  const bound = await cluster.client.of(persistentVolumes).get(spec.volumeName!, signal);
  assert.deepEqual(bound.spec.nodeAffinity, onNode(node));
  await cluster.client.of(pods).namespace('default').delete('web-1', {}, signal);
  for (let i = 0; i < 4; i++) await settle(cluster);
  assert.equal(await nodeOf(), node, 'the pod follows its volume');
});

test('what a pod is told of claims that cannot be had', async () => {
  await using cluster = await open(2);
  await settle(cluster);
  await cluster.apply([
    pod('missing', 'none'),
    claim('immediate', { storageClassName: '' }),
    pod('unbound', 'immediate'),
    storageClass('by-hand'),
    claim('by-hand', { storageClassName: 'by-hand' }),
    pod('no-volume', 'by-hand'),
    volume('fixed', { nodeAffinity: onNode('node-1'), claimRef: { name: 'fixed', namespace: 'default' } }),
    claim('fixed', { storageClassName: '' }),
  ]);
  await settle(cluster);
  await cluster.apply(pod('elsewhere', 'fixed', { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }));
  await settle(cluster);
  assert.match((await whyPending(cluster, 'missing')) ?? '', /^0\/2 nodes are available: persistentvolumeclaim "none" not found\./);
  assert.match((await whyPending(cluster, 'unbound')) ?? '', /^0\/2 nodes are available: pod has unbound immediate PersistentVolumeClaims\./);
  assert.match(
    (await whyPending(cluster, 'no-volume')) ?? '',
    /^0\/2 nodes are available: 2 node\(s\) didn't find available persistent volumes to bind\./,
  );
  assert.match(
    (await whyPending(cluster, 'elsewhere')) ?? '',
    /1 node\(s\) didn't match PersistentVolume's node affinity, 1 node\(s\) didn't match Pod's node affinity\/selector\./,
  );

  await cluster.apply([claim('none'), volume('late', { storageClassName: 'by-hand', nodeAffinity: onNode('node-2') }), volume('for-immediate')]);
  for (let i = 0; i < 3; i++) await settle(cluster);
  assert.match((await whyPending(cluster, 'missing')) ?? '', /^on node-/);
  assert.match((await whyPending(cluster, 'unbound')) ?? '', /^on node-/);
  assert.equal(await whyPending(cluster, 'no-volume'), 'on node-2', 'the pod goes where the volume is');
});

test('drivers that tell their free capacity are believed; zones and single-pod claims are kept', async () => {
  await using cluster = await open(2);
  await settle(cluster);
  const capacity = (name: string, node: string, size: string) =>
    object({
      kind: 'CSIStorageCapacity',
      apiVersion: 'storage.k8s.io/v1',
      metadata: { name, namespace: 'default' },
      storageClassName: 'csi',
      nodeTopology: { matchLabels: { 'kubernetes.io/hostname': node } },
      capacity: size,
    });
  await cluster.apply([
    object({ kind: 'CSIDriver', apiVersion: 'storage.k8s.io/v1', metadata: { name: 'disk.example.com' }, spec: { storageCapacity: true } }),
    storageClass('csi', { provisioner: 'disk.example.com' }),
    capacity('one', 'node-1', '10Gi'),
    capacity('two', 'node-2', '100Gi'),
    claim('huge', { storageClassName: 'csi', resources: storage('500Gi') }),
    claim('large', { storageClassName: 'csi', resources: storage('50Gi') }),
    pod('huge', 'huge'),
    pod('large', 'large'),
    claim('single', { accessModes: ['ReadWriteOncePod'] }),
    pod('first', 'single'),
    volume('zoned', { claimRef: { name: 'zoned', namespace: 'default' } }, { 'topology.kubernetes.io/zone': 'a' }),
    claim('zoned', { storageClassName: '' }),
  ]);
  await settle(cluster);
  assert.match((await whyPending(cluster, 'huge')) ?? '', /2 node\(s\) did not have enough free storage/);
  const { metadata } = await cluster.client.of(persistentVolumeClaims).namespace('default').get('large', signal);
  assert.equal(metadata.annotations?.['volume.kubernetes.io/selected-node'], 'node-2');
  assert.equal(await whyPending(cluster, 'large'), undefined, 'the pod waits for its volume');
  await settle(cluster);
  assert.match((await whyPending(cluster, 'first')) ?? '', /^on node-/);
  await cluster.apply([pod('second', 'single')]);
  await cluster.client
    .of(nodes)
    .patch('node-2', { type: 'merge', body: { metadata: { labels: { 'topology.kubernetes.io/zone': 'a' } } } }, {}, signal);
  await cluster.client
    .of(nodes)
    .patch('node-1', { type: 'merge', body: { metadata: { labels: { 'topology.kubernetes.io/zone': 'b' } } } }, {}, signal);
  await cluster.apply(pod('zoned', 'zoned'));
  await settle(cluster);
  assert.match(
    (await whyPending(cluster, 'second')) ?? '',
    /node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode/,
  );
  assert.equal(await whyPending(cluster, 'zoned'), 'on node-2');
});
