/**
 * Cgroups of pods: `<root>/kubepods[/<class>]/pod<uid>`, made with their limits before the sandbox and removed after it.
 *
 * Version 1 (one hierarchy per controller) and version 2 (one for all) are both served; which one is found out, not configured.
 *
 * Source: kubernetes `pkg/kubelet/cm` (pod and quality-of-service cgroups, cgroupfs driver).
 */
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type PodLimits, podCgroupLimits } from './pod/resources.ts';

/** Where the kernel shows cgroups. */
const MOUNT = '/sys/fs/cgroup';

/** v1 hierarchies in which pods get limits; the runtime makes the others. */
const V1_LIMITED = ['cpu', 'memory'] as const;

/** v2 controllers that must be switched on along the path. */
const V2_CONTROLLERS = ['cpu', 'memory', 'pids', 'cpuset', 'io', 'hugetlb'];

const MIN_SHARES = 2;
const REMOVE_ATTEMPTS = 20;
const REMOVE_RETRY_MS = 50;

/** Pod cgroups of this node. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** Makes the node's classes. */
  open(): Promise<void>;
  /** Makes the pod's cgroup and sets its limits; answers its path for the runtime. */
  create(pod: Pod): Promise<string>;
  /** Changes the limits of the pod's cgroup; those that are absent stay as they are. */
  limit(pod: Pod, limits: PodLimits): Promise<void>;
  /** The path that `create` answers. */
  pathOf(pod: Pod): string;
  /** Sets the weight of the Burstable class to the sum of its pods' requests. */
  balance(pods: readonly Pod[]): Promise<void>;
  /** Removes the pod's cgroup and whatever is left below it. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Pod cgroups that exist, by pod UID. */
  list(): Promise<ReadonlyMap<string, string>>;
  /** Removes everything below the root: only when the node is taken down for good. */
  close(signal: AbortSignal): Promise<void>;
}

/** Whether the unified hierarchy is mounted alone. */
export async function cgroupVersion(mount = MOUNT): Promise<1 | 2> {
  return (await exists(join(mount, 'cgroup.controllers'))) ? 2 : 1;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

const CLASS_PATHS = { Guaranteed: '', Burstable: '/burstable', BestEffort: '/besteffort' } as const;

/** Shares (2 to 262144) as a v2 weight (1 to 10000). Source: KEP-2254. */
export function cpuWeight(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

/** Cgroups below `root` (`/` or `/name`). */
export async function openCgroups(root: string, clock: Clock, log: Logger, mount = MOUNT): Promise<Cgroups> {
  const version = await cgroupVersion(mount);
  const base = `${root === '/' ? '' : root}/kubepods`;
  const pathOf = (pod: Pod): string => `${base}${CLASS_PATHS[qosClass(pod.spec)]}/pod${pod.metadata.uid}`;
  const hierarchies = version === 2 ? [mount] : (await readdir(mount, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => join(mount, name));
  const limited = version === 2 ? [mount] : V1_LIMITED.map((name) => join(mount, name));
  const make = async (path: string): Promise<void> => {
    for (const hierarchy of limited) await mkdir(join(hierarchy, path), { recursive: true });
    if (version === 2) await enableControllers(mount, path);
  };
  const set = version === 2 ? setV2 : setV1;
  return {
    version,
    pathOf,
    async open() {
      for (const path of ['', '/burstable', '/besteffort']) await make(`${base}${path}`);
      await set(mount, `${base}/besteffort`, { cpuShares: MIN_SHARES, cpuPeriod: 0 });
    },
    async create(pod) {
      const path = pathOf(pod);
      await make(path);
      await set(mount, path, podCgroupLimits(pod));
      return path;
    },
    limit: (pod, limits) => set(mount, pathOf(pod), limits),
    async balance(pods) {
      const burstable = pods.filter((pod) => qosClass(pod.spec) === 'Burstable');
      const shares = burstable.reduce((sum, pod) => sum + podCgroupLimits(pod).cpuShares, 0);
      await set(mount, `${base}/burstable`, { cpuShares: Math.max(shares, MIN_SHARES), cpuPeriod: 0 });
    },
    async remove(path, signal) {
      for (const hierarchy of hierarchies) await removeTree(join(hierarchy, path), clock, signal);
    },
    async list() {
      const found = new Map<string, string>();
      for (const path of ['', '/burstable', '/besteffort']) {
        for (const name of await names(join(limited[0]!, base, path))) if (name.startsWith('pod')) found.set(name.slice(3), `${base}${path}/${name}`);
      }
      return found;
    },
    async close(signal) {
      const top = root === '/' ? base : root;
      for (const hierarchy of hierarchies) {
        try {
          await removeTree(join(hierarchy, top), clock, signal);
        } catch (error) {
          log.warn('a cgroup could not be removed', { path: join(hierarchy, top), ...errorFields(error) });
        }
      }
    },
  };
}

async function names(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function setV1(mount: string, path: string, limits: PodLimits): Promise<void> {
  const cpu = join(mount, 'cpu', path);
  await writeFile(join(cpu, 'cpu.shares'), String(limits.cpuShares));
  if (limits.cpuQuota) {
    await writeFile(join(cpu, 'cpu.cfs_period_us'), String(limits.cpuPeriod));
    await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(limits.cpuQuota));
  }
  if (limits.memoryBytes) await writeFile(join(mount, 'memory', path, 'memory.limit_in_bytes'), String(limits.memoryBytes));
}

async function setV2(mount: string, path: string, limits: PodLimits): Promise<void> {
  const directory = join(mount, path);
  await writeFile(join(directory, 'cpu.weight'), String(cpuWeight(limits.cpuShares)));
  if (limits.cpuQuota) await writeFile(join(directory, 'cpu.max'), `${limits.cpuQuota} ${limits.cpuPeriod}`);
  if (limits.memoryBytes) await writeFile(join(directory, 'memory.max'), String(limits.memoryBytes));
}

/** Passes the controllers on to the children of every directory above `path`. */
async function enableControllers(mount: string, path: string): Promise<void> {
  const parts = path.split('/').filter(Boolean);
  for (let depth = 0; depth < parts.length; depth += 1) {
    const directory = join(mount, ...parts.slice(0, depth));
    const [available, enabled] = await Promise.all([readFile(join(directory, 'cgroup.controllers'), 'utf8'), readFile(join(directory, 'cgroup.subtree_control'), 'utf8')]);
    const missing = available.trim().split(' ').filter((name) => V2_CONTROLLERS.includes(name) && !enabled.split(/\s+/).includes(name));
    if (missing.length > 0) await writeFile(join(directory, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
  }
}

/** Removes a cgroup with those below it; processes that are still ending are waited for. */
async function removeTree(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const name of await names(path)) await removeTree(join(path, name), clock, signal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rmdir(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return;
      if (code !== 'EBUSY' || attempt >= REMOVE_ATTEMPTS) throw error;
      await clock.sleep(REMOVE_RETRY_MS, signal);
    }
  }
}
