/**
 * Storage of this node: the built-in provisioner on a directory of its disk.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { startManager } from '#controller/manager.ts';
import { localProvisionerController, type VolumeDirectories } from '#controllers/local-provisioner/controller.ts';

/** Pods of any user write to their volumes. */
const VOLUME_MODE = 0o777;

/** Volumes as directories below `root`. Others are not touched, whatever a volume's spec says. */
export function diskDirectories(root: string): VolumeDirectories {
  return {
    async make(volume) {
      const path = join(root, volume);
      await mkdir(path, { recursive: true });
      await chmod(path, VOLUME_MODE);
      return path;
    },
    async remove(path) {
      if (dirname(path) !== root) throw new Error(`${path} is not a volume of this node`);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Starts provisioning for pods of `nodeName`. */
export function startNodeStorage(nodeName: string, root: string, { client, informers }: { readonly client: Client; readonly informers: InformerFactory }, log: Logger): AsyncDisposable {
  const provisioner = localProvisionerController({ nodes: () => () => [nodeName], directories: diskDirectories(root) });
  return startManager([provisioner], { client, informers, clock: systemClock, random: systemRandom, log });
}
