/**
 * What a user asked for when the cluster was made: remembered, so that `up` after `down` brings the same cluster back.
 */
import { chmod, lstat, mkdir, readFile, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterPaths, clusterPaths, clustersDirectory, type Environment } from './paths.ts';
import { isMissing } from './processes.ts';
import type { StoreChoice } from '../store-flags.ts';

/** How nodes run pods. */
export type RuntimeName = 'containerd' | 'simulated';

/** A cluster's lasting choices. */
export interface ClusterSpec {
  readonly name: string;
  readonly nodes: number;
  readonly runtime: RuntimeName;
  readonly apiPort: number;
  readonly egress: 'on' | 'off';
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly clusterDomain: string;
  readonly dnsIp: string;
  /** Plain-http registries and mirrors, as `HOST[:PORT]` or `HOST=URL`. */
  readonly registries: readonly string[];
  /** Of simulated nodes: the file that says what happens to them and their pods. */
  readonly lifecycleFile?: string;
  /** Where objects are kept; absent: in the cluster's directory. */
  readonly store?: StoreChoice;
}

/** A message for the person at the keyboard: printed without a stack, exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

const NAME = /^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$/;

/** @throws UserError when the name could not stand in host names, interfaces and contexts. */
export function checkName(name: string): void {
  if (!NAME.test(name)) {
    throw new UserError(`a cluster name has up to 30 lower case letters, digits and '-', and starts and ends with a letter or digit; "${name}" does not`);
  }
}

/** Forgets a cluster whose data directory, kept elsewhere, is gone: only the link to it is left. */
export async function forgetLostData(environment: Environment, name: string): Promise<void> {
  const entry = join(clustersDirectory(environment), name);
  try {
    if ((await lstat(entry)).isSymbolicLink()) await realpath(entry);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await rm(entry, { force: true });
  }
}

/** The paths of the named cluster, whether it exists or not. */
export async function pathsOf(environment: Environment, name: string): Promise<ClusterPaths> {
  checkName(name);
  const entry = join(clustersDirectory(environment), name);
  try {
    return clusterPaths(await realpath(entry));
  } catch (error) {
    if (isMissing(error)) return clusterPaths(entry);
    throw error;
  }
}

/** The spec of the cluster, or undefined when there is no such cluster. */
export async function readSpec(paths: ClusterPaths): Promise<ClusterSpec | undefined> {
  try {
    return JSON.parse(await readFile(paths.spec, 'utf8')) as ClusterSpec;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names of all clusters on this machine, sorted. */
export async function listClusters(environment: Environment): Promise<string[]> {
  try {
    return (await readdir(clustersDirectory(environment))).filter((entry) => NAME.test(entry)).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Makes the cluster's directories; with `dataDir`, keeps them there and leaves a link under the navarch home. */
export async function createDirectories(environment: Environment, name: string, dataDir: string | undefined): Promise<ClusterPaths> {
  const parent = clustersDirectory(environment);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await forgetLostData(environment, name);
  const entry = join(parent, name);
  if (dataDir !== undefined) {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const holder = await readSpec(clusterPaths(dataDir));
    if (holder && holder.name !== name) throw new UserError(`${dataDir} holds the data of cluster "${holder.name}"; choose another --data-dir`);
    await linkOnce(entry, await realpath(dataDir));
  }
  const paths = dataDir === undefined ? clusterPaths(entry) : clusterPaths(await realpath(dataDir));
  for (const directory of [paths.directory, paths.pki, paths.store, paths.logs, paths.nodes]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await chmod(paths.directory, 0o700);
  return paths;
}

async function linkOnce(entry: string, directory: string): Promise<void> {
  try {
    await lstat(entry);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await symlink(directory, entry);
    return;
  }
  const present = await realpath(entry);
  if (present !== directory) {
    throw new UserError(`cluster data is already kept in ${present}; delete the cluster first, or leave --data-dir out`);
  }
}

/** Stores the spec in one step. */
export async function writeSpec(paths: ClusterPaths, spec: ClusterSpec): Promise<void> {
  const staging = `${paths.spec}.new`;
  await writeFile(staging, `${JSON.stringify(spec, undefined, 2)}\n`, { mode: 0o600 });
  await rename(staging, paths.spec);
}

/** Forgets the cluster: its directory and, when it was kept elsewhere, the link to it. */
export async function removeDirectories(environment: Environment, name: string, paths: ClusterPaths): Promise<void> {
  await rm(paths.directory, { recursive: true, force: true });
  await rm(join(clustersDirectory(environment), name), { recursive: true, force: true });
}
