/**
 * The built-in provisioner: volumes are directories of the node where their first consumer runs.
 *
 *     claim with our class and a chosen node ──> directory ──> volume, bound to the claim
 *     volume released ──> volume deleted ──> directory removed ──> finalizer taken off
 *
 * It speaks the protocol of external provisioners, so that nothing else knows of it. Each instance serves some nodes: a node's agent its own
 * disk, the server its simulated nodes, which need no disk at all.
 *
 * Source: the documented protocol between binder and external provisioners; kubernetes-csi `external-provisioner`, `external-resizer` (events).
 */
import type { ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { classOf } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { isReason } from '#machinery/status.ts';
import {
  growsTo,
  LOCAL_FINALIZER,
  LOCAL_PROVISIONER,
  localVolume,
  localVolumeStep,
  nodeFor,
  placeOf,
  volumeNameOf,
  whyImpossible,
} from './volume.ts';

/** Where volumes live. */
export interface VolumeDirectories {
  /** Makes the directory of a volume; answers its path. May be called again for one that exists. */
  make(volume: string): Promise<string>;
  /** Removes the directory with all that is in it. */
  remove(path: string): Promise<void>;
}

/** Directories that nobody looks into: for simulated nodes. */
export const imaginaryDirectories: VolumeDirectories = {
  make: (volume) => Promise.resolve(`/var/lib/navarch/volumes/${volume}`),
  remove: () => Promise.resolve(),
};

/** What an instance serves. */
export interface LocalProvisionerOptions {
  readonly directories: VolumeDirectories;
  /** The nodes whose disks it reaches, at this moment. */
  readonly nodes: (dependencies: ControllerDependencies) => () => readonly string[];
}

const CLAIM = 'claim/';
const VOLUME = 'volume/';

/** `local-volume-provisioner-controller`. */
export function localProvisionerController(options: LocalProvisionerOptions): ControllerEntry {
  return {
    name: 'local-volume-provisioner-controller',
    component: LOCAL_PROVISIONER,
    make: (dependencies) => new LocalProvisioner(dependencies, options).controller(),
  };
}

class LocalProvisioner {
  readonly #events: ControllerDependencies['events'];
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #directories: VolumeDirectories;
  readonly #nodes: () => readonly string[];

  constructor(dependencies: ControllerDependencies, { directories, nodes }: LocalProvisionerOptions) {
    const { informers, events } = dependencies;
    this.#events = events;
    this.#claims = informers.of(persistentVolumeClaims);
    this.#volumes = informers.of(persistentVolumes);
    this.#classes = informers.of(storageClasses);
    this.#directories = directories;
    this.#nodes = nodes(dependencies);
  }

  controller(): ReturnType<ControllerEntry['make']> {
    return {
      name: 'local_volume_provisioner',
      watches: [
        watch(this.#claims, (claim) => [CLAIM + objectKey(claim)]),
        watch(this.#volumes, (volume) => [VOLUME + volume.metadata.name]),
        watch(this.#classes, () => []),
      ],
      reconcile: (key, context) =>
        key.startsWith(CLAIM) ? this.#syncClaim(key.slice(CLAIM.length), context) : this.#syncVolume(key.slice(VOLUME.length), context),
    };
  }

  async #syncClaim(key: string, context: ReconcileContext): Promise<void> {
    const claim = this.#claims.lister.get(key);
    const storageClass = claim && this.#classes.lister.get(classOf(claim));
    if (!claim || !storageClass) return;
    const volume = this.#volumes.lister.get(claim.spec.volumeName ?? '');
    if (volume) return this.#grow(claim, volume, context);
    const node = nodeFor(claim, storageClass, this.#nodes());
    if (node === undefined || this.#volumes.lister.get(volumeNameOf(claim))) return;
    const className = storageClass.metadata.name;
    const impossible = whyImpossible(claim);
    if (impossible !== undefined) {
      this.#events.event(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${className}": ${impossible}`);
      return;
    }
    this.#events.event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${key}"`);
    try {
      await this.#provision(claim, storageClass, node, context);
    } catch (error) {
      if (!context.signal.aborted)
        this.#events.event(
          claim,
          'Warning',
          'ProvisioningFailed',
          `failed to provision volume with StorageClass "${className}": ${(error as Error).message}`,
        );
      throw error;
    }
    this.#events.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeNameOf(claim)}`);
  }

  async #provision(claim: PersistentVolumeClaim, storageClass: StorageClass, node: string, { client, signal }: ReconcileContext): Promise<void> {
    const path = await this.#directories.make(volumeNameOf(claim));
    try {
      await client.of(persistentVolumes).create(localVolume(claim, storageClass, node, path), {}, signal);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      // Somebody was quicker: with a directory of another node, or in an earlier life of this process.
      const place = placeOf(await client.of(persistentVolumes).get(volumeNameOf(claim), signal));
      if (place?.node !== node) await this.#directories.remove(path);
    }
  }

  async #grow(claim: PersistentVolumeClaim, volume: PersistentVolume, { client, signal }: ReconcileContext): Promise<void> {
    const place = placeOf(volume);
    const storage = place && this.#nodes().includes(place.node) ? growsTo(claim, volume) : undefined;
    if (storage === undefined) return;
    this.#events.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`);
    const capacity = { ...volume.spec.capacity, storage };
    await client.of(persistentVolumes).patch(volume.metadata.name!, { type: 'merge', body: { spec: { capacity } } }, {}, signal);
    const status = { ...claim.status, capacity: { ...claim.status.capacity, storage } };
    await client
      .of(persistentVolumeClaims)
      .namespace(claim.metadata.namespace!)
      .updateStatus({ ...claim, status }, {}, signal);
    this.#events.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
  }

  async #syncVolume(name: string, { client, signal }: ReconcileContext): Promise<void> {
    const volume = this.#volumes.lister.get(name);
    const place = volume && placeOf(volume);
    if (!volume || !place || !this.#nodes().includes(place.node)) return;
    const step = localVolumeStep(volume);
    if (step === 'none') return;
    if (step === 'delete') {
      await client.of(persistentVolumes).delete(name, { preconditions: { uid: volume.metadata.uid! } }, signal);
      return;
    }
    if (step === 'remove-directory') await this.#directories.remove(place.path);
    const finalizers = (volume.metadata.finalizers ?? []).filter((one) => one !== LOCAL_FINALIZER);
    await client.of(persistentVolumes).update({ ...volume, metadata: { ...volume.metadata, finalizers } }, {}, signal);
  }
}
