/**
 * Sets up the volumes of pods, keeps their content fresh and takes them down.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';
import { mountPoints, mountTmpfs, unmount } from './mount-command.ts';
import { giveToGroup } from './ownership.ts';
import { type MountedVolume, type VolumePlugin, VolumeProblem } from './plugin.ts';

/** What the manager needs. */
export interface VolumeManagerOptions {
  readonly rootDirectory: string;
  readonly plugins: readonly VolumePlugin[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** A volume that could not be set up; the message names it as events do. */
export class MountFailed extends Error {}

const escapeName = (pluginName: string): string => pluginName.replaceAll('/', '~');

/** All pods' volumes below `<root>/pods/<uid>/volumes/<plugin>/<volume>`; those in memory below `<root>/memory`. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  readonly #owned = new Set<string>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** Prepares the directories: one memory filesystem for all secrets of the node, where it can be mounted. */
  async open(inMemory: boolean, signal: AbortSignal): Promise<void> {
    const { rootDirectory, log } = this.#options;
    const memory = join(rootDirectory, 'memory');
    await mkdir(join(rootDirectory, 'pods'), { recursive: true });
    await mkdir(memory, { recursive: true, mode: 0o755 });
    if (!inMemory || (await mountPoints()).includes(memory)) return;
    try {
      await mountTmpfs(memory, 0, signal);
    } catch (error) {
      log.warn('secrets of pods are kept on disk: no memory filesystem could be mounted', errorFields(error));
    }
  }

  /** The pod's own directory. */
  podDirectory(uid: string): string {
    return join(this.#options.rootDirectory, 'pods', uid);
  }

  /** Sets up every volume of the pod, or brings its content up to date. @throws MountFailed. */
  async setUp(pod: Pod, signal: AbortSignal): Promise<ReadonlyMap<string, MountedVolume>> {
    const volumes = pod.spec.volumes ?? [];
    const mounted = await Promise.all(volumes.map((volume) => this.#setUpOne(pod, volume, signal)));
    return new Map(volumes.map((volume, at) => [volume.name, mounted[at]!]));
  }

  /** Takes the pod's volumes down; its directory stays until `forget`. */
  async tearDown(uid: string, signal: AbortSignal): Promise<void> {
    const { plugins } = this.#options;
    for (const root of this.#volumeRoots(uid)) {
      for (const pluginName of await entries(root)) {
        const plugin = plugins.find(({ name }) => escapeName(name) === pluginName);
        for (const volume of await entries(join(root, pluginName))) {
          const directory = join(root, pluginName, volume);
          if (plugin) await plugin.tearDown(directory, signal);
          this.#owned.delete(directory);
        }
      }
      await rm(root, { recursive: true, force: true });
    }
  }

  /** Removes what is left of the pod. */
  async forget(uid: string): Promise<void> {
    await rm(this.podDirectory(uid), { recursive: true, force: true });
    await rm(join(this.#options.rootDirectory, 'memory', uid), { recursive: true, force: true });
  }

  /** Pods that have directories here. */
  async knownPods(): Promise<string[]> {
    return entries(join(this.#options.rootDirectory, 'pods'));
  }

  /** Unmounts the node's memory filesystem: only when the node is taken down for good. */
  async close(signal: AbortSignal): Promise<void> {
    const { rootDirectory } = this.#options;
    const mounted = (await mountPoints()).filter((path) => path.startsWith(`${rootDirectory}/`));
    for (const path of mounted.reverse()) await unmount(path, signal);
  }

  #volumeRoots(uid: string): string[] {
    return [join(this.podDirectory(uid), 'volumes'), join(this.#options.rootDirectory, 'memory', uid)];
  }

  async #setUpOne(pod: Pod, volume: Volume, signal: AbortSignal): Promise<MountedVolume> {
    const { plugins } = this.#options;
    const { uid = '' } = pod.metadata;
    const plugin = plugins.find((one) => one.supports(volume));
    if (!plugin) throw new MountFailed(`MountVolume.SetUp failed for volume "${volume.name}" : no volume plugin matched`);
    const [onDisk, inMemory] = this.#volumeRoots(uid).map((root) => join(root, escapeName(plugin.name), volume.name));
    try {
      const mounted = await plugin.setUp({ pod, volume, directory: onDisk!, memoryDirectory: inMemory! }, signal);
      await this.#own(pod, mounted);
      return mounted;
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof VolumeProblem) throw new MountFailed(error.message, { cause: error });
      throw new MountFailed(`MountVolume.SetUp failed for volume "${volume.name}" : ${(error as Error).message}`, { cause: error });
    }
  }

  /** Once per volume and process: later changes inside are the containers' own. */
  async #own(pod: Pod, { path, managesOwnership, readOnly = false }: MountedVolume): Promise<void> {
    const fsGroup = pod.spec.securityContext?.fsGroup;
    if (fsGroup === undefined || !managesOwnership || this.#owned.has(path)) return;
    const onlyOnMismatch = pod.spec.securityContext?.fsGroupChangePolicy === 'OnRootMismatch';
    await giveToGroup(path, fsGroup, { readOnly, onlyOnMismatch });
    this.#owned.add(path);
  }
}

async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Writes a file of the pod's own when its content changed. */
export async function writePodFile(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content, { mode: 0o644 });
}
