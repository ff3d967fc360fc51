/** The kubelet on a real containerd: what only a kernel can show. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import type { KeyPair } from '#apiserver/pki/certificate.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { eventually, type Harness, openHarness } from '#kubelet/testing/harness.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { BUSYBOX, cannotRunContainers, inNamespaces, insideNamespaces, type NodeFixture, openNodeFixture } from './node-fixture.ts';

const { signal } = new AbortController();
const SERVER_PORT = 10_250;
const API_SERVER = 'kube-apiserver-kubelet-client';

const isReady = ({ status }: Pod): boolean => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
const main = ({ status }: Pod) => status.containerStatuses?.[0];
const idOf = (pod: Pod): string => main(pod)!.containerID!.split('//')[1]!;

if (inNamespaces()) {
  const stack = new AsyncDisposableStack();
  const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
  const apiServer = pki.client('apiserver-kubelet-client');
  let fixture: NodeFixture;
  let node: Harness<ContainerRuntime>;

  before(async () => {
    fixture = stack.use(await openNodeFixture());
    const runtime = stack.use(openContainerd({ socketPath: fixture.socketPath, clock: systemClock }));
    const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()), 'warn');
    const { serving } = pki.issueNode('node-1', ['127.0.0.1']);
    node = stack.use(
      await openHarness({
        runtime,
        directory: `${fixture.directory}/kubelet`,
        cgroupRoot: fixture.cgroupRoot,
        secretsInMemory: true,
        log,
        server: { host: '127.0.0.1', port: SERVER_PORT, certificate: serving.cert, key: serving.key, clientAuthority: pki.caCert, allowedClients: [API_SERVER] },
      }),
    );
  });
  after(() => stack.disposeAsync());

  const container = (script: string, more: object = {}) => ({ name: 'main', image: BUSYBOX, command: ['sh', '-c', script], ...more });
  const sleeper = container('trap exit TERM; sleep 5000 & wait');
  const exec = async (pod: Pod, ...command: string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await node.runtime.execSync(idOf(pod), command, 10_000, signal);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: exit code ${exitCode}: ${Buffer.from(stderr).toString()}`);
    return Buffer.from(stdout).toString().trim();
  };
  const shell = (pod: Pod, script: string): Promise<string> => exec(pod, 'sh', '-c', script);
  const remove = async (name: string): Promise<void> => {
    await node.deletePod(name, 0);
    await node.podVanishes(name);
  };
  const tls = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: SERVER_PORT, ca: pki.caCert, cert: apiServer.cert, key: apiServer.key });
      socket.once('error', reject);
      socket.once('secureConnect', () => resolve(socket));
    });
  const get = (path: string, as: KeyPair | null = apiServer): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: SERVER_PORT, path, ca: pki.caCert, agent: false, ...(as ? { cert: as.cert, key: as.key } : {}) }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      asked.once('error', reject);
      asked.end();
    });

  describe('kubelet on containerd', () => {
    it('runs a pod in its network, with its names, and ends it without a trace', async () => {
      await node.createPod('web', { containers: [sleeper], hostAliases: [{ ip: '1.2.3.4', hostnames: ['elsewhere'] }], subdomain: 'sub' });
      const pod = await node.podBecomes('web', 'ready', isReady);
      assert.match(pod.status.podIP ?? '', /^10\.244\.1\./);
      assert.equal(await exec(pod, 'hostname'), 'web');
      const hosts = await exec(pod, 'cat', '/etc/hosts');
      assert.ok(hosts.includes(`${pod.status.podIP}\tweb.sub.default.svc.cluster.local\tweb`));
      assert.ok(hosts.includes('1.2.3.4\telsewhere'));
      assert.match(await exec(pod, 'cat', '/etc/resolv.conf'), /nameserver 10\.96\.0\.10[\s\S]*ndots:5/);
      const cgroup = `/sys/fs/cgroup/memory${fixture.cgroupRoot}/kubepods/besteffort/pod${pod.metadata.uid}`;
      assert.ok(existsSync(cgroup) || !existsSync('/sys/fs/cgroup/memory'));
      await remove('web');
      await eventually(() => 'nothing left', async () => (await node.runtime.listSandboxes({}, signal)).length === 0 && !existsSync(cgroup));
      await eventually(() => 'no directories', () => [...readdirSync(join(node.directory, 'root/pods')), ...readdirSync(join(node.directory, 'logs'))].length === 0);
    });

    it('gives volumes of every kind their content, owner and limits', async () => {
      await node.client.of(secrets).create({ metadata: { name: 'key', namespace: 'default' }, data: { pass: Buffer.from('word').toString('base64') } }, {}, signal);
      await node.client.of(configMaps).create({ metadata: { name: 'conf', namespace: 'default' }, data: { a: 'b' } }, {}, signal);
      const mounts = ['disk', 'ram', 'secret', 'all'].map((name) => ({ name, mountPath: `/${name}` }));
      await node.createPod(
        'volumes',
        {
          securityContext: { runAsUser: 1000, fsGroup: 2000 },
          containers: [{ ...sleeper, volumeMounts: [...mounts, { name: 'disk', mountPath: '/sub', subPath: 'deep/er' }], resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } } }],
          volumes: [
            { name: 'disk', emptyDir: {} },
            { name: 'ram', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
            { name: 'secret', secret: { secretName: 'key', defaultMode: 0o400 } },
            { name: 'all', projected: { sources: [{ configMap: { name: 'conf', items: [{ key: 'a', path: 'x/y' }] } }, { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }] } },
          ],
        },
        { labels: { app: 'v' } },
      );
      const pod = await node.podBecomes('volumes', 'ready', isReady);
      assert.equal(await exec(pod, 'id', '-u'), '1000');
      assert.match(await exec(pod, 'id'), /2000/);
      assert.equal(await exec(pod, 'stat', '-c', '%g', '/disk'), '2000');
      await shell(pod, 'echo hi > /disk/deep/er/file 2>/dev/null || true; echo hi > /disk/file');
      assert.match(await exec(pod, 'df', '/ram'), /4096/);
      assert.equal(await exec(pod, 'cat', '/secret/pass'), 'word');
      assert.equal(await shell(pod, 'stat -L -c %a:%g /secret/pass'), '440:2000');
      assert.match(await shell(pod, 'df /secret | tail -1'), /^tmpfs/);
      assert.equal(await exec(pod, 'cat', '/all/x/y', '/all/labels'), 'bapp="v"');
      await assert.rejects(shell(pod, 'echo no > /all/new'), /Read-only/);
      const limit = '/sys/fs/cgroup/memory/memory.limit_in_bytes';
      if (existsSync(limit)) assert.equal(await exec(pod, 'cat', limit), String(64 << 20));
      await remove('volumes');
    });

    it('obeys security contexts', async () => {
      await node.createPod('secure', {
        securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '42' }], seccompProfile: { type: 'RuntimeDefault' } },
        shareProcessNamespace: true,
        containers: [{ ...sleeper, securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } }],
      });
      const pod = await node.podBecomes('secure', 'ready', isReady);
      const status = await exec(pod, 'cat', '/proc/self/status');
      assert.match(status, /CapEff:\s+0000000000000400/);
      assert.match(status, /NoNewPrivs:\s+1/);
      assert.match(status, /Seccomp:\s+2/);
      assert.equal(await exec(pod, 'cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'), '42');
      await assert.rejects(shell(pod, 'touch /x'), /Read-only/);
      assert.match(await exec(pod, 'cat', '/proc/1/cmdline'), /pause/);
      await remove('secure');
    });

    it('shows how containers end', async () => {
      await node.createPod('oom', { restartPolicy: 'Never', containers: [container('sleep 0.2; tail /dev/zero', { resources: { limits: { memory: '16Mi' } } })] });
      await node.createPod('words', { restartPolicy: 'Never', containers: [container('echo said; echo because > /dev/termination-log; exit 3')] });
      await node.createPod('logs', { restartPolicy: 'Never', containers: [container('echo from the log; exit 4', { terminationMessagePolicy: 'FallbackToLogsOnError' })] });
      await node.createPod('missing', { restartPolicy: 'Never', containers: [{ ...sleeper, command: ['/no/such/program'] }] });
      const failed = ({ status }: Pod): boolean => status.phase === 'Failed';
      assert.equal(main(await node.podBecomes('oom', 'failed', failed))?.state.terminated?.reason, 'OOMKilled');
      const words = main(await node.podBecomes('words', 'failed', failed))?.state.terminated;
      assert.deepEqual([words?.exitCode, words?.reason, words?.message], [3, 'Error', 'because\n']);
      assert.equal(main(await node.podBecomes('logs', 'failed', failed))?.state.terminated?.message, 'from the log\n');
      const missing = main(await node.podBecomes('missing', 'failed', failed))?.state.terminated;
      assert.equal(missing?.exitCode, 128);
      assert.equal(missing?.reason, 'StartError');
      for (const name of ['oom', 'words', 'logs', 'missing']) await remove(name);
    });

    it('probes over the network', async () => {
      const httpd = container('mkdir -p /www; echo ok > /www/ok; httpd -f -p 8080 -h /www & trap exit TERM; wait', { ports: [{ name: 'http', containerPort: 8080 }] });
      const fast = { periodSeconds: 1, failureThreshold: 1 };
      await node.createPod('probed', { containers: [{ ...httpd, startupProbe: { tcpSocket: { port: 8080 }, ...fast, failureThreshold: 10 }, readinessProbe: { httpGet: { path: '/ok', port: 'http' }, ...fast } }] });
      const pod = await node.podBecomes('probed', 'ready', isReady);
      await shell(pod, 'rm /www/ok');
      await node.podBecomes('probed', 'unready', (one) => !isReady(one));
      assert.ok((await node.eventTexts()).includes('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404'));
      await shell(pod, 'echo ok > /www/ok');
      await node.podBecomes('probed', 'ready again', isReady);
      await remove('probed');
    });

    it('stops within the grace period, after preStop', async () => {
      const lifecycle = { preStop: { exec: { command: ['sh', '-c', 'echo stopping > /proc/1/fd/1'] } } };
      await node.createPod('stubborn', { containers: [{ ...container('trap "" TERM; while true; do sleep 0.1; done'), lifecycle }] });
      const pod = await node.podBecomes('stubborn', 'ready', isReady);
      const startMs = systemClock.monotonicMs();
      await node.deletePod('stubborn', 30);
      await eventually(() => 'preStop', async () => (await get(`/containerLogs/default/stubborn/main`)).body.includes('stopping'));
      await node.deletePod('stubborn', 1);
      await node.podVanishes('stubborn');
      assert.ok(systemClock.monotonicMs() - startMs < 10_000, 'the shorter grace period did not count');
      assert.equal(idOf(pod).length, 64);
    });

    it('survives the death of containerd', async () => {
      await node.createPod('web', { containers: [sleeper] });
      const pod = await node.podBecomes('web', 'ready', isReady);
      await fixture.killContainerd();
      await systemClock.sleep(500);
      await fixture.startContainerd();
      await node.createPod('next', { containers: [sleeper] });
      await node.podBecomes('next', 'ready', isReady);
      const still = await node.getPod('web');
      assert.equal(main(still!)?.containerID, main(pod)?.containerID);
      assert.equal(main(still!)?.restartCount, 0);
      assert.equal(await exec(pod, 'hostname'), 'web');
      await node.restart();
      await remove('next');
      assert.equal(await exec(pod, 'hostname'), 'web');
      await remove('web');
    });
  });

  describe('kubelet server', () => {
    before(async () => {
      await node.createPod('served', { containers: [container('for i in 1 2 3; do echo line $i; done; echo problem >&2; httpd -f -p 8080 -h /bin & trap exit TERM; cat; wait', { stdin: true })] });
      await node.podBecomes('served', 'ready', isReady);
    });
    after(() => remove('served'));

    it('serves nobody but the API server', async () => {
      assert.equal((await get('/healthz')).status, 200);
      assert.equal((await get('/healthz', pki.issueClient({ name: 'mallory', groups: ['system:masters'] }))).status, 403);
      assert.equal((await get('/healthz', null)).status, 401);
    });

    it('serves logs', async () => {
      const log = '/containerLogs/default/served/main';
      // What goes to standard error comes through a pipe of its own, so its place among the lines is open.
      assert.equal((await get(log)).body.replace('problem\n', ''), 'line 1\nline 2\nline 3\n');
      assert.equal((await get(`${log}?tailLines=1&stream=Stdout`)).body.includes('line 1'), false);
      assert.match((await get(`${log}?timestamps=true&limitBytes=40`)).body, /^\d{4}-\d\d-\d\dT/);
      assert.equal((await get(`${log}?previous=true`)).status, 400);
      assert.equal((await get('/containerLogs/default/none/main')).status, 404);
      assert.equal((await get(`${log}?tailLines=x`)).status, 400);
    });

    it('lists pods and usage', async () => {
      const { items } = JSON.parse((await get('/pods')).body) as { items: Pod[] };
      assert.deepEqual(items.map(({ metadata }) => metadata.name), ['served']);
      const summary = JSON.parse((await get('/stats/summary')).body) as { node: { nodeName: string }; pods: { podRef: { name: string }; memory: { workingSetBytes: number } }[] };
      assert.equal(summary.node.nodeName, 'node-1');
      assert.equal(summary.pods[0]?.podRef.name, 'served');
      assert.ok((summary.pods[0]?.memory.workingSetBytes ?? 0) > 0);
      assert.match((await get('/metrics')).body, /kubelet_running_pods 1/);
      assert.match((await get('/metrics/cadvisor')).body, /container_memory_working_set_bytes\{container="main",namespace="default",pod="served"/);
    });

    const session = (path: string, protocol = 'v4.channel.k8s.io'): WebSocket =>
      new WebSocket(`wss://127.0.0.1:${SERVER_PORT}${path}`, protocol, { ca: pki.caCert, cert: apiServer.cert, key: apiServer.key });

    it('runs commands with their streams', async () => {
      const socket = session('/exec/default/served/main?command=sh&command=-c&command=cat;exit%203&input=1&output=1&error=1');
      const received = new Map<number, string>();
      await new Promise<void>((resolve, reject) => {
        socket.on('open', () => socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello')])));
        socket.on('message', (data: Buffer) => {
          received.set(data[0]!, (received.get(data[0]!) ?? '') + data.subarray(1).toString());
          if (received.get(1) === 'hello') resolve();
        });
        socket.on('error', reject);
      });
      socket.terminate();
      assert.equal(received.get(1), 'hello');
    });

    it('refuses protocols that the runtime does not speak, so that clients fall back', async () => {
      const socket = session('/exec/default/served/main?command=true&output=1', 'v5.channel.k8s.io');
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('error', () => undefined);
      });
      assert.equal(status, 400);
    });

    it('attaches to a running container', async () => {
      const socket = session('/attach/default/served/main?input=1&output=1&error=1');
      const text = await new Promise<string>((resolve, reject) => {
        socket.on('open', () => socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('typed\n')])));
        socket.on('message', (data: Buffer) => data[0] === 1 && data.length > 1 && resolve(data.subarray(1).toString()));
        socket.on('error', reject);
      });
      socket.terminate();
      assert.equal(text, 'typed\n');
    });

    it('tunnels to pods', async () => {
      const pod = (await node.getPod('served'))!;
      const socket = await tls();
      const answer = new Promise<string>((resolve, reject) => {
        let all = '';
        socket.on('data', (chunk) => {
          all += chunk.toString('latin1');
          if (all.includes('HTTP/1.1 404') || all.includes('HTTP/1.0 404')) resolve(all);
        });
        socket.on('error', reject);
      });
      socket.write(`CONNECT ${pod.status.podIP}:8080 HTTP/1.1\r\nHost: ${pod.status.podIP}:8080\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write('GET /nothing-here HTTP/1.0\r\n\r\n');
      assert.match(await answer, /^HTTP\/1\.1 200 Connection Established/);
      socket.destroy();
    });
  });
} else {
  it('the kubelet runs pods on containerd', { skip: cannotRunContainers() ?? false }, async () => {
    assert.equal(await insideNamespaces(import.meta.filename), 0);
  });
}
