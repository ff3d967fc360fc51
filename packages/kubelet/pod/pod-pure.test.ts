import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { containerStatus } from './container-status.ts';
import { CrashBackoff, delayText } from './crash-backoff.ts';
import { hostnameOf, kernelHostname, parseResolvConf, podDns } from './dns.ts';
import { fieldValue, resourceValue } from './downward.ts';
import { expand } from './expand.ts';
import { hostNetworkHostsFile, hostsFile } from './hosts-file.ts';
import { containerLimits, cpuQuota, cpuShares, oomScoreAdjust, podCgroupLimits } from './resources.ts';
import { containerSecurity, namespaceOptions } from './security.ts';
import { serviceEnv } from './service-env.ts';
import { makePodStatus, type PodFailure } from './pod-status.ts';
import type { PodSnapshot } from './snapshot.ts';
import { NEW_LIFE, transition } from './transition.ts';

const makePod = (spec: Partial<Pod['spec']>, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'shop', uid: 'u-1', ...metadata },
  spec: { containers: [], ...spec },
  status: {},
});

describe('expand', () => {
  const values = new Map([
    ['A', 'one'],
    ['EMPTY', ''],
  ]);
  for (const [text, wanted] of [
    ['$(A)', 'one'],
    ['x$(A)y$(A)', 'xoneyone'],
    ['$(B)', '$(B)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$one'],
    ['$(EMPTY)!', '!'],
    ['$(A', '$(A'],
    ['$A', '$A'],
    ['100$', '100$'],
    ['$', '$'],
    ['', ''],
  ] as const) {
    it(`${text} gives ${wanted}`, () => assert.equal(expand(text, (name) => values.get(name)), wanted));
  }
});

