/**
 * A node's containerd: found, configured, started inside the node, and given the pause image.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { type CommandLine, runCommand } from '#network/command.ts';
import { UserError } from '../cluster/spec.ts';
import { certsDirectory, containerdConfig, PAUSE_IMAGE, registryHosts, type RuntimeFacts } from './containerd-config.ts';
import { imageArchive } from './image-archive.ts';
import { inNode, type NodeHome } from './node.ts';

const BINARY_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const CNI_DIRECTORIES = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];
const CNI_PLUGINS = ['bridge', 'host-local', 'loopback', 'portmap', 'bandwidth'];
const PAUSE_PROGRAMS = ['/usr/bin/catatonit', '/usr/libexec/catatonit/catatonit', '/usr/libexec/podman/catatonit', '/usr/local/bin/catatonit'];
const CAP_SYS_RESOURCE = 24n;
/** containerd's namespace for what belongs to Kubernetes. */
const NAMESPACE = 'k8s.io';
const READY_POLL_MS = 5;
const READY_TIMEOUT_MS = 20_000;

/** What talking to a node's containerd takes; its socket is reached from inside and outside of the node. */
export type NodeRuntime = Pick<NodeHome, 'name' | 'containerdSocket' | 'runDirectory'>;

/** Where a program is, in the usual places. */
export function findProgram(name: string): string | undefined {
  return BINARY_DIRECTORIES.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** Looks for what containers need on this machine. @throws UserError that names what is missing. */
export async function findRuntimes(): Promise<RuntimeFacts> {
  const containerd = findProgram('containerd');
  const runc = findProgram('runc') ?? findProgram('crun');
  const cniPlugins = CNI_DIRECTORIES.find((directory) => CNI_PLUGINS.every((plugin) => existsSync(join(directory, plugin))));
  if (!containerd) throw new UserError('containerd is not installed (Debian: apt-get install containerd)');
  if (!runc) throw new UserError('runc is not installed (Debian: apt-get install runc)');
  if (!cniPlugins) {
    throw new UserError(
      `the CNI plugins ${CNI_PLUGINS.join(', ')} are not in ${CNI_DIRECTORIES.join(' or ')} (Debian: apt-get install containernetworking-plugins)`,
    );
  }
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return {
    containerd,
    runc,
    crun: findProgram('crun'),
    cniPlugins,
    mayLowerOomScore: ((BigInt(`0x${capabilities}`) >> CAP_SYS_RESOURCE) & 1n) === 1n,
    hasAppArmor: existsSync('/sys/kernel/security/apparmor'),
  };
}

/** Writes the configuration and answers the command that runs containerd inside the node, in the foreground. @throws UserError */
export async function containerdCommand(
  home: NodeHome,
  options: { readonly registries: readonly string[]; readonly hostAddress: string },
): Promise<CommandLine> {
  const facts = await findRuntimes();
  const config = join(home.runDirectory, 'containerd.toml');
  await writeFile(config, containerdConfig(home, facts));
  await mkdir(certsDirectory(home), { recursive: true });
  for (const [path, text] of registryHosts(options.registries, options.hostAddress)) {
    const file = join(certsDirectory(home), path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return inNode(home, { file: facts.containerd, args: ['--config', config] });
}

/** Resolves when the node's containerd accepts connections. @throws UserError when it does not in 20 s. */
export async function whenContainerdReady(home: NodeRuntime, signal: AbortSignal): Promise<void> {
  const deadline = systemClock.monotonicMs() + READY_TIMEOUT_MS;
  while (!(await accepts(home.containerdSocket))) {
    if (systemClock.monotonicMs() > deadline)
      throw new UserError(`containerd of ${home.name} does not answer; its log may say why (navarch logs --component ${home.name}/containerd)`);
    await systemClock.sleep(READY_POLL_MS, signal);
  }
}

function accepts(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.once('connect', () => {
    resolve(true);
    socket.destroy();
  });
  socket.once('error', () => resolve(false));
  return promise;
}

/** Imports image archives (docker save or OCI) into the node. @throws StatusError with containerd's words. */
export async function importImages(home: NodeRuntime, files: readonly string[], signal: AbortSignal): Promise<void> {
  for (const file of files) await runCommand(ctr(home, ['images', 'import', file]), {}, signal);
}

/** Names of the images that the node has, sorted; digests and bare ids left out. */
export async function listImageNames(home: NodeRuntime, signal: AbortSignal): Promise<string[]> {
  const text = await runCommand(ctr(home, ['images', 'list', '--quiet']), {}, signal);
  return text
    .split('\n')
    .filter((name) => name !== '' && !name.includes('sha256:'))
    .toSorted();
}

/** Makes sure that the pause image is present; builds it from this machine's `catatonit` when it is not. @throws UserError without catatonit. */
export async function ensurePauseImage(home: NodeRuntime, signal: AbortSignal): Promise<void> {
  const present = await runCommand(ctr(home, ['images', 'list', '--quiet', `name==${PAUSE_IMAGE}`]), {}, signal);
  if (present.trim() !== '') return;
  const program = PAUSE_PROGRAMS.find((path) => existsSync(path));
  if (!program) throw new UserError('catatonit, the pause process of each pod, is not installed (Debian: apt-get install catatonit)');
  const layer = [{ path: 'pause', content: await readFile(program), mode: 0o755 }];
  const archive = join(home.runDirectory, 'pause.tar');
  await writeFile(archive, imageArchive({ name: PAUSE_IMAGE, layers: [layer], entrypoint: ['/pause', '-P'], user: '65535:65535' }));
  await importImages(home, [archive], signal);
  await rm(archive, { force: true });
}

function ctr(home: NodeRuntime, args: readonly string[]): CommandLine {
  return { file: findProgram('ctr') ?? 'ctr', args: ['--address', home.containerdSocket, '--namespace', NAMESPACE, ...args] };
}
