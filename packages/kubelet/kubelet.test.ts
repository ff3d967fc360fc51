import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { eventually, type Harness, IMAGE, openHarness } from './testing/harness.ts';

const { signal } = new AbortController();
const sleeper = { name: 'main', image: IMAGE, command: ['sleep', '5000'] };
const sh = (script: string, name = 'main') => ({ name, image: IMAGE, command: ['sh', '-c', script] });

const isTrue = (pod: Pod, type: string): boolean => pod.status.conditions?.find((one) => one.type === type)?.status === 'True';
const isReady = (pod: Pod): boolean => isTrue(pod, 'Ready');
const main = ({ status }: Pod) => status.containerStatuses?.[0];
const waitingReason = (pod: Pod): string | undefined => main(pod)?.state.waiting?.reason;

/** Changes the resources of the only container of the pod `web`. */
async function resize(node: Harness, resources: object): Promise<void> {
  const spec = (await node.getPod('web'))!.spec;
  const containers = spec.containers.map((container) => ({ ...container, resources }));
  await node.client.of(pods).namespace('default').patch('web', { type: 'merge', body: { metadata: { generation: 2 }, spec: { containers } } }, {}, signal);
}

describe('kubelet', () => {
  it('registers its node and reports it ready', async () => {
    await using node = await openHarness({ labels: { zone: 'a' } });
    const found = await eventually(
      () => 'a ready node',
      async () => {
        const { items } = await node.client.of(nodes).list({}, signal);
        return items.find(({ status }) => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'));
      },
    );
    assert.equal(found.metadata.labels?.['zone'], 'a');
    assert.equal(found.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
    assert.equal(found.status.capacity?.['cpu'], '4');
    assert.equal(found.status.allocatable?.['memory'], '8092Mi');
    assert.equal(found.status.nodeInfo.containerRuntimeVersion, 'memory://1.0.0');
  });

  it('runs a pod, says so, and ends it gracefully', async () => {
    await using node = await openHarness();
    await node.createPod('web', { containers: [sleeper] });
    const pod = await node.podBecomes('web', 'ready', isReady);
    assert.equal(pod.status.phase, 'Running');
    assert.equal(pod.status.hostIP, '192.0.2.1');
    assert.match(pod.status.podIP ?? '', /^10\.88\./);
    assert.equal(main(pod)?.image, IMAGE);
    assert.match(main(pod)?.containerID ?? '', /^memory:\/\/container-/);
    assert.deepEqual(main(pod)?.lastState, {});
    await node.deletePod('web', 1);
    await node.podVanishes('web');
    await eventually(() => 'the sandbox to be removed', async () => (await node.runtime.listSandboxes({}, signal)).length === 0);
    assert.deepEqual(await node.eventTexts(), [
      'Starting: Starting kubelet.',
      'NodeReady: Node node-1 status is now: NodeReady',
      `Pulled: Container image "${IMAGE}" already present on machine and can be accessed by the pod`,
      'Created: Container created',
      'Started: Container started',
      'Killing: Stopping container main',
    ]);
  });

  it('gives containers their environment', async () => {
    await using node = await openHarness();
    await node.client.of(configMaps).create({ metadata: { name: 'config', namespace: 'default' }, data: { color: 'blue', size: '7' }, binaryData: { never: 'AA==' } }, {}, signal);
    await node.client.of(secrets).create({ metadata: { name: 'secret', namespace: 'default' }, data: { password: Buffer.from('hunter2').toString('base64') } }, {}, signal);
    await node.createPod('env', {
      containers: [
        {
          ...sleeper,
          args: ['$(COLOR)-$(NOPE)-$$(COLOR)'],
          envFrom: [{ configMapRef: { name: 'config' }, prefix: 'CFG_' }],
          env: [
            { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'config', key: 'color' } } },
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'password' } } },
            { name: 'BOTH', value: '$(COLOR):$(PASSWORD)' },
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          ],
          resources: { limits: { cpu: '500m' } },
        },
      ],
    });
    const pod = await node.podBecomes('env', 'running', isReady);
    const config = node.runtime.configOf(main(pod)!.containerID!.split('//')[1]!);
    const env = Object.fromEntries((config.env ?? []).map(({ key, value }) => [key, value]));
    assert.deepEqual(env, { CFG_color: 'blue', CFG_size: '7', COLOR: 'blue', PASSWORD: 'hunter2', BOTH: 'blue:hunter2', POD: 'env', IP: pod.status.podIP, CPU: '500' });
    assert.deepEqual(config.args, ['blue-$(NOPE)-$(COLOR)']);
    assert.equal(config.linux?.resources?.cpuQuota, 50_000);
  });

  it('waits for a ConfigMap that a container needs', async () => {
    await using node = await openHarness();
    await node.createPod('needy', { containers: [{ ...sleeper, envFrom: [{ configMapRef: { name: 'late' } }] }] });
    const waiting = await node.podBecomes('needy', 'waiting', (pod) => waitingReason(pod) === 'CreateContainerConfigError');
    assert.equal(main(waiting)?.state.waiting?.message, 'configmap "late" not found');
    await node.client.of(configMaps).create({ metadata: { name: 'late', namespace: 'default' }, data: { a: 'b' } }, {}, signal);
    await node.podBecomes('needy', 'running', isReady);
  });

  it('mounts ConfigMaps and brings their changes to running containers', async () => {
    await using node = await openHarness();
    const maps = node.client.of(configMaps).namespace('default');
    await maps.create({ metadata: { name: 'files', namespace: 'default' }, data: { 'a.txt': 'one' } }, {}, signal);
    await node.createPod('files', {
      containers: [{ ...sleeper, volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] }],
      volumes: [{ name: 'v', configMap: { name: 'files' } }],
    });
    const pod = await node.podBecomes('files', 'running', isReady);
    const { mounts = [] } = node.runtime.configOf(main(pod)!.containerID!.split('//')[1]!);
    const path = mounts.find(({ containerPath }) => containerPath === '/v')!.hostPath;
    assert.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'one');
    await maps.patch('files', { type: 'merge', body: { data: { 'a.txt': 'two', 'b.txt': 'new' } } }, {}, signal);
    await eventually(() => 'the new content', () => readFileSync(join(path, 'a.txt'), 'utf8') === 'two');
    await eventually(() => 'the new file', () => existsSync(join(path, 'b.txt')) && readFileSync(join(path, 'b.txt'), 'utf8') === 'new');
  });

  it('reports volumes that cannot be set up', async () => {
    await using node = await openHarness();
    await node.createPod('stuck', { containers: [{ ...sleeper, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', secret: { secretName: 'gone' } }] });
    await eventually(() => 'the event', async () => (await node.eventTexts()).includes('FailedMount: MountVolume.SetUp failed for volume "v" : secret "gone" not found'));
    assert.equal(waitingReason((await node.getPod('stuck'))!), 'ContainerCreating');
    await node.deletePod('stuck', 0);
    await node.podVanishes('stuck');
  });

  it('runs init containers one after the other', async () => {
    await using node = await openHarness();
    await node.createPod('init', { initContainers: [sh('echo a', 'first'), sh('echo b', 'second')], containers: [sleeper] });
    const pod = await node.podBecomes('init', 'ready', isReady);
    assert.deepEqual(pod.status.initContainerStatuses?.map(({ name, ready, state }) => [name, ready, state.terminated?.reason]), [
      ['first', true, 'Completed'],
      ['second', true, 'Completed'],
    ]);
    const created = node.runtime.calls.filter((call) => call.startsWith('startContainer')).length;
    assert.equal(created, 3);
  });

  it('fails a pod whose init container fails for good', async () => {
    await using node = await openHarness();
    await node.createPod('bad', { restartPolicy: 'Never', initContainers: [sh('exit 2', 'first')], containers: [sleeper] });
    const pod = await node.podBecomes('bad', 'failed', ({ status }) => status.phase === 'Failed');
    assert.equal(pod.status.initContainerStatuses?.[0]?.state.terminated?.exitCode, 2);
    assert.equal(waitingReason(pod), 'PodInitializing');
  });

  it('keeps sidecars beside the main containers and ends them after', async () => {
    await using node = await openHarness();
    await node.createPod('side', { restartPolicy: 'Never', initContainers: [{ ...sleeper, name: 'proxy', restartPolicy: 'Always' }], containers: [sh('sleep 0.2')] });
    const running = await node.podBecomes('side', 'running', ({ status }) => status.phase === 'Running');
    assert.equal(running.status.initContainerStatuses?.[0]?.started, true);
    const pod = await node.podBecomes('side', 'succeeded', ({ status }) => status.phase === 'Succeeded');
    assert.notEqual(pod.status.initContainerStatuses?.[0]?.state.terminated, undefined);
  });

  it('ends pods that have done their work', async () => {
    await using node = await openHarness();
    await node.createPod('job', { restartPolicy: 'OnFailure', containers: [sh('echo done')] });
    await node.createPod('lost', { restartPolicy: 'Never', containers: [{ ...sh('write /dev/termination-log because; exit 4') }] });
    const done = await node.podBecomes('job', 'succeeded', ({ status }) => status.phase === 'Succeeded');
    assert.equal(main(done)?.state.terminated?.reason, 'Completed');
    assert.equal(isReady(done), false);
    const lost = await node.podBecomes('lost', 'failed', ({ status }) => status.phase === 'Failed');
    assert.equal(main(lost)?.state.terminated?.exitCode, 4);
    assert.equal(main(lost)?.state.terminated?.message, 'because\n');
    await node.deletePod('job', 30);
    await node.podVanishes('job');
  });

  it('restarts containers that end, later and later', async () => {
    await using node = await openHarness();
    await node.createPod('crash', { containers: [sh('exit 1')] });
    const pod = await node.podBecomes('crash', 'backing off', (one) => waitingReason(one) === 'CrashLoopBackOff');
    assert.equal(main(pod)?.restartCount, 1);
    assert.equal(main(pod)?.state.waiting?.message, `back-off 10s restarting failed container=main pod=crash_default(${pod.metadata.uid})`);
    assert.equal(main(pod)?.lastState.terminated?.exitCode, 1);
    assert.equal(pod.status.phase, 'Running');
  });

  it('restarts a container that is killed, and shows why it ended', async () => {
    await using node = await openHarness();
    await node.createPod('oom', { containers: [sleeper] });
    const before = await node.podBecomes('oom', 'running', isReady);
    node.runtime.crash(main(before)!.containerID!.split('//')[1]!, 137, 'OOMKilled');
    const pod = await node.podBecomes('oom', 'restarted', (one) => main(one)?.restartCount === 1 && isReady(one));
    assert.equal(main(pod)?.lastState.terminated?.reason, 'OOMKilled');
  });

  it('does not start a container whose image is missing', async () => {
    await using node = await openHarness();
    await node.createPod('never', { containers: [{ ...sleeper, image: 'other:1', imagePullPolicy: 'Never' }] });
    await node.createPod('absent', { containers: [{ ...sleeper, image: 'registry.example/absent:1' }] });
    await node.createPod('wrong', { containers: [{ ...sleeper, image: 'Not Valid' }] });
    const never = await node.podBecomes('never', 'waiting', (pod) => waitingReason(pod) === 'ErrImageNeverPull');
    assert.equal(main(never)?.state.waiting?.message, 'Container image "other:1" is not present with pull policy of Never');
    await node.podBecomes('absent', 'failing to pull', (pod) => waitingReason(pod) === 'ErrImagePull');
    const absent = await node.podBecomes('absent', 'backing off', (pod) => waitingReason(pod) === 'ImagePullBackOff');
    assert.match(main(absent)?.state.waiting?.message ?? '', /^Back-off pulling image "registry.example\/absent:1": ErrImagePull: rpc error: code = NotFound/);
    await node.podBecomes('wrong', 'refused', (pod) => waitingReason(pod) === 'InvalidImageName');
    const texts = await node.eventTexts();
    assert.ok(texts.includes('Pulling: Pulling image "registry.example/absent:1"'));
    assert.ok(texts.includes('Failed: Error: ErrImagePull'));
  });

  it('pulls with the credentials of a Secret', async () => {
    await using node = await openHarness();
    node.runtime.registry.set('registry.example/private:1', { password: 'open' });
    const auths = { auths: { 'registry.example': { auth: Buffer.from('user:open').toString('base64') } } };
    await node.client.of(secrets).create({ metadata: { name: 'pull', namespace: 'default' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(JSON.stringify(auths)).toString('base64') } }, {}, signal);
    await node.createPod('private', { imagePullSecrets: [{ name: 'pull' }], containers: [{ ...sleeper, image: 'registry.example/private:1' }] });
    await node.podBecomes('private', 'running', isReady);
    assert.ok((await node.eventTexts()).some((text) => text.startsWith('Pulled: Successfully pulled image "registry.example/private:1" in ')));
  });

  it('lets readiness decide about Ready, and liveness restart', async () => {
    await using node = await openHarness();
    const probe = (command: string[]) => ({ exec: { command }, periodSeconds: 1, failureThreshold: 1 });
    await node.createPod('ready', { containers: [{ ...sleeper, readinessProbe: probe(['true']) }] });
    await node.createPod('unready', { containers: [{ ...sleeper, readinessProbe: probe(['false']) }] });
    await node.createPod('sick', { terminationGracePeriodSeconds: 0, containers: [{ ...sleeper, livenessProbe: probe(['false']) }] });
    await node.createPod('slow', { containers: [{ ...sleeper, startupProbe: { ...probe(['false']), failureThreshold: 100 }, readinessProbe: probe(['true']) }] });
    await node.podBecomes('ready', 'ready', isReady);
    const unready = await node.podBecomes('unready', 'running', ({ status }) => status.phase === 'Running');
    assert.equal(isReady(unready), false);
    await node.podBecomes('sick', 'restarted', (pod) => (main(pod)?.restartCount ?? 0) >= 1);
    const slow = await node.podBecomes('slow', 'running', ({ status }) => status.phase === 'Running');
    assert.equal(main(slow)?.started, false);
    assert.equal(isReady(slow), false);
    const texts = await node.eventTexts();
    assert.ok(texts.includes('Unhealthy: Liveness probe failed: '));
    assert.ok(texts.includes('Killing: Container main failed liveness probe, will be restarted'));
    const gates = unready.status.conditions?.find(({ type }) => type === 'ContainersReady');
    assert.equal(gates?.message, 'containers with unready status: [main]');
  });

  it('tells while a pod ends that it is not ready any more', async () => {
    await using node = await openHarness();
    let well = true;
    const released = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      if (request.url === '/stop') void released.promise.then(() => response.end());
      else response.writeHead(well ? 200 : 503).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const at = (path: string) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, path });
    const readinessProbe = { httpGet: at('/'), periodSeconds: 1, timeoutSeconds: 30, failureThreshold: 1 };
    await node.createPod('web', { containers: [{ ...sleeper, readinessProbe, lifecycle: { preStop: { httpGet: at('/stop') } } }] });
    await node.podBecomes('web', 'ready', isReady);
    await node.deletePod('web', 600);
    well = false;
    await node.podBecomes('web', 'unready', (pod) => !isReady(pod));
    released.resolve();
    await node.podVanishes('web');
    server.closeAllConnections();
    server.close();
  });

  it('changes resources of running containers, or says why not', async () => {
    await using node = await openHarness();
    const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
    const held = (pod: Pod) => JSON.stringify(main(pod)?.resources);
    // The fake server keeps the marks of deleted conditions, which have no status.
    const condition = (pod: Pod, type: string) => pod.status.conditions?.find((one) => one.type === type && one.status);
    await node.createPod('web', { containers: [{ ...sleeper, resources: resources('1', '64Mi') }] });
    const before = await node.podBecomes('web', 'ready', isReady);
    await resize(node, resources('2', '64Mi'));
    const after = await node.podBecomes('web', 'resized', (pod) => held(pod) === JSON.stringify({ limits: { cpu: '2', memory: '64Mi' }, requests: { cpu: '2', memory: '64Mi' } }));
    assert.deepEqual([main(after)?.containerID, main(after)?.restartCount], [main(before)?.containerID, 0]);
    assert.deepEqual(main(after)?.allocatedResources, { cpu: '2', memory: '64Mi' });
    assert.ok(node.runtime.calls.some((call) => call.startsWith('updateContainerResources')));
    assert.equal(condition(after, 'PodResizeInProgress'), undefined);

    await resize(node, resources('5', '64Mi'));
    const refused = await node.podBecomes('web', 'refused', (pod) => condition(pod, 'PodResizePending') !== undefined);
    assert.equal(condition(refused, 'PodResizePending')?.reason, 'Infeasible');
    assert.equal(condition(refused, 'PodResizePending')?.message, "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000");
    assert.deepEqual(main(refused)?.allocatedResources, { cpu: '2', memory: '64Mi' });
    await resize(node, resources('2', '64Mi'));
    await node.podBecomes('web', 'as before', (pod) => condition(pod, 'PodResizePending') === undefined);

    await node.createPod('other', { containers: [{ ...sleeper, resources: resources('2', '64Mi') }] });
    await node.podBecomes('other', 'ready', isReady);
    await resize(node, resources('3', '64Mi'));
    const deferred = await node.podBecomes('web', 'deferred', (pod) => condition(pod, 'PodResizePending')?.reason === 'Deferred');
    assert.equal(condition(deferred, 'PodResizePending')?.message, "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000");
    await node.restart();
    await node.deletePod('other', 0);
    await node.podBecomes('web', 'resized', (pod) => main(pod)?.resources?.limits?.['cpu'] === '3' && condition(pod, 'PodResizePending') === undefined);
  });

  it('does not take memory from a container that uses it', async () => {
    await using node = await openHarness();
    const resources = (memory: string) => ({ requests: { memory }, limits: { memory } });
    await node.createPod('web', { containers: [{ ...sleeper, resources: resources('64Mi') }] });
    await node.podBecomes('web', 'ready', isReady);
    await resize(node, resources('512Ki'));
    const pod = await node.podBecomes('web', 'refused', ({ status }) => status.conditions?.some(({ type, reason }) => type === 'PodResizeInProgress' && reason === 'Error') === true);
    assert.equal(pod.status.conditions?.find(({ type }) => type === 'PodResizeInProgress')?.message, 'attempting to set pod memory limit (524288) below current usage (1048576)');
    assert.deepEqual(main(pod)?.resources, resources('64Mi'));
    assert.deepEqual(main(pod)?.allocatedResources, { memory: '512Ki' });
  });

  it('restarts containers whose resize policy says so', async () => {
    await using node = await openHarness();
    const resources = (memory: string) => ({ requests: { memory }, limits: { memory } });
    await node.createPod('web', { terminationGracePeriodSeconds: 0, containers: [{ ...sleeper, resources: resources('64Mi'), resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] }] });
    await node.podBecomes('web', 'ready', isReady);
    await resize(node, resources('128Mi'));
    const after = await node.podBecomes('web', 'restarted', (pod) => main(pod)?.restartCount === 1 && isReady(pod));
    assert.deepEqual(main(after)?.resources, resources('128Mi'));
    assert.equal(after.status.conditions?.some(({ type, status }) => type.startsWith('PodResize') && status), false);
    const statuses = node.transport.requests.filter(({ path }) => path.endsWith('/pods/web/status')).map(({ body }) => JSON.stringify(body));
    const ready = statuses.findIndex((text) => text.includes('"type":"Ready","observedGeneration":1,"status":"True"'));
    assert.ok(ready >= 0 && statuses.slice(ready).every((text) => !text.includes('ContainersNotReady')), 'it stays ready, as it has no probe');
    assert.ok((await node.eventTexts()).includes('Killing: Container main resize requires restart'));
    assert.ok(!node.runtime.calls.some((call) => call.startsWith('updateContainerResources')));
  });

  it('warns of probes that lead elsewhere', async () => {
    await using node = await openHarness();
    const server = createServer((_request, response) => void response.writeHead(302, { Location: 'http://0.0.0.0/' }).end('gone'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await node.createPod('web', { containers: [{ ...sleeper, readinessProbe: { httpGet: { host: '127.0.0.1', port }, timeoutSeconds: 30 } }] });
    await node.podBecomes('web', 'ready', isReady);
    await eventually(() => 'the event', async () => (await node.eventTexts()).includes('ProbeWarning: Readiness probe warning: Probe terminated redirects, Response body: gone'));
    server.closeAllConnections();
    server.close();
  });

  it('runs hooks', async () => {
    await using node = await openHarness();
    await node.createPod('hooked', { containers: [{ ...sleeper, lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { exec: { command: ['true'] } } } }] });
    await node.createPod('unhooked', { containers: [{ ...sleeper, lifecycle: { postStart: { exec: { command: ['false'] } } } }] });
    await node.podBecomes('hooked', 'ready', isReady);
    await eventually(() => 'the event', async () => (await node.eventTexts()).includes('FailedPostStartHook: PostStartHook failed'));
    await node.deletePod('hooked', 5);
    await node.podVanishes('hooked');
    assert.ok(node.runtime.calls.filter((call) => call.startsWith('execSync')).length >= 3);
  });

  it('takes over running containers when it starts again', async () => {
    await using node = await openHarness();
    await node.createPod('web', { containers: [sleeper] });
    const before = await node.podBecomes('web', 'ready', isReady);
    await node.restart();
    await node.createPod('next', { containers: [sleeper] });
    await node.podBecomes('next', 'ready', isReady);
    const after = await node.getPod('web');
    assert.equal(main(after!)?.containerID, main(before)?.containerID);
    assert.equal(isReady(after!), true);
    assert.equal(node.runtime.calls.filter((call) => call.startsWith('startContainer')).length, 2);
  });

  it('removes what belongs to pods that vanished while it was away', async () => {
    await using node = await openHarness();
    const { metadata } = await node.createPod('web', { containers: [sleeper] });
    await node.podBecomes('web', 'ready', isReady);
    await node.restart(() => node.client.of(pods).namespace('default').delete(metadata.name!, { gracePeriodSeconds: 0 }, signal));
    await eventually(() => 'no sandbox', async () => (await node.runtime.listSandboxes({}, signal)).length === 0);
  });

  it('ends pods whose objects are removed without warning', async () => {
    await using node = await openHarness();
    await node.createPod('web', { containers: [sleeper] });
    await node.podBecomes('web', 'ready', isReady);
    await node.client.of(pods).namespace('default').delete('web', { gracePeriodSeconds: 0 }, signal);
    await eventually(() => 'no sandbox', async () => (await node.runtime.listSandboxes({}, signal)).length === 0);
  });

  it('makes a new sandbox when the old one has died', async () => {
    await using node = await openHarness();
    await node.createPod('web', { containers: [sleeper] });
    const before = await node.podBecomes('web', 'ready', isReady);
    const [sandbox] = await node.runtime.listSandboxes({}, signal);
    await node.runtime.stopSandbox(sandbox!.id, signal);
    const after = await node.podBecomes('web', 'ready again', (pod) => isReady(pod) && pod.status.podIP !== before.status.podIP);
    assert.equal(main(after)?.restartCount, 1);
    assert.ok((await node.eventTexts()).includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'));
  });

  it('tries again when the runtime refuses a sandbox', async () => {
    await using node = await openHarness();
    node.runtime.failNext('runSandbox', new StatusError({ code: 500, reason: 'InternalError', message: 'rpc error: code = Unknown desc = no network' }));
    await node.createPod('web', { containers: [sleeper] });
    await node.podBecomes('web', 'ready', isReady);
    assert.ok((await node.eventTexts()).includes('FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = no network'));
  });

  it('takes pods although leftovers of others cannot be removed', async () => {
    await using node = await openHarness();
    await node.createPod('old', { containers: [sleeper] });
    await node.podBecomes('old', 'ready', isReady);
    await node.restart(async () => {
      node.runtime.failNext('stopSandbox', new StatusError({ code: 500, reason: 'InternalError', message: 'cni plugin not initialized' }));
      await node.client.of(pods).namespace('default').delete('old', { gracePeriodSeconds: 0 }, signal);
    });
    await node.createPod('new', { containers: [sleeper] });
    await node.podBecomes('new', 'ready', isReady);
  });

  it('waits for the pod network', async () => {
    await using node = await openHarness();
    node.runtime.networkReady = false;
    await node.restart();
    await node.createPod('web', { containers: [sleeper] });
    await eventually(() => 'the event', async () => (await node.eventTexts()).some((text) => text.startsWith('NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false')));
    node.runtime.networkReady = true;
    await node.podBecomes('web', 'ready', isReady);
  });

  it('refuses pods that do not fit', async () => {
    await using node = await openHarness();
    await node.createPod('big', { containers: [{ ...sleeper, resources: { requests: { cpu: '5' } } }] });
    const pod = await node.podBecomes('big', 'failed', ({ status }) => status.phase === 'Failed');
    assert.equal(pod.status.reason, 'OutOfcpu');
    assert.equal(pod.status.message, "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000");
  });

  it('fails pods that run longer than they may', async () => {
    await using node = await openHarness();
    await node.createPod('late', { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0, restartPolicy: 'Never', containers: [sleeper] });
    const pod = await node.podBecomes('late', 'failed', ({ status }) => status.phase === 'Failed');
    assert.equal(pod.status.reason, 'DeadlineExceeded');
    assert.equal(main(pod)?.state.terminated?.exitCode, 143);
  });

  it('starts ephemeral containers in running pods', async () => {
    await using node = await openHarness();
    await node.createPod('web', { containers: [sleeper] });
    await node.podBecomes('web', 'ready', isReady);
    const ephemeralContainers = [{ ...sleeper, name: 'debug', targetContainerName: 'main', imagePullPolicy: 'IfNotPresent' }];
    await node.client.of(pods).namespace('default').patch('web', { type: 'merge', body: { spec: { ephemeralContainers } } }, {}, signal);
    const pod = await node.podBecomes('web', 'debugged', ({ status }) => status.ephemeralContainerStatuses?.[0]?.state.running !== undefined);
    const id = pod.status.ephemeralContainerStatuses![0]!.containerID!.split('//')[1]!;
    assert.equal(node.runtime.configOf(id).linux?.securityContext?.namespaceOptions?.pid, 'target');
  });
});