describe('service environment', () => {
  const service = (name: string, namespace: string, clusterIP: string): Service =>
    ({
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name, namespace },
      spec: {
        clusterIP,
        ports: [
          { name: 'http', port: 80, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
      status: {},
    }) as unknown as Service;
  const all = [service('kubernetes', 'default', '10.0.0.1'), service('my-db', 'shop', '10.0.0.2'), service('headless', 'shop', 'None'), service('far', 'other', '10.0.0.3')];

  it('names every service of the namespace, and the API', () => {
    const env = serviceEnv(all, 'shop', true);
    assert.equal(env.get('KUBERNETES_SERVICE_HOST'), '10.0.0.1');
    assert.equal(env.get('MY_DB_SERVICE_HOST'), '10.0.0.2');
    assert.equal(env.get('MY_DB_SERVICE_PORT'), '80');
    assert.equal(env.get('MY_DB_SERVICE_PORT_HTTP'), '80');
    assert.equal(env.get('MY_DB_PORT'), 'tcp://10.0.0.2:80');
    assert.equal(env.get('MY_DB_PORT_53_UDP_ADDR'), '10.0.0.2');
    assert.equal(env.has('HEADLESS_SERVICE_HOST'), false);
    assert.equal(env.has('FAR_SERVICE_HOST'), false);
  });

  it('names only the API without links', () => {
    assert.deepEqual([...serviceEnv(all, 'shop', false).keys()].filter((name) => name.endsWith('_HOST')), ['KUBERNETES_SERVICE_HOST']);
  });
});

describe('downward API', () => {
  const context = { nodeName: 'n1', hostIps: ['192.0.2.1'], podIps: ['10.1.1.1', 'fd00::1'], allocatable: { cpu: '4', memory: '8Gi' } };
  const container = { name: 'c', resources: { requests: { cpu: '250m' }, limits: { memory: '64Mi' } } };
  const pod = makePod({ containers: [container], serviceAccountName: 'robot' }, { labels: { b: '2', a: '1"' }, annotations: { note: 'hi' } });
  for (const [path, wanted] of [
    ['metadata.name', 'web'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['b']", '2'],
    ["metadata.annotations['note']", 'hi'],
    ["metadata.labels['none']", ''],
    ['metadata.labels', 'a="1\\""\nb="2"'],
    ['spec.nodeName', 'n1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '10.1.1.1'],
    ['status.podIPs', '10.1.1.1,fd00::1'],
    ['status.hostIP', '192.0.2.1'],
    ['spec.containers', undefined],
  ] as const) {
    it(`${path} is ${wanted}`, () => assert.equal(fieldValue(pod, path, context), wanted));
  }
  for (const [resource, divisor, wanted] of [
    ['requests.cpu', '1m', '250'],
    ['requests.cpu', '1', '1'],
    ['limits.cpu', '1', '4'],
    ['limits.memory', '1Mi', '64'],
    ['requests.memory', '1', '67108864'],
    ['limits.memory', '0', '67108864'],
  ] as const) {
    it(`${resource} / ${divisor} is ${wanted}`, () => assert.equal(resourceValue(pod, { resource, divisor }, 'c', context), wanted));
  }
  it('refuses containers that do not exist', () => assert.throws(() => resourceValue(pod, { containerName: 'x', resource: 'limits.cpu' }, 'c', context), /container x not found/));
});

describe('resources', () => {
  it('turns CPU into shares and quota', () => {
    assert.deepEqual([0, 1, 250, 1000, 1_000_000].map(cpuShares), [2, 2, 256, 1024, 262_144]);
    assert.deepEqual([0, 1, 100, 2000].map(cpuQuota), [0, 1000, 10_000, 200_000]);
  });

  it('limits the pod only where all containers are limited', () => {
    const limited = { name: 'a', resources: { requests: { cpu: '1' }, limits: { cpu: '1', memory: '1Gi' } } };
    assert.deepEqual(podCgroupLimits(makePod({ containers: [limited] })), { cpuShares: 1024, cpuPeriod: 100_000, cpuQuota: 100_000, memoryBytes: 1 << 30 });
    assert.deepEqual(podCgroupLimits(makePod({ containers: [limited, { name: 'b', resources: { limits: { memory: '1Gi' } } }] })), { cpuShares: 1024, cpuPeriod: 100_000, memoryBytes: 2 * 2 ** 30 });
  });

  it('scores containers for the kernel', () => {
    const guaranteed = { name: 'a', resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } } };
    const burstable = { name: 'b', resources: { requests: { memory: '1Gi' } } };
    const best = { name: 'c', resources: {} };
    assert.equal(oomScoreAdjust(makePod({ containers: [guaranteed] }), guaranteed, 2 ** 33), -997);
    assert.equal(oomScoreAdjust(makePod({ containers: [burstable] }), burstable, 2 ** 33), 875);
    assert.equal(oomScoreAdjust(makePod({ containers: [best] }), best, 2 ** 33), 1000);
    assert.equal(oomScoreAdjust(makePod({ containers: [best], priority: 2_000_001_000 }), best, 2 ** 33), -997);
    assert.equal(containerLimits(makePod({ containers: [best] }), best, { memoryCapacity: 1, cgroupV2: true }).unified?.['memory.oom.group'], '1');
  });
});

describe('DNS', () => {
  const host = parseResolvConf('# comment\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch example.com.\noptions timeout:1 ndots:2\n');
  const context = { clusterServers: ['10.96.0.10'], clusterDomain: 'cluster.local', host };

  it('sends pods to the cluster first', () => {
    assert.deepEqual(podDns(makePod({}), context), { servers: ['10.96.0.10'], searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'], options: ['ndots:5'] });
  });
  it('sends host-network pods to the node, unless they ask otherwise', () => {
    assert.deepEqual(podDns(makePod({ hostNetwork: true }), context), host);
    assert.deepEqual(podDns(makePod({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), context).servers, ['10.96.0.10']);
    assert.deepEqual(podDns(makePod({ dnsPolicy: 'Default' }), context), host);
  });
  it('takes exactly what a pod without policy says', () => {
    const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] };
    assert.deepEqual(podDns(makePod({ dnsPolicy: 'None', dnsConfig }), context), { servers: ['1.1.1.1'], searches: ['a.b'], options: ['ndots:2', 'edns0'] });
    assert.deepEqual(podDns(makePod({ dnsConfig }), context).options, ['ndots:2', 'edns0']);
  });
  it('names pods', () => {
    const pod = makePod({ hostname: 'box', subdomain: 'net', setHostnameAsFQDN: true });
    assert.deepEqual(hostnameOf(pod, 'cluster.local'), { hostname: 'box', domain: 'net.shop.svc.cluster.local' });
    assert.equal(kernelHostname(pod, 'cluster.local'), 'box.net.shop.svc.cluster.local');
    assert.equal(hostnameOf(makePod({}, { name: `${'a'.repeat(62)}-b` }), 'x').hostname, 'a'.repeat(62));
  });
});

describe('hosts file', () => {
  it('names the pod and its aliases', () => {
    const text = hostsFile(['10.1.1.1'], { hostname: 'web', domain: 'sub.shop.svc.cluster.local' }, [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }]);
    assert.ok(text.startsWith('# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n'));
    assert.ok(text.includes('10.1.1.1\tweb.sub.shop.svc.cluster.local\tweb\n'));
    assert.ok(text.endsWith('\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n'));
  });
  it('keeps the names of the node for pods on its network', () => {
    assert.equal(hostNetworkHostsFile('127.0.0.1 localhost\n', []), '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n');
  });
});

describe('security', () => {
  const image = { id: 'i', repoTags: [], repoDigests: [], sizeBytes: 1, username: '', pinned: false };
  const of = (spec: Partial<Pod['spec']>, securityContext: NonNullable<Pod['spec']['containers'][0]['securityContext']> = {}) => {
    const container = { name: 'c', resources: {}, securityContext };
    return (changes = {}) => containerSecurity(makePod({ ...spec, containers: [container] }), container, { image: { ...image, ...changes }, seccompRoot: '/s' });
  };
  it('prefers the container over the pod over the image', () => {
    assert.equal(of({ securityContext: { runAsUser: 5 } }, { runAsUser: 6 })().runAsUser, 6);
    assert.equal(of({ securityContext: { runAsUser: 5 } })({ uid: 9 }).runAsUser, 5);
    assert.equal(of({})({ uid: 9 }).runAsUser, 9);
    assert.equal(of({})({ username: 'app' }).runAsUsername, 'app');
  });
  it('refuses root where it must not be', () => {
    assert.throws(() => of({ securityContext: { runAsNonRoot: true } })({ uid: 0 }), /container has runAsNonRoot and image will run as root \(pod: "web_shop\(u-1\)", container: c\)/);
    assert.throws(() => of({ securityContext: { runAsNonRoot: true } })({ username: 'app' }), /image has non-numeric user \(app\)/);
    assert.throws(() => of({}, { runAsNonRoot: true, runAsUser: 0 })(), /runAsUser breaks non-root policy/);
    assert.equal(of({}, { runAsNonRoot: true, runAsUser: 7 })().runAsUser, 7);
  });
  it('knows profiles, masks and privileges', () => {
    assert.deepEqual(of({})().seccomp, { profileType: 'unconfined' });
    assert.deepEqual(of({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } })().seccomp, { profileType: 'runtimeDefault' });
    assert.deepEqual(of({}, { seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' } })().seccomp, { profileType: 'localhost', localhostRef: '/s/p.json' });
    assert.deepEqual(of({}, { privileged: true })().maskedPaths, []);
    assert.equal(of({}, { allowPrivilegeEscalation: false })().noNewPrivs, true);
    assert.deepEqual(of({ securityContext: { fsGroup: 3, supplementalGroups: [4] } })().supplementalGroups, [3, 4]);
  });
  it('shares namespaces as asked', () => {
    assert.deepEqual(namespaceOptions(makePod({})), { network: 'pod', ipc: 'pod', pid: 'container' });
    assert.deepEqual(namespaceOptions(makePod({ hostNetwork: true, hostIPC: true, hostPID: true })), { network: 'node', ipc: 'node', pid: 'node' });
    assert.equal(namespaceOptions(makePod({ shareProcessNamespace: true })).pid, 'pod');
  });
});

describe('crash back-off', () => {
  it('starts at once, then waits 10 s, 20 s, … 300 s', () => {
    const backoff = new CrashBackoff();
    let nowMs = 1_000_000;
    const waits: number[] = [];
    for (let crash = 0; crash < 8; crash += 1) {
      const endedAtMs = nowMs;
      const waitMs = backoff.remainingMs('k', endedAtMs, nowMs);
      waits.push(waitMs / 1000);
      nowMs += waitMs;
      assert.equal(backoff.remainingMs('k', endedAtMs, nowMs), 0);
      backoff.started('k', endedAtMs, nowMs);
      nowMs += 100;
    }
    assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
  });
  it('forgets after ten quiet minutes', () => {
    const backoff = new CrashBackoff();
    backoff.started('k', 0, 0);
    assert.equal(backoff.remainingMs('k', 601_000, 601_000), 0);
    backoff.started('k', 601_000, 601_000);
    assert.equal(backoff.delayMs('k'), 10_000);
  });
  it('prints delays', () => assert.deepEqual([10_000, 40_000, 80_000, 300_000].map(delayText), ['10s', '40s', '1m20s', '5m0s']));
});

describe('life of a pod', () => {
  const after = (...events: Parameters<typeof transition>[1][]) => events.reduce(transition, NEW_LIFE);
  it('ends through terminating and terminated', () => {
    assert.equal(after({ type: 'deleting', graceMs: 30_000 }).phase, 'terminating');
    assert.equal(after({ type: 'deleting', graceMs: 30_000 }, { type: 'stopped' }).phase, 'terminated');
    const over = after({ type: 'over', graceMs: 0 }, { type: 'stopped' }, { type: 'cleaned' });
    assert.deepEqual([over.phase, over.deleting, over.gone], ['finished', false, false]);
    assert.equal(transition(over, { type: 'gone', graceMs: 0 }).gone, true);
  });
  it('only ever shortens the grace period', () => {
    assert.equal(after({ type: 'deleting', graceMs: 30_000 }, { type: 'deleting', graceMs: 1_000 }).graceMs, 1_000);
    assert.equal(after({ type: 'deleting', graceMs: 1_000 }, { type: 'gone', graceMs: 30_000 }).graceMs, 1_000);
  });
  it('keeps the first failure', () => {
    const failure = { reason: 'Evicted', message: 'm' };
    const life = after({ type: 'failed', failure, graceMs: 0 }, { type: 'failed', failure: { reason: 'Other', message: '' }, graceMs: 0 });
    assert.equal(life.failure, failure);
    assert.equal(after({ type: 'over', graceMs: 0 }, { type: 'failed', failure, graceMs: 0 }).failure, undefined);
  });
  it('ignores events out of turn', () => {
    assert.equal(after({ type: 'stopped' }).phase, 'syncing');
    assert.equal(after({ type: 'cleaned' }).phase, 'syncing');
  });
});

describe('a pod that is over', () => {
  const lost = { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated' };
  const snapshot = { sandboxes: [], containers: [] };
  const facts = { runtimeName: 'memory', waiting: new Map(), ready: () => false, started: () => false };
  const was = (name: string, state: object, containerID?: string) => ({ name, image: 'i', imageID: '', ready: false, restartCount: 0, lastState: {}, state, ...(containerID ? { containerID } : {}) });
  const waits = { waiting: { reason: 'ImagePullBackOff' } };
  const shows = (spec: Partial<Pod['spec']>, status: Pod['status'], failure?: PodFailure): unknown[] => {
    const pod = { ...makePod(spec), status };
    const made = makePodStatus({ pod, snapshot, facts, hostIps: [], podIps: [], failure, over: true, nowMs: 0 });
    return [made.phase, ...[...(made.initContainerStatuses ?? []), ...(made.containerStatuses ?? [])].map(({ state }) => state.terminated ?? state.waiting?.reason)];
  };
  const main = [{ name: 'main' }];
  const ended = { terminated: { exitCode: 0 } };

  for (const [title, spec, status, failure, wanted] of [
    ['fails when its container never ran, so that who waits for its end goes on', { containers: main }, { phase: 'Pending', containerStatuses: [was('main', waits)] }, undefined, ['Failed', lost]],
    ['fails before it has told anything', { containers: main }, { phase: 'Pending' }, undefined, ['Failed', lost]],
    ['succeeds when all did', { containers: main }, { phase: 'Running', containerStatuses: [was('main', ended, 'memory://1')] }, undefined, ['Succeeded', { exitCode: 0 }]],
    ['fails when one never ran beside one that did', { containers: [...main, { name: 'other' }] }, { phase: 'Pending', containerStatuses: [was('main', ended, 'memory://1'), was('other', waits)] }, undefined, ['Failed', { exitCode: 0 }, lost]],
    ['shows nothing of containers that never had their turn', { initContainers: [{ name: 'first' }], containers: main }, { phase: 'Pending', initContainerStatuses: [was('first', waits)], containerStatuses: [was('main', { waiting: { reason: 'PodInitializing' } })] }, undefined, ['Failed', 'PodInitializing', 'PodInitializing']],
    ['has no containers when it was refused', { containers: main }, { phase: 'Pending' }, { reason: 'OutOfcpu', message: 'full', refused: true }, ['Failed']],
    ['has none later either', { containers: main }, { phase: 'Failed', reason: 'OutOfcpu' }, undefined, ['Failed']],
    ['shows what it waited for when the node gave it up before it ran', { containers: main }, { phase: 'Pending', containerStatuses: [was('main', waits)] }, { reason: 'Evicted', message: 'low' }, ['Failed', lost]],
    ['shows containers that ran when the node gave it up', { containers: main }, { phase: 'Running', containerStatuses: [was('main', waits, 'memory://1')] }, { reason: 'Evicted', message: 'low' }, ['Failed', lost]],
  ] as const) {
    it(title, () => assert.deepEqual(shows(spec as unknown as Pod['spec'], status as unknown as Pod['status'], failure), wanted));
  }
});

describe('readiness of a container', () => {
  const running = { id: '1', name: 'c', metadata: { attempt: 0 }, state: 'running', startedAtMs: 0, image: 'i', imageRef: 'r' } as unknown as PodSnapshot['containers'][number];
  const facts = { runtimeName: 'memory', waiting: new Map(), ready: () => true, started: () => true };
  for (const [title, role, restartPolicy, state, wanted] of [
    ['a main container that runs', 'main', undefined, {}, true],
    ['an init container that runs has still to finish', 'init', undefined, {}, false],
    ['an init container that did well', 'init', undefined, { state: 'exited', exitCode: 0, finishedAtMs: 0 }, true],
    ['an init container that failed', 'init', undefined, { state: 'exited', exitCode: 1, finishedAtMs: 0 }, false],
    ['a sidecar that runs', 'init', 'Always', {}, true],
    ['an ephemeral container', 'ephemeral', undefined, {}, false],
  ] as const) {
    it(title, () => {
      const snapshot = { sandboxes: [], containers: [{ ...running, ...state }] } as unknown as PodSnapshot;
      const shown = containerStatus({ name: 'c', resources: {}, ...(restartPolicy ? { restartPolicy } : {}) }, { snapshot, old: undefined, role, idle: '' }, facts);
      assert.equal(shown.ready, wanted);
    });
  }
});
