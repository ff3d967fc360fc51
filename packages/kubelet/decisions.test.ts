import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeStatus } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { configRefs } from './config-objects.ts';
import { credentialsFor } from './images/credentials.ts';
import { parseReference } from './images/reference.ts';
import { admitPod } from './node/admit.ts';
import { allocatableOf, type NodeFacts, nodeStatus, notReadyText, type RuntimeFacts } from './node/node-object.ts';
import { parseAuthority, parseContainerPath } from './server/routes.ts';
import { sameJson, statusPatch } from './status-patch.ts';
import { DEFAULT_EVICTION, evictionMessage, overfullVolume, rankForEviction, refusedUnderPressure, shortages } from './upkeep/eviction.ts';
import { removable } from './upkeep/image-gc.ts';

const pod = (name: string, spec: Partial<Pod['spec']> = {}): Pod => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'n', uid: name }, spec: { containers: [], ...spec }, status: {} });
const asking = (name: string, requests: Record<string, string>, more: Partial<Pod['spec']> = {}): Pod => pod(name, { containers: [{ name: 'c', resources: { requests } }], ...more });

describe('status patches', () => {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't' } as const;
  it('send nothing when nothing changed', () => assert.equal(statusPatch({ phase: 'Running', conditions: [ready] }, { phase: 'Running', conditions: [{ ...ready }] }), undefined));
  it('send what changed and null what vanished', () => {
    assert.deepEqual(statusPatch({ phase: 'Pending', podIP: '1' }, { phase: 'Running', reason: 'x' }), { phase: 'Running', podIP: null, reason: 'x' });
  });
  it('leave conditions of others alone', () => {
    const foreign = { type: 'example.com/gate', status: 'True' } as const;
    const before: PodStatus = { conditions: [{ ...ready, reason: 'r' }, foreign] };
    assert.deepEqual(statusPatch(before, { conditions: [ready, foreign] }), { conditions: [{ ...ready, reason: null }] });
  });
  it('remove addresses that are gone', () => {
    assert.deepEqual(statusPatch({ podIPs: [{ ip: 'a' }] }, { podIPs: [{ ip: 'b' }] }), { podIPs: [{ ip: 'b' }, { $patch: 'delete', ip: 'a' }] });
  });
  it('compare without regard to order of members', () => {
    assert.equal(sameJson({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1, d: undefined }), true);
    assert.equal(sameJson([1, 2], [2, 1]), false);
    assert.equal(sameJson({ a: null }, {}), false);
  });
});

