/**
 * `navarch up`.
 */
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '#base/clock.ts';
import { chooseApiPort, claimApiPort, type PortClaim } from '../cluster/api-port.ts';
import { inspectCluster } from '../cluster/inspect.ts';
import { lockCluster } from '../cluster/lock.ts';
import { type ClusterPaths, clusterPaths, type Environment } from '../cluster/paths.ts';
import { isAlive, readProcessTable, writeProcessTable } from '../cluster/processes.ts';
import { ANY_PORT, chooseSpec, type UpOptions } from '../cluster/choose-spec.ts';
import { startSupervisor } from '../cluster/start-supervisor.ts';
import { type ClusterSpec, createDirectories, listClusters, pathsOf, readSpec, UserError, writeSpec } from '../cluster/spec.ts';
import { waitUntilReady } from '../cluster/wait-ready.ts';
import { readLifecycleFile } from '../lifecycle-file.ts';
import { CLUSTER_PACKAGES, installPackages, missingPackages } from '../install.ts';
import { fabricOwner, orphanedFabrics } from '../host/fabric.ts';
import { preflight } from '../host/preflight.ts';
import { createProgress, type Progress } from './print.ts';

/** Creates the cluster or brings it back; returns when its nodes are Ready and its DNS answers. @throws UserError */
export async function up(environment: Environment, options: UpOptions): Promise<void> {
  const progress = createProgress(() => systemClock.now());
  const before = await presentSpec(environment, options);
  const spec = chooseSpec(environment, options, before);
  const state = before && (await inspectCluster(environment, spec.name));
  if (before && state && state.state !== 'stopped') checkUnchanged(before, spec);
  if (state?.state === 'running') {
    console.error(`navarch: cluster "${spec.name}" is already running`);
    printNextSteps(spec);
    return;
  }
  if (spec.runtime === 'simulated' && options.runtime === undefined && !before) {
    console.error(`navarch: ${environment.isLinux ? 'not root' : 'not Linux'}: nodes are simulated, pods become Running and Ready without containers`);
  }
  // The server would say so too, but only to its log.
  if (spec.lifecycleFile !== undefined) await readLifecycleFile(spec.lifecycleFile);
  if (spec.runtime === 'containerd') {
    await ensurePackages(options.install);
    await checkMachine(spec, before === undefined);
    await checkOwner(spec.name, (await pathsOf(environment, spec.name)).directory);
  }
  const paths = await createDirectories(environment, spec.name, options.dataDir);
  {
    await using _lock = await lockCluster(paths.lock);
    if (!isDeepStrictEqual(await readSpec(paths), before)) throw new UserError(`another navarch command changed cluster "${spec.name}" meanwhile; run this one again`);
    // A server that runs has its port; one that starts gets it only if nobody else does.
    await using claim = state?.server?.running ? undefined : await claimPort(environment, spec);
    await start(environment, paths, { ...spec, apiPort: claim?.port ?? spec.apiPort }, before === undefined, progress);
  }
  printNextSteps(spec);
}

/** What the cluster of that name is, also when only its data directory is left of it. */
async function presentSpec(environment: Environment, { name, dataDir }: UpOptions): Promise<ClusterSpec | undefined> {
  const known = await readSpec(await pathsOf(environment, name));
  if (known || dataDir === undefined) return known;
  const kept = await readSpec(clusterPaths(dataDir));
  return kept?.name === name ? kept : undefined;
}

async function start(environment: Environment, paths: ClusterPaths, spec: ClusterSpec, isNew: boolean, progress: Progress): Promise<void> {
  await writeSpec(paths, spec);
  progress.step(isNew ? `creating cluster "${spec.name}": ${spec.nodes} node${spec.nodes === 1 ? '' : 's'}, runtime ${spec.runtime}, egress ${spec.egress}` : `starting cluster "${spec.name}"`);
  await startProcesses(paths, spec);
  await waitUntilReady(environment, paths, spec, progress);
}

