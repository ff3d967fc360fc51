/**
 * Random histories of pods with volumes on a simulated cluster: pods run only where their volumes are, exclusive claims serve one pod, and
 * whatever can run does in the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '#base/random.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { reachesNode } from '#kinds/core/persistent-volume/matching.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { type Cluster, startCluster } from '#library/start-cluster.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';

const HISTORIES = 6;
const STEPS = 30;
const NODES = 3;
const { signal } = new AbortController();

const pick = <T>(random: Random, of: readonly T[]): T => of[random.int(of.length)]!;
const object = (fields: object): KubeObject => fields as KubeObject;

const volume = (name: string, node: string): KubeObject =>
  object({
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    metadata: { name },
    spec: {
      storageClassName: 'by-hand',
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      local: { path: '/srv' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } },
    },
  });
const claim = (name: string, storageClassName: string, mode: string): KubeObject =>
  object({
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { storageClassName, accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
  });
const pod = (name: string, claims: readonly string[]): KubeObject =>
  object({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: 'i' }],
      volumes: claims.map((claimName, at) => ({ name: `v${at}`, persistentVolumeClaim: { claimName } })),
    },
  });

async function step(cluster: Cluster, random: Random, at: number): Promise<void> {
  const name = `x${random.int(8)}`;
  try {
    switch (random.int(6)) {
      case 0:
        await cluster.client.of(persistentVolumes).create(volume(`v${at}`, `node-${1 + random.int(NODES)}`), {}, signal);
        break;
      case 1: {
        const [storageClass, mode] = pick(random, [
          ['by-hand', 'ReadWriteOnce'],
          ['standard', 'ReadWriteOnce'],
          ['standard', 'ReadWriteOncePod'],
        ] as const);
        await cluster.client
          .of(persistentVolumeClaims)
          .namespace('default')
          .create(claim(name, storageClass, mode), {}, signal);
        break;
      }
      case 2:
      case 3: {
        const claims = new Set([`x${random.int(8)}`, ...(random.int(3) === 0 ? [`x${random.int(8)}`] : [])]);
        await cluster.client
          .of(pods)
          .namespace('default')
          .create(pod(`p${at}`, [...claims]), {}, signal);
        break;
      }
      case 4: {
        const { items } = await cluster.client.of(pods).namespace('default').list({}, signal);
        if (items.length > 0) await cluster.client.of(pods).namespace('default').delete(pick(random, items).metadata.name!, {}, signal);
        break;
      }
      default:
        await cluster.client.of(persistentVolumeClaims).namespace('default').delete(name, {}, signal);
    }
  } catch (error) {
    if (!isReason(error, 'AlreadyExists') && !isReason(error, 'NotFound')) throw error;
  }
  if (random.int(2) === 0) await cluster.advance(pick(random, ['10ms', '1s', '20s']));
}

async function check(cluster: Cluster): Promise<void> {
  const list = async () => ({
    pods: (await cluster.client.of(pods).namespace('default').list({}, signal)).items,
    claims: new Map(
      (await cluster.client.of(persistentVolumeClaims).namespace('default').list({}, signal)).items.map((one) => [one.metadata.name!, one]),
    ),
    volumes: new Map((await cluster.client.of(persistentVolumes).list({}, signal)).items.map((one) => [one.metadata.name!, one])),
    nodes: new Map((await cluster.client.of(nodes).list({}, signal)).items.map((one) => [one.metadata.name!, one])),
  });
  const state = await list();
  const users = new Map<string, number>();
  for (const { metadata, spec } of state.pods) {
    const names = claimNamesOf(state.pods.find((one) => one.metadata.name === metadata.name)!);
    if (!spec.nodeName) {
      const bound = names.map((name) => state.claims.get(name)).filter((one) => one?.status.phase === 'Bound' && !one.metadata.deletionTimestamp);
      const places = bound.map((one) => state.volumes.get(one!.spec.volumeName!));
      const exclusive = bound.some((one) => one!.spec.accessModes?.includes('ReadWriteOncePod'));
      const couldRun =
        bound.length === names.length &&
        !exclusive &&
        [...state.nodes.values()].some((node) => places.every((place) => place && reachesNode(place, node)));
      assert.ok(!couldRun, `${metadata.name} could run, but does not`);
      continue;
    }
    for (const name of names) {
      const used = state.claims.get(name);
      const place = state.volumes.get(used?.spec.volumeName ?? '');
      assert.equal(used?.status.phase, 'Bound', `${metadata.name} runs, its claim ${name} is not bound`);
      assert.ok(place && reachesNode(place, state.nodes.get(spec.nodeName)!), `${metadata.name} runs where its volume is not`);
      assert.equal(place.spec.claimRef?.uid, used?.metadata.uid);
      users.set(name, (users.get(name) ?? 0) + 1);
    }
  }
  for (const [name, count] of users)
    if (state.claims.get(name)?.spec.accessModes?.includes('ReadWriteOncePod')) assert.equal(count, 1, `${name} serves several pods`);
}

for (let seed = 1; seed <= HISTORIES; seed++) {
  test(`history ${seed}`, async () => {
    const random = seededRandom(seed);
    await using cluster = await startCluster({ nodes: NODES, clock: 'simulated', seed });
    await cluster.advance('5s');
    await cluster.apply(
      object({
        kind: 'StorageClass',
        apiVersion: 'storage.k8s.io/v1',
        metadata: { name: 'by-hand' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
    );
    for (let at = 0; at < STEPS; at++) await step(cluster, random, at);
    // Longer than a pod waits for a retry that no event brings.
    await cluster.advance('6m');
    await check(cluster);
  });
}
