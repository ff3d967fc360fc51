/**
 * `image`: the content of an image, read-only. The runtime mounts it; the kubelet pulls it.
 *
 * Source: KEP-4639; the documented behaviour of image volumes.
 */
import type { Image } from '#cri/runtime.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type VolumePlugin, VolumeProblem } from './plugin.ts';

/** What image volumes need. */
export interface ImageVolumeOptions {
  /** The image, pulled as its policy says. */
  readonly ensure: (
    pod: Pod,
    volume: { readonly name: string; readonly image: string; readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' },
    signal: AbortSignal,
  ) => Promise<Image>;
  /** Name and version of the runtime, as it says them; undefined while it does not answer. */
  readonly runtime: (signal: AbortSignal) => Promise<{ readonly runtimeName: string; readonly runtimeVersion: string } | undefined>;
}

/** The first containerd that mounts images. */
const CONTAINERD = [2, 1] as const;

/** Whether the runtime is known to take no notice of images among the mounts. */
export function cannotMountImages(runtimeName: string, runtimeVersion: string): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(runtimeVersion) ?? []).slice(1).map(Number);
  return runtimeName === 'containerd' && (major < CONTAINERD[0] || (major === CONTAINERD[0] && minor < CONTAINERD[1]));
}

/** The plugin. */
export function imageVolumePlugin({ ensure, runtime }: ImageVolumeOptions): VolumePlugin {
  return {
    name: 'kubernetes.io/image',
    supports: ({ image }) => image !== undefined,
    async setUp({ pod, volume }, signal) {
      const { reference = '', pullPolicy } = volume.image ?? {};
      const about = await runtime(signal);
      if (about && cannotMountImages(about.runtimeName, about.runtimeVersion)) {
        throw new VolumeProblem(
          `MountVolume.SetUp failed for volume "${volume.name}" : ${about.runtimeName} ${about.runtimeVersion} does not support image volumes; containerd ${CONTAINERD.join('.')} or newer is needed`,
        );
      }
      const found = await ensure(
        pod,
        { name: volume.name, image: reference, ...(pullPolicy ? { imagePullPolicy: pullPolicy as 'Always' } : {}) },
        signal,
      );
      return { path: '', image: found.id, readOnly: true, managesOwnership: false };
    },
    tearDown: () => Promise.resolve(),
  };
}