describe('images', () => {
  for (const [image, wanted] of [
    ['busybox', 'docker.io library/busybox'],
    ['busybox:1.36', 'docker.io library/busybox'],
    ['user/app:v1', 'docker.io user/app'],
    ['registry.example/a/b:1', 'registry.example a/b'],
    ['localhost/x', 'localhost x'],
    ['localhost:5000/x:y', 'localhost:5000 x'],
    [`x@sha256:${'a'.repeat(64)}`, 'docker.io library/x'],
    ['Upper/case', undefined],
    ['not valid', undefined],
    ['x:', undefined],
  ] as const) {
    it(`${image} is ${wanted}`, () => {
      const found = parseReference(image);
      assert.equal(found && `${found.registry} ${found.repository}`, wanted);
    });
  }

  const secret = (auths: Record<string, object>): Secret => ({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: {},
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
  const users = (image: string, ...secrets: Secret[]) => credentialsFor(image, secrets, {}).map(({ username }) => username);
  it('match credentials by host and path, the longest path first', () => {
    const all = secret({ 'https://registry.example/v2/': { username: 'host', password: 'p' }, 'registry.example/team': { username: 'team', password: 'p' }, 'other.example': { username: 'other', password: 'p' } });
    assert.deepEqual(users('registry.example/team/app:1', all), ['team', 'host']);
    assert.deepEqual(users('registry.example/else:1', all), ['host']);
    assert.deepEqual(users('registry.example/teammate:1', all), ['host']);
  });
  it('know docker hub by all its names, patterns and encoded pairs', () => {
    assert.deepEqual(users('busybox', secret({ 'https://index.docker.io/v1/': { auth: Buffer.from('me:pw:with:colons').toString('base64') } })), ['me']);
    assert.deepEqual(users('eu.registry.example/x', secret({ '*.registry.example': { username: 'star', password: 'p' } })), ['star']);
    assert.deepEqual(users('a.b.registry.example/x', secret({ '*.registry.example': { username: 'star', password: 'p' } })), []);
    assert.deepEqual(users('x', { kind: 'Secret', apiVersion: 'v1', metadata: {}, data: { '.dockerconfigjson': 'bm90IGpzb24=' } }), []);
  });

  it('go when unused for longest, but never pinned ones or pause', () => {
    const image = (id: string, changes = {}) => ({ id, repoTags: [`${id}:1`], repoDigests: [], sizeBytes: 1, username: '', pinned: false, ...changes });
    const all = [image('new'), image('old'), image('used'), image('pinned', { pinned: true }), image('p', { repoTags: ['registry.k8s.io/pause:3.10'] }), image('older')];
    const known = new Map(all.map(({ id }) => [id, { firstSeenMs: id === 'new' ? 900_000 : 0, lastUsedMs: id === 'old' ? 5 : 0 }]));
    assert.deepEqual(removable(all, known, new Set(['used:1']), { nowMs: 1_000_000, minAgeMs: 120_000 }).map(({ id }) => id), ['older', 'old']);
  });
});

describe('admission', () => {
  const node = { appArmor: false, unsafeSysctls: ['kernel.msg*'], labels: { zone: 'a' }, allocatable: { cpu: '2', memory: '1Gi', pods: '3' }, pressure: new Set<string>(), pods: [asking('x', { cpu: '1500m' })] };
  const reason = (of: Pod, changes: Partial<Parameters<typeof admitPod>[1]> = {}) => admitPod(of, { ...node, ...changes })?.reason;
  it('takes what fits', () => assert.equal(reason(asking('p', { cpu: '500m' })), undefined));
  it('refuses what does not', () => {
    assert.equal(admitPod(asking('p', { cpu: '501m' }), node)?.message, "Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000");
    assert.equal(reason(asking('p', { memory: '2Gi' })), 'OutOfmemory');
    assert.equal(reason(pod('p'), { pods: [pod('1'), pod('2'), pod('3')] }), 'OutOfpods');
  });
  it('looks at selectors, systems and ports', () => {
    assert.equal(reason(pod('p', { nodeSelector: { zone: 'b' } })), 'NodeAffinity');
    assert.equal(reason(pod('p', { nodeSelector: { zone: 'a' } })), undefined);
    assert.equal(reason(pod('p', { os: { name: 'windows' } })), 'PodOSNotSupported');
    const web = (hostIP?: string) => pod('w', { containers: [{ name: 'c', resources: {}, ports: [{ containerPort: 80, hostPort: 80, ...(hostIP ? { hostIP } : {}) }] }] });
    assert.equal(reason(web(), { pods: [web()] }), 'NodePorts');
    assert.equal(reason(web('192.0.2.1'), { pods: [web('192.0.2.2')] }), undefined);
  });
  it('refuses what the node does not offer', () => {
    const sysctl = (name: string) => pod('p', { securityContext: { sysctls: [{ name, value: '1' }] } });
    assert.equal(reason(sysctl('net.ipv4.tcp_syncookies')), undefined);
    assert.equal(reason(sysctl('kernel.msgmax')), undefined);
    assert.equal(admitPod(sysctl('kernel.sem'), node)?.message, 'forbidden sysctl: "kernel.sem" not allowlisted');
    assert.equal(reason(pod('p', { hostUsers: false })), 'UserNamespacesNotSupported');
    const confined = pod('p', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } });
    assert.equal(reason(confined), 'AppArmor');
    assert.equal(reason(confined, { appArmor: true }), undefined);
  });
  it('turns away under pressure', () => {
    const memory = new Set(['MemoryPressure']);
    assert.equal(refusedUnderPressure(pod('p'), memory), 'The node had condition: [MemoryPressure]. ');
    assert.equal(refusedUnderPressure(asking('p', { memory: '1Mi' }), memory), undefined);
    assert.equal(refusedUnderPressure(asking('p', { memory: '1Mi' }), new Set(['DiskPressure'])), 'The node had condition: [DiskPressure]. ');
    assert.equal(refusedUnderPressure(pod('p', { priority: 2_000_000_000 }), memory), undefined);
  });
});

