/**
 * Volumes behind claims: named ones and those of generic ephemeral volumes. What the claim is bound to decides which kind of volume it is.
 *
 * Source: kubernetes `pkg/kubelet/volumemanager/populator`, `pkg/volume/{hostpath,local}`; the documented behaviour of claims as volumes.
 */
import { stat } from 'node:fs/promises';
import type { Client } from '#client/client.ts';
import { matchesNodeSelector } from '#kinds/core/node/matching.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { claimNameOf, foreignClaimText, isClaimOf } from '#kinds/core/pod/claims.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';
import { isReason } from '#machinery/status.ts';
import { ensureHostPath } from './host-path.ts';
import { type MountedVolume, type VolumePlugin, type VolumeRequest, VolumeProblem } from './plugin.ts';

/** A bound claim as a pod's volume. */
export interface PersistentRequest extends VolumeRequest {
  readonly claim: PersistentVolumeClaim;
  readonly persistent: PersistentVolume;
  /** The pod may only read it. */
  readonly readOnly: boolean;
}

/** A kind of persistent volume. */
export interface PersistentPlugin {
  supports(volume: PersistentVolume): boolean;
  setUp(request: PersistentRequest, signal: AbortSignal): Promise<MountedVolume>;
}

/** What claims are resolved with. */
export interface PersistentOptions {
  readonly client: Client;
  /** The node as last seen; its labels decide whether it reaches a volume. */
  readonly node: () => Node | undefined;
  /** Beside directories of the node. */
  readonly plugins: readonly PersistentPlugin[];
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const hostPathVolumes: PersistentPlugin = {
  supports: ({ spec }) => spec.hostPath !== undefined,
  async setUp({ persistent: { spec }, readOnly }) {
    const { path = '', type = '' } = spec.hostPath ?? {};
    await ensureHostPath(path, type);
    return spec.volumeMode === 'Block' ? { path, device: path, readOnly, managesOwnership: false } : { path, readOnly, managesOwnership: false };
  },
};

const localVolumes: PersistentPlugin = {
  supports: ({ spec }) => spec.local !== undefined,
  async setUp({ persistent: { spec }, readOnly }) {
    const path = spec.local?.path ?? '';
    const found = await statOf(path);
    if (!found) throw new Error(`path ${JSON.stringify(path)} does not exist`);
    if (spec.volumeMode === 'Block') {
      if (!found.isBlockDevice()) throw new Error(`${path} is not a block device`);
      return { path, device: path, readOnly, managesOwnership: false };
    }
    if (!found.isDirectory()) throw new Error(`${path} is not a directory; only directories can be mounted`);
    return { path, readOnly, managesOwnership: !readOnly };
  },
};

/** `persistentVolumeClaim` and `ephemeral`. */
export function persistentClaimPlugin(options: PersistentOptions): VolumePlugin {
  const plugins = [hostPathVolumes, localVolumes, ...options.plugins];
  return {
    name: 'kubernetes.io/persistent-claim',
    supports: ({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim !== undefined || ephemeral !== undefined,
    async setUp(request, signal) {
      const { pod, volume } = request;
      const { claim, persistent } = await resolve(pod, volume, options.client, signal);
      const name = persistent.metadata.name ?? '';
      const node = options.node();
      const required = persistent.spec.nodeAffinity?.required;
      if (required && node && !matchesNodeSelector(required, node)) {
        throw new VolumeProblem(`MountVolume.NodeAffinity check failed for volume ${JSON.stringify(name)} : no matching NodeSelectorTerms`);
      }
      const isDevice = usesDevice(pod, volume.name);
      if (isDevice !== (persistent.spec.volumeMode === 'Block'))
        throw unprocessed(
          pod,
          volume,
          isDevice
            ? `PVC ${name} has volumeMode Filesystem, but is specified in volumeDevices`
            : `PVC ${name} has volumeMode Block, but is specified in volumeMounts`,
        );
      const plugin = plugins.find((one) => one.supports(persistent));
      if (!plugin) throw new VolumeProblem(`MountVolume.SetUp failed for volume ${JSON.stringify(name)} : no volume plugin matched`);
      const readOnly = volume.persistentVolumeClaim?.readOnly === true;
      try {
        return await plugin.setUp({ ...request, claim, persistent, readOnly }, signal);
      } catch (error) {
        if (signal.aborted || error instanceof VolumeProblem) throw error;
        const what = persistent.spec.volumeMode === 'Block' ? 'MapVolume.MapPodDevice' : 'MountVolume.SetUp';
        throw new VolumeProblem(`${what} failed for volume ${JSON.stringify(name)} : ${(error as Error).message}`, { cause: error });
      }
    },
    // Directories of the node stay as they are; other kinds take down what they put up.
    tearDown: () => Promise.resolve(),
  };
}

/** Whether a container uses the volume as a device. */
function usesDevice({ spec }: Pod, name: string): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ volumeDevices }) => volumeDevices?.some((device) => device.name === name));
}

function unprocessed(pod: Pod, volume: Volume, why: string): VolumeProblem {
  const key = `${pod.metadata.namespace}/${claimNameOf(pod, volume)}`;
  const lists = `unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]`;
  return new VolumeProblem(`Unable to attach or mount volumes: ${lists}: error processing PVC ${key}: ${why}`);
}

async function resolve(pod: Pod, volume: Volume, client: Client, signal: AbortSignal): Promise<Pick<PersistentRequest, 'claim' | 'persistent'>> {
  const fetched = async <T>(what: string, request: Promise<T>): Promise<T> => {
    try {
      return await request;
    } catch (error) {
      if (signal.aborted) throw error;
      throw unprocessed(pod, volume, `failed to fetch ${what} from API server: ${(error as Error).message}`);
    }
  };
  const name = claimNameOf(pod, volume) ?? '';
  const claim = await fetched(
    'PVC',
    client
      .of(persistentVolumeClaims)
      .namespace(pod.metadata.namespace ?? '')
      .get(name, signal),
  );
  if (volume.ephemeral && !isClaimOf(claim, pod)) throw unprocessed(pod, volume, foreignClaimText(claim, pod));
  // A pod that started before the deletion keeps its volume; the claim's protection waits for the pod.
  if (claim.metadata.deletionTimestamp && !pod.status.containerStatuses?.some(({ state }) => state?.running))
    throw unprocessed(pod, volume, 'PVC is being deleted');
  if (claim.status.phase !== 'Bound' || !claim.spec.volumeName) throw unprocessed(pod, volume, 'PVC is not bound');
  const persistent = await persistentOf(claim, client, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw unprocessed(pod, volume, (error as Error).message);
  });
  return { claim, persistent };
}

async function persistentOf({ spec, metadata }: PersistentVolumeClaim, client: Client, signal: AbortSignal): Promise<PersistentVolume> {
  const name = spec.volumeName ?? '';
  let volume: PersistentVolume;
  try {
    volume = await client.of(persistentVolumes).get(name, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound'))
      throw new Error(`failed to fetch PV ${JSON.stringify(name)} from API server: ${(error as Error).message}`, { cause: error });
    throw new Error(`failed to find PV ${JSON.stringify(name)} in PV informer cache with error : ${error.message}`, { cause: error });
  }
  if (volume.spec.claimRef?.uid !== metadata.uid)
    throw new Error(
      `found PV object ${JSON.stringify(name)} but its pv.spec.claimRef.uid ${JSON.stringify(volume.spec.claimRef?.uid ?? '')} does not point to expected pvcUID ${JSON.stringify(metadata.uid)}`,
    );
  return volume;
}
