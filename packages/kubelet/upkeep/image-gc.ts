/**
 * Removes images that nothing uses when the disk fills up, least recently used first.
 *
 * Source: kubernetes `pkg/kubelet/images/image_gc_manager.go`.
 */
import { statfs } from 'node:fs/promises';
import { errorFields, type Logger } from '#base/log.ts';
import type { ContainerRuntime, Image } from '#cri/runtime.ts';

/** When images are removed, in percent of the disk. */
export interface ImageGcLimits {
  /** 100: never. */
  readonly highPercent: number;
  readonly lowPercent: number;
  /** A younger image may be about to be used. */
  readonly minAgeMs: number;
}

/** Upstream's limits. */
export const DEFAULT_IMAGE_GC: ImageGcLimits = { highPercent: 85, lowPercent: 80, minAgeMs: 120_000 };

/** Sandboxes are made from it, and nothing says so. */
const isPause = ({ repoTags }: Image): boolean => repoTags.some((tag) => /(^|\/)pause(-[^:/]*)?:/.test(tag));

interface Known {
  readonly firstSeenMs: number;
  lastUsedMs: number;
}

/** Which images may go, in the order in which they should. Pure. */
export function removable(images: readonly Image[], known: ReadonlyMap<string, { readonly firstSeenMs: number; readonly lastUsedMs: number }>, used: ReadonlySet<string>, { nowMs, minAgeMs }: { readonly nowMs: number; readonly minAgeMs: number }): Image[] {
  const isUsed = ({ id, repoDigests, repoTags }: Image): boolean => [id, ...repoDigests, ...repoTags].some((name) => used.has(name));
  return images
    .filter((image) => !image.pinned && !isPause(image) && !isUsed(image) && nowMs - (known.get(image.id)?.firstSeenMs ?? nowMs) >= minAgeMs)
    .sort((a, b) => (known.get(a.id)?.lastUsedMs ?? 0) - (known.get(b.id)?.lastUsedMs ?? 0));
}

/** Remembers when images were used. */
export class ImageCollector {
  readonly #runtime: ContainerRuntime;
  readonly #log: Logger;
  readonly #known = new Map<string, Known>();

  constructor(runtime: ContainerRuntime, log: Logger) {
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Looks at images and disk; `used` names the images of all containers. Answers how many images were removed. */
  async collect(used: ReadonlySet<string>, limits: ImageGcLimits, nowMs: number, signal: AbortSignal): Promise<number> {
    const images = await this.#runtime.listImages(signal);
    this.#note(images, used, nowMs);
    const [filesystem] = limits.highPercent >= 100 ? [] : await this.#runtime.imageFilesystems(signal);
    if (!filesystem) return 0;
    const { blocks, bavail, bsize } = await statfs(filesystem.mountpoint);
    const usedPercent = blocks === 0 ? 0 : 100 - (bavail * 100) / blocks;
    if (usedPercent < limits.highPercent) return 0;
    const bytes = ((usedPercent - limits.lowPercent) / 100) * blocks * bsize;
    return await this.#remove(removable(images, this.#known, used, { nowMs, minAgeMs: limits.minAgeMs }), bytes, signal);
  }

  /** Removes every image that nothing uses, however young: what comes before ending a pod for want of disk. Answers how many. */
  async collectAll(used: ReadonlySet<string>, nowMs: number, signal: AbortSignal): Promise<number> {
    const images = await this.#runtime.listImages(signal);
    this.#note(images, used, nowMs);
    return await this.#remove(removable(images, this.#known, used, { nowMs, minAgeMs: 0 }), Number.POSITIVE_INFINITY, signal);
  }

  async #remove(images: readonly Image[], bytes: number, signal: AbortSignal): Promise<number> {
    let toFree = bytes;
    let removed = 0;
    for (const image of images) {
      if (toFree <= 0) break;
      this.#log.info('removing an unused image, the disk is filling up', { image: image.repoTags[0] ?? image.id, bytes: image.sizeBytes });
      try {
        await this.#runtime.removeImage(image.id, signal);
        toFree -= image.sizeBytes;
        removed += 1;
      } catch (error) {
        this.#log.warn('an image could not be removed', errorFields(error));
      }
    }
    return removed;
  }

  #note(images: readonly Image[], used: ReadonlySet<string>, nowMs: number): void {
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!present.has(id)) this.#known.delete(id);
    for (const image of images) {
      const known = this.#known.get(image.id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 };
      if ([image.id, ...image.repoDigests].some((name) => used.has(name))) known.lastUsedMs = nowMs;
      this.#known.set(image.id, known);
    }
  }
}