/** Processes that run keep what they were started with. @throws UserError when something else is asked for. */
function checkUnchanged(present: ClusterSpec, asked: ClusterSpec): void {
  const changeable: readonly (readonly [string, string | number, string | number])[] = [
    ['--api-port', present.apiPort, asked.apiPort],
    ['--egress', present.egress, asked.egress],
    ['--lifecycle', present.lifecycleFile ?? 'none', asked.lifecycleFile ?? 'none'],
    ['--registry', present.registries.join(','), asked.registries.join(',')],
  ];
  for (const [flag, has, wanted] of changeable) {
    if (has !== wanted) throw new UserError(`cluster "${present.name}" runs with ${flag} ${has}; stop it first (navarch down --name ${present.name}), or leave ${flag} out`);
  }
}

/** The port the cluster is to have, or a free one when nobody named one. @throws UserError */
async function claimPort(environment: Environment, spec: ClusterSpec): Promise<PortClaim> {
  if (spec.apiPort !== ANY_PORT) {
    return await claimApiPort(spec.apiPort, `end what listens there, or choose another port: navarch up --name ${spec.name} --api-port PORT`);
  }
  const names = (await listClusters(environment)).filter((name) => name !== spec.name);
  const others = await Promise.all(names.map(async (name) => readSpec(await pathsOf(environment, name))));
  return await chooseApiPort(new Set(others.flatMap((one) => one?.apiPort ?? [])));
}

async function ensurePackages(install: boolean): Promise<void> {
  if (install) {
    await installPackages(CLUSTER_PACKAGES, 'nodes with real containers need them');
    return;
  }
  const missing = missingPackages(CLUSTER_PACKAGES).map((one) => one.name);
  if (missing.length > 0) throw new UserError(`missing, and --no-install was given: ${missing.join(', ')}; on Debian: apt-get install ${missing.join(' ')}`);
}

/** Says what the machine lacks before anything is made. @throws UserError */
async function checkMachine(spec: ClusterSpec, isNew: boolean): Promise<void> {
  const { problems, warnings } = await preflight(spec, AbortSignal.timeout(10_000));
  if (problems.length > 0) throw new UserError(`this machine cannot run nodes with real containers:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  if (!isNew) return;
  for (const warning of warnings) console.error(`navarch: ${warning}`);
  for (const name of await orphanedFabrics()) console.error(`navarch: cluster "${name}" left something on this machine although its directory is gone; navarch delete --name ${name} clears it`);
}

/** Refuses a name that a cluster of another NAVARCH_HOME runs under: names of interfaces and namespaces come from it. @throws UserError */
async function checkOwner(name: string, directory: string): Promise<void> {
  const owner = await fabricOwner(name);
  if (owner === undefined || owner === directory) return;
  throw new UserError(`a cluster "${name}" of ${owner} already runs on this machine; choose another --name, or delete that one first, with that NAVARCH_HOME`);
}

/** Starts the supervisor, or tells a live one to start what is down. */
async function startProcesses(paths: ClusterPaths, spec: ClusterSpec): Promise<void> {
  const table = await readProcessTable(paths.processes);
  if (table.downNodes.length > 0) await writeProcessTable(paths.processes, { ...table, downNodes: [] });
  const supervisor = table.components['supervisor'];
  if (supervisor && isAlive(supervisor)) process.kill(supervisor.pid, 'SIGHUP');
  else await startSupervisor(paths, spec.name);
}

function printNextSteps(spec: ClusterSpec): void {
  const flag = spec.name === 'default' ? '' : ` --name ${spec.name}`;
  const steps: readonly (readonly [string, string])[] = [
    ['kubectl get nodes', 'or ./navarch kubectl get nodes'],
    [`navarch image load${flag} IMAGE.tar`, 'bring an image into the nodes'],
    ['kubectl create deployment web --image=IMAGE', 'run it'],
    [`navarch status${flag}`, 'see what runs on this machine'],
    [`navarch down${flag}`, 'stop it; its data stays'],
    [`navarch delete${flag}`, 'remove it without a trace'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length)) + 3;
  console.log(`\nCluster "${spec.name}" is ready; kubectl's current context is navarch-${spec.name}.\n`);
  for (const [command, meaning] of steps) console.log(`  ${command.padEnd(width)}${meaning}`);
}
