/**
 * A containerd of the tests' own, in namespaces of their own: nothing of the machine is touched, and everything ends with the processes.
 *
 * A test file that needs one runs itself again inside new network and mount namespaces (`insideNamespaces`), and there starts containerd
 * with a private directory, a bridge and the test images.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { imageArchive } from '#navarch/host/image-archive.ts';
import { busyboxImage, missingForImages, pauseImage } from './fixture/node-images.ts';

/** A running containerd. */
export interface NodeFixture extends AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
  /** cgroup directory prefix of this node, to be used as the root of pod cgroups. */
  readonly cgroupRoot: string;
  /** Kills containerd without warning; its containers live on. */
  killContainerd(): Promise<void>;
  /** Starts it again after `killContainerd`. */
  startContainerd(): Promise<void>;
}

/** The image that test pods run. */
export const BUSYBOX = 'docker.io/library/busybox:1.36';
const PAUSE = 'registry.k8s.io/pause:3.10';

const MARK = 'NAVARCH_E2E_NAMESPACES';

/** Why this machine cannot run containers; undefined when it can. */
export function cannotRunContainers(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  for (const [program, ...paths] of [
    ['containerd', '/usr/bin/containerd', '/usr/local/bin/containerd'],
    ['runc', '/usr/sbin/runc', '/usr/bin/runc'],
    ['the CNI plugins', '/usr/lib/cni/bridge', '/opt/cni/bin/bridge'],
  ] as const) {
    if (!paths.some((path) => existsSync(path))) return `${program} is not installed`;
  }
  return missingForImages();
}

/** Whether this process already runs in namespaces of the tests' own. */
export function inNamespaces(): boolean {
  return process.env[MARK] === '1';
}

/** Runs a test file again inside new namespaces; answers its exit code. */
export function insideNamespaces(testFile: string): Promise<number> {
  const setup = 'mount --make-rshared / && { umount /sys/fs/cgroup/unified 2>/dev/null; ip link set lo up; exec "$@"; }';
  const child = spawn('unshare', ['--net', '--mount', '--propagation', 'private', 'sh', '-c', setup, 'sh', process.execPath, '--test', '--test-isolation=none', testFile], {
    env: { ...process.env, [MARK]: '1', NODE_TEST_CONTEXT: undefined },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function run(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function configText(directory: string): string {
  const runc = existsSync('/usr/sbin/runc') ? '/usr/sbin/runc' : '/usr/bin/runc';
  const plugins = existsSync('/usr/lib/cni/bridge') ? '/usr/lib/cni' : '/opt/cni/bin';
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${directory}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE}"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "${runc}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${directory}/certs.d"
`;
}

function networkText(directory: string): string {
  const ipam = { type: 'host-local', dataDir: `${directory}/ipam`, ranges: [[{ subnet: '10.244.1.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'k8s-pod',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  });
}

const exited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function start(directory: string): Promise<ChildProcess> {
  const log = join(directory, 'containerd.log');
  const child = spawn('sh', ['-c', `exec containerd -c ${directory}/config.toml >>${log} 2>&1`], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { status } = spawnSync('ctr', ['-a', `${directory}/containerd.sock`, '--timeout', '1s', 'version'], { stdio: 'ignore' });
    if (status === 0) return child;
    if (exited(child)) break;
    await systemClock.sleep(25);
  }
  child.kill('SIGKILL');
  throw new Error(`containerd did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}

async function stop(child: ChildProcess, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (exited(child)) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill(how);
  await end;
}

/** Starts containerd with the test images. Call it inside namespaces of the tests' own. */
export async function openNodeFixture(): Promise<NodeFixture> {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-e2e-'));
  for (const part of ['cni', 'certs.d', 'pods', 'logs']) mkdirSync(join(directory, part));
  writeFileSync(join(directory, 'config.toml'), configText(directory));
  writeFileSync(join(directory, 'cni', '10-pod.conflist'), networkText(directory));
  run('ip', 'link', 'add', 'cni0', 'address', '02:00:00:00:00:01', 'type', 'bridge');
  run('ip', 'link', 'set', 'cni0', 'up');
  let child = await start(directory);
  const socketPath = join(directory, 'containerd.sock');
  for (const image of [pauseImage(PAUSE), busyboxImage(BUSYBOX)]) {
    const file = join(directory, 'image.tar');
    writeFileSync(file, imageArchive(image));
    run('ctr', '-a', socketPath, '-n', 'k8s.io', 'images', 'import', file);
    rmSync(file);
  }
  return {
    directory,
    socketPath,
    cgroupRoot: `/${directory.split('/').at(-1)}`,
    killContainerd: () => stop(child, 'SIGKILL'),
    async startContainerd() {
      child = await start(directory);
    },
    async [Symbol.asyncDispose]() {
      removePods(socketPath);
      await stop(child, 'SIGTERM');
      run('ip', 'link', 'del', 'cni0');
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(directory));
      for (const path of mounts.reverse()) spawnSync('umount', ['-l', path], { stdio: 'ignore' });
      rmSync(directory, { recursive: true, force: true });
      removeCgroups(directory.split('/').at(-1)!);
    },
  };
}

/** Removes the cgroups of that name in every hierarchy; files in them are the kernel's and vanish with the directories. */
function removeCgroups(name: string): void {
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    spawnSync('find', [join('/sys/fs/cgroup', controller, name), '-depth', '-type', 'd', '-delete'], { stdio: 'ignore' });
  }
}

/** Ends every container that a failed test left, so that no process survives the run. */
function removePods(socketPath: string): void {
  const ctr = (...args: string[]): string => spawnSync('ctr', ['-a', socketPath, '-n', 'k8s.io', ...args], { encoding: 'utf8' }).stdout ?? '';
  for (const line of ctr('tasks', 'ls', '-q').split('\n').filter(Boolean)) ctr('tasks', 'rm', '-f', line);
  for (const line of ctr('containers', 'ls', '-q').split('\n').filter(Boolean)) ctr('containers', 'rm', line);
}