describe('eviction', () => {
  const free = (available: number) => ({ capacity: 1000, available });
  const supply = { memory: free(50), nodefs: free(200), nodefsInodes: free(40), imagefs: free(120), imagefsInodes: free(900) };
  it('sees shortages as amounts and percentages', () => {
    assert.deepEqual(shortages(supply, { 'memory.available': '100', 'nodefs.available': '10%' }).map(({ condition }) => condition), ['MemoryPressure']);
    assert.deepEqual(shortages(supply, { 'nodefs.available': '30%' }).map(({ condition }) => condition), ['DiskPressure']);
    assert.throws(() => shortages(supply, { 'x.available': '1' }), /unsupported eviction signal x.available/);
    assert.throws(() => shortages(supply, { 'nodefs.available': '120%' }), /must be from 0% to 100%/);
  });
  it('knows disks and files of nodes and images, with upstream’s thresholds, and what is switched off', () => {
    const signals = (thresholds: Parameters<typeof shortages>[1]) => shortages(supply, thresholds).map(({ signal }) => signal);
    assert.deepEqual(signals({ ...DEFAULT_EVICTION, 'memory.available': '0' }), ['nodefs.inodesFree', 'imagefs.available']);
    assert.deepEqual(signals({ 'nodefs.inodesFree': '0%', 'imagefs.available': '100%' }), []);
  });
  it('ends first what exceeds its requests, then what matters least, then what exceeds most', () => {
    const pods = [asking('modest', { memory: '100' }), asking('greedy', { memory: '10' }), asking('greedier', {}), asking('dear', {}, { priority: 10 }), pod('critical', { priority: 2_000_000_000 })];
    const usage: Record<string, number> = { modest: 50, greedy: 60, greedier: 70, dear: 500, critical: 1000 };
    assert.deepEqual(rankForEviction(pods, 'memory', ({ metadata }) => usage[metadata.name!]!).map(({ metadata }) => metadata.name), ['greedier', 'greedy', 'dear', 'modest']);
  });
  it('says why', () => {
    const shortage = { signal: 'memory.available', resource: 'memory', condition: 'MemoryPressure', threshold: 100 << 20, available: 50 << 20 } as const;
    assert.equal(
      evictionMessage(asking('p', {}), shortage, () => 10 << 20),
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container c was using 10Mi, request is 0, has larger consumption of memory. ',
    );
    const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
    assert.equal(overfullVolume(pod('p', { volumes }), () => 2 << 20), 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ');
    assert.equal(overfullVolume(pod('p', { volumes }), () => 1 << 20), undefined);
  });
});

describe('node', () => {
  it('lets pods have what others advertise as capacity', () => {
    const facts = { machine: {}, capacity: { cpu: '4' }, allocatable: { cpu: '3' }, addresses: [], port: 1 } as unknown as NodeFacts;
    const status = nodeStatus(facts, { pressure: new Set(), images: [] } as unknown as RuntimeFacts, { capacity: { cpu: '8', 'example.com/dongle': '4' }, allocatable: { 'example.com/gone': '1' } } as unknown as NodeStatus, 0);
    assert.deepEqual(status.capacity, { cpu: '4', 'example.com/dongle': '4' });
    assert.deepEqual(status.allocatable, { cpu: '3', 'example.com/dongle': '4' });
  });
  it('keeps something back', () => assert.deepEqual(allocatableOf({ cpu: '4', memory: '1Gi', pods: '110' }, { cpu: '500m' }), { cpu: '3500m', memory: '924Mi', pods: '110' }));
  it('says why it is not ready', () => {
    assert.equal(notReadyText(undefined), 'container runtime is down');
    const condition = (type: string, status: boolean) => ({ type, status, reason: 'NetworkPluginNotReady', message: 'no cni' });
    assert.equal(notReadyText({ conditions: [condition('RuntimeReady', true), condition('NetworkReady', false)], runtimeHandlers: [] }), 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:no cni');
    assert.equal(notReadyText({ conditions: [condition('RuntimeReady', true), condition('NetworkReady', true)], runtimeHandlers: [] }), '');
  });
});

describe('server routes', () => {
  it('take paths apart', () => {
    assert.deepEqual(parseContainerPath('/exec/ns/pod/c'), { action: 'exec', namespace: 'ns', pod: 'pod', container: 'c' });
    assert.deepEqual(parseContainerPath('/exec/ns/pod/uid/c'), { action: 'exec', namespace: 'ns', pod: 'pod', uid: 'uid', container: 'c' });
    assert.deepEqual(parseContainerPath('/portForward/ns/pod'), { action: 'portForward', namespace: 'ns', pod: 'pod' });
    assert.equal(parseContainerPath('/exec/ns/pod'), undefined);
    assert.equal(parseContainerPath('/other/ns/pod/c'), undefined);
  });
  it('know authorities', () => {
    assert.deepEqual(parseAuthority('10.0.0.1:80'), { host: '10.0.0.1', port: 80 });
    assert.deepEqual(parseAuthority('[fd00::1]:443'), { host: 'fd00::1', port: 443 });
    for (const wrong of ['x', 'x:0', 'x:70000', ':80']) assert.equal(parseAuthority(wrong), undefined);
  });
});

it('every object that a pod names is found', () => {
  const of = pod('p', {
    imagePullSecrets: [{ name: 's1' }],
    containers: [{ name: 'c', resources: {}, envFrom: [{ configMapRef: { name: 'c1' } }, { secretRef: { name: 's2' } }], env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'c2', key: 'k' } } }, { name: 'F', valueFrom: { secretKeyRef: { name: 's1', key: 'k' } } }] }],
    volumes: [{ name: 'a', configMap: { name: 'c3' } }, { name: 'b', secret: { secretName: 's3' } }, { name: 'c', projected: { sources: [{ configMap: { name: 'c1' } }, { secret: { name: 's4' } }] } }],
  });
  assert.deepEqual(configRefs(of).map(({ kind, name }) => `${kind}/${name}`).sort(), ['configmap/c1', 'configmap/c2', 'configmap/c3', 'secret/s1', 'secret/s2', 'secret/s3', 'secret/s4']);
});
