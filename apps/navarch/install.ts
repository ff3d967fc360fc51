/**
 * Installs the system packages that real containers need, on Debian and its relatives, and says what and why.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { exclusively } from './host/exclusive.ts';
import { isMissing } from './cluster/processes.ts';
import { UserError } from './cluster/spec.ts';

/** How long another command that installs is waited for. */
const INSTALL_PATIENCE_MS = 600_000;

/** A Debian package, the file that proves it is there, and what it is for. */
export interface SystemPackage {
  readonly name: string;
  /** Any of these programs present means the package (or an equal) is installed. */
  readonly provides: readonly string[];
  readonly purpose: string;
}

/** What a cluster with real containers needs. */
export const CLUSTER_PACKAGES: readonly SystemPackage[] = [
  { name: 'containerd', provides: ['/usr/bin/containerd', '/usr/local/bin/containerd'], purpose: 'runs the containers' },
  { name: 'runc', provides: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc', '/usr/local/bin/runc'], purpose: 'starts each container for containerd' },
  { name: 'containernetworking-plugins', provides: ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'], purpose: 'gives pods their network' },
  { name: 'nftables', provides: ['/usr/sbin/nft'], purpose: 'carries traffic to services' },
  { name: 'iproute2', provides: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'], purpose: 'makes the nodes’ interfaces' },
  { name: 'conntrack', provides: ['/usr/sbin/conntrack'], purpose: 'forgets connections to removed UDP endpoints' },
  { name: 'catatonit', provides: ['/usr/bin/catatonit'], purpose: 'is the pause process of each pod' },
];

/** What the tests use on top. */
export const TEST_PACKAGES: readonly SystemPackage[] = [
  ...CLUSTER_PACKAGES,
  { name: 'busybox-static', provides: ['/bin/busybox', '/usr/bin/busybox'], purpose: 'test images' },
  { name: 'nginx-light', provides: ['/usr/sbin/nginx'], purpose: 'test images' },
  { name: 'python3-flask', provides: ['/usr/lib/python3/dist-packages/flask/__init__.py'], purpose: 'test images' },
  { name: 'docker-registry', provides: ['/usr/bin/docker-registry'], purpose: 'a local image registry' },
  { name: 'skopeo', provides: ['/usr/bin/skopeo'], purpose: 'pushes images to the local registry' },
  { name: 'etcd-server', provides: ['/usr/bin/etcd'], purpose: 'the store’s tests against a real etcd' },
  { name: 'curl', provides: ['/usr/bin/curl'], purpose: 'requests as a user would make them' },
  { name: 'wrk', provides: ['/usr/bin/wrk'], purpose: 'load for the benchmarks' },
  { name: 'binutils', provides: ['/usr/bin/ar'], purpose: 'unpacks further kubectl releases' },
];

/** The packages of `wanted` that are not there. */
export function missingPackages(wanted: readonly SystemPackage[]): SystemPackage[] {
  return wanted.filter((one) => !one.provides.some((path) => existsSync(path)));
}

/** Whether this machine installs packages with apt-get. */
export async function hasApt(): Promise<boolean> {
  try {
    const release = await readFile('/etc/os-release', 'utf8');
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) && existsSync('/usr/bin/apt-get');
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Installs what is missing of `wanted`. @throws UserError when it cannot. */
export async function installPackages(wanted: readonly SystemPackage[], why: string): Promise<void> {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  if (!(await hasApt())) throw new UserError(`these programs are missing and only Debian and Ubuntu are installed automatically: ${missing.map((one) => one.name).join(', ')}`);
  // Two commands that install at once would fail on apt's own locks.
  await exclusively('apt', () => installNow(missingPackages(wanted), why), AbortSignal.timeout(INSTALL_PATIENCE_MS));
}

async function installNow(missing: readonly SystemPackage[], why: string): Promise<void> {
  if (missing.length === 0) return;
  const names = missing.map((one) => one.name);
  console.error(`navarch: installing ${missing.length} Debian packages (${why}):`);
  for (const { name, purpose } of missing) console.error(`  ${name.padEnd(28)} ${purpose}`);
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names];
  // Package lists may be missing or name files the mirror no longer has: then they are renewed first.
  const first = await aptGet(install);
  if (first === undefined) return;
  const update = await aptGet(['update', '-q']);
  const second = update ?? (await aptGet(install));
  if (second !== undefined) throw new UserError(second);
}

/** Runs apt-get; answers what it complained about, or undefined when it succeeded. */
async function aptGet(args: readonly string[]): Promise<string | undefined> {
  const child = spawn('apt-get', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  return code === 0 ? undefined : `apt-get ${args.join(' ')} failed (exit code ${code}):\n${complaint.trim()}`;
}
