/**
 * A node from nothing: fabric, namespaces, containerd, pause image, pod network, a pod with a mapped port, an end without traces.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { listDirectory } from '#navarch/host/files.ts';
import { containerdCommand, ensurePauseImage, importImages, listImageNames, whenContainerdReady } from '#navarch/host/containerd.ts';
import { createFabric, type Fabric, forgetFabric, readFabric, removeFabric } from '#navarch/host/fabric.ts';
import { imageArchive } from '#navarch/host/image-archive.ts';
import { loopbackPorts } from '#navarch/host/loopback.ts';
import { createNode, inNode, type NodeHome } from '#navarch/host/node.ts';
import type { writeCniConfig } from '#network/cni.ts';
import { runCommand } from '#network/command.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { cannotRunContainers } from './node-fixture.ts';

const IMAGE = 'example.test/tools/busybox:1';
const NAME = `hosttest-${process.pid}`;
const { signal } = new AbortController();

describe('host', { skip: cannotRunContainers() ?? false }, () => {
  let directory: string;
  let fabric: Fabric;
  let home: NodeHome;
  let containerd: ChildProcess;
  let runtime: ContainerRuntime;
  let registry: Server;
  let registryPort: number;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'navarch-host-'));
    registry = createServer((_, response) => response.end('registry')).listen(0, '127.0.0.1');
    await once(registry, 'listening');
    registryPort = (registry.address() as AddressInfo).port;
    const ranges = { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', dnsIp: '10.96.0.10' };
    fabric = await createFabric(
      { name: NAME, directory, egress: 'off', ...ranges, loopbackPorts: loopbackPorts([`localhost:${registryPort}`]) },
      signal,
    );
    home = await createNode(fabric, { name: 'node-1', index: 0, dataDirectory: join(directory, 'node-1') }, signal);
    const command = await containerdCommand(home, { registries: [], hostAddress: fabric.hostAddress });
    containerd = spawn(command.file, command.args, { stdio: 'ignore', detached: true });
    await whenContainerdReady(home, signal);
    await Promise.all([ensurePauseImage(home, signal), importTools(), configurePods()]);
    runtime = openContainerd({ socketPath: home.containerdSocket, clock: systemClock });
  });
  after(async () => {
    registry?.close();
    await runtime?.[Symbol.asyncDispose]();
    await removeFabric(NAME, signal);
    await forgetFabric(NAME, signal);
    await rm(directory, { recursive: true, force: true });
  });

  async function importTools(): Promise<void> {
    const busybox = existsSync('/bin/busybox') ? '/bin/busybox' : '/usr/bin/busybox';
    const layer = [
      { path: 'bin/busybox', content: await readFile(busybox), mode: 0o755 },
      { path: 'bin/sh', target: 'busybox' },
      { path: 'www/index.html', content: Buffer.from('hello') },
    ];
    const archive = join(directory, 'tools.tar');
    await writeFile(archive, imageArchive({ name: IMAGE, layers: [layer], command: ['/bin/busybox', 'httpd', '-f', '-p', '80', '-h', '/www'] }));
    await importImages(home, [archive], signal);
  }

  async function configurePods(): Promise<void> {
    const options: Parameters<typeof writeCniConfig>[0] = {
      directory: home.cniDirectory,
      ipamDirectory: home.ipamDirectory,
      podCidrs: ['10.244.0.0/24'],
      portMappings: true,
    };
    const module = new URL('../../packages/network/cni.ts', import.meta.url).href;
    const script = `import('${module}').then(({ writeCniConfig }) => writeCniConfig(${JSON.stringify(options)}, new AbortController().signal))`;
    await runCommand(inNode(home, { file: process.execPath, args: ['-e', script] }), {}, signal);
  }

  test('what stands is found again', async () => {
    assert.deepEqual(await readFabric(NAME), fabric);
    assert.deepEqual(await createFabric(fabric, signal), fabric);
    assert.deepEqual(await createNode(fabric, { name: 'node-1', index: 0, dataDirectory: join(directory, 'node-1') }, signal), home);
  });

  test('two at once make one fabric', async () => {
    const both = await Promise.all([createFabric(fabric, signal), createFabric(fabric, signal)]);
    assert.deepEqual(both, [fabric, fabric]);
  });

  test('a registry on the host’s localhost is within reach of nodes, the rest of it is not', async () => {
    const closed = createServer((_, response) => response.end('closed')).listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const get = async (url: string): Promise<string> => {
      const script = `fetch('${url}', { signal: AbortSignal.timeout(1000) }).then((r) => r.text()).then(console.log, () => console.log('no'))`;
      return (await runCommand(inNode(home, { file: process.execPath, args: ['-e', script] }), {}, signal)).trim();
    };
    assert.equal(await get(`http://${fabric.hostAddress}:${registryPort}`), 'registry');
    assert.equal(await get(`http://${fabric.hostAddress}:${(closed.address() as AddressInfo).port}`), 'no');
    closed.close();
  });

  test('images are there under their names', async () => {
    const names = await listImageNames(home, signal);
    assert.ok(names.includes(IMAGE) && names.includes('registry.k8s.io/pause:3.10'), names.join());
  });

  test('a pod gets an address, a cgroup below the node’s, and a mapped port; it sees the host but nothing beyond', async () => {
    const parent = `${home.cgroupRoot}/kubepods`;
    for (const hierarchy of await listDirectory('/sys/fs/cgroup')) {
      const root = join('/sys/fs/cgroup', hierarchy);
      if (existsSync(join(root, 'cgroup.procs'))) await mkdir(join(root, parent), { recursive: true });
    }
    if (existsSync('/sys/fs/cgroup/cgroup.controllers')) await mkdir(join('/sys/fs/cgroup', parent), { recursive: true });
    const config = {
      metadata: { name: 'web', uid: 'u1', namespace: 'default', attempt: 0 },
      hostname: 'web',
      logDirectory: join(directory, 'logs'),
      portMappings: [{ protocol: 'tcp' as const, containerPort: 80, hostPort: 8088 }],
      linux: { cgroupParent: parent },
    };
    const sandbox = await runtime.runSandbox(config, '', signal);
    const container = await runtime.createContainer(
      sandbox,
      { metadata: { name: 'web', attempt: 0 }, image: IMAGE, logPath: 'web.log' },
      config,
      signal,
    );
    await runtime.startContainer(container, signal);
    const status = await runtime.sandboxStatus(sandbox, signal);
    assert.match(status.ips[0] ?? '', /^10\.244\.0\./);
    assert.equal(await untilAnswered(`http://${home.address}:8088/`), 'hello');
    const ping = (address: string) => runtime.execSync(container, ['/bin/busybox', 'ping', '-c', '1', '-W', '1', address], 3_000, signal);
    assert.equal((await ping(fabric.hostAddress)).exitCode, 0);
    assert.notEqual((await ping('203.0.113.1')).exitCode, 0);
  });

  test('afterwards nothing is left, although containerd and containers still ran', async () => {
    assert.equal(containerd.exitCode, null);
    await runtime[Symbol.asyncDispose]();
    await removeFabric(NAME, signal);
    await removeFabric(NAME, signal);
    await forgetFabric(NAME, signal);
    const script = `ls /run/netns /run/navarch; ip -br link; ip route show table all; ip rule; cat /proc/self/mountinfo; find /sys/fs/cgroup -name '${NAME}'; nft list tables; grep -l '${NAME}' /proc/[0-9]*/cmdline`;
    const traces = await runCommand({ file: 'sh', args: ['-c', script] }, { okCodes: [0, 1, 2] }, signal);
    for (const trace of [NAME, fabric.hostInterface, fabric.nodeCidr]) assert.ok(!traces.includes(trace), traces);
  });
});

async function untilAnswered(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).text();
    } catch (error) {
      if (attempt >= 100) throw error;
      await systemClock.sleep(20);
    }
  }
}
