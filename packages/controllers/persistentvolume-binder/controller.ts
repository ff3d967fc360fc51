/**
 * Binds claims and volumes to each other, asks provisioners for volumes that are missing and reclaims volumes whose claims are gone.
 *
 *     claim   Pending ──volume found──> Bound ──volume gone──> Lost
 *     volume  Available ──claim──> Bound ──claim gone──> Released ──policy──> kept | deleted | Available | Failed
 *
 * Keys are `claim/NAMESPACE/NAME` and `volume/NAME`. A binding is written as upstream writes it, so that it can be taken up where it stopped:
 * the volume names the claim, the volume is Bound, the claim names the volume, the claim is Bound.
 *
 * Source: kube-controller-manager `pkg/controller/volume/persistentvolume`.
 */
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { BIND_COMPLETED } from '#kinds/core/persistent-volume/annotations.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { classOf, defaultClassOf, findVolume, waitsForConsumer } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { StorageClass } from '#kinds/storage/storage-class/schema.ts';
import { podsOfClaims } from '../volume-claims/pod-claims.ts';
import type { BinderParts } from './parts.ts';
import { ClaimSync } from './claim-sync.ts';
import { Latest } from './latest.ts';
import { binderMetrics } from './metrics.ts';
import { VolumeSync } from './volume-sync.ts';

const CLAIM = 'claim/';
const VOLUME = 'volume/';

/** `persistentvolume-binder-controller`. */
export const persistentVolumeBinderController: ControllerEntry = {
  name: 'persistentvolume-binder-controller',
  component: 'persistentvolume-controller',
  make: (dependencies) => new PersistentVolumeBinder(dependencies).controller(),
};

const isComplete = ({ metadata }: PersistentVolumeClaim): boolean => metadata.annotations?.[BIND_COMPLETED] !== undefined;
const refKey = ({ spec: { claimRef } }: PersistentVolume): string[] => (claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : []);

class PersistentVolumeBinder {
  readonly #parts: BinderParts;
  readonly #claimInformer: Informer<PersistentVolumeClaim>;
  readonly #volumeInformer: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  /** Pending claims that were told of a free volume and have not looked yet. */
  readonly #told = new Set<string>();

  constructor({ informers, events, metrics }: ControllerDependencies) {
    this.#claimInformer = informers.of(persistentVolumeClaims);
    this.#volumeInformer = informers.of(persistentVolumes);
    this.#classes = informers.of(storageClasses);
    this.#claimInformer.addIndex('pending-class', (claim) => (isComplete(claim) ? [] : [classOf(claim)]));
    this.#claimInformer.addIndex('volume', ({ spec }) => (spec.volumeName ? [spec.volumeName] : []));
    this.#volumeInformer.addIndex('free-class', (volume) => (volume.spec.claimRef ? [] : [classOf(volume)]));
    this.#volumeInformer.addIndex('claim', refKey);
    const volumes = new Latest(this.#volumeInformer);
    const claims = new Latest(this.#claimInformer);
    this.#parts = {
      volumes,
      claims,
      pods: podsOfClaims(informers),
      events,
      metrics: binderMetrics(metrics, this.#volumeInformer, this.#claimInformer),
      binding: new Map(),
      classOf: (name) => this.#classes.lister.get(name),
      defaultClass: () => defaultClassOf(this.#classes.lister.list()),
    };
  }

  controller(): Controller {
    const claimSync = new ClaimSync(this.#parts);
    const volumeSync = new VolumeSync(this.#parts);
    return {
      name: 'claims',
      watches: [
        watch(this.#claimInformer, (claim) => this.#claimChanged(claim)),
        watch(this.#volumeInformer, (volume) => this.#volumeChanged(volume)),
        watch(this.#classes, (storageClass) => this.#classChanged(storageClass)),
        // Recyclers are pods; what they scrub waits for their end.
        watch(this.#parts.pods.informer, ({ metadata }) => volumeSync.recycled(metadata.name ?? '').map((name) => VOLUME + name)),
      ],
      reconcile: async (key, context) => {
        if (key.startsWith(VOLUME)) {
          const poke = await this.#syncVolume(volumeSync, key.slice(VOLUME.length), context);
          if (poke !== undefined) await this.#syncClaim(claimSync, poke, context);
        } else await this.#syncClaim(claimSync, key.slice(CLAIM.length), context);
      },
    };
  }

  async #syncClaim(sync: ClaimSync, key: string, context: ReconcileContext): Promise<void> {
    this.#told.delete(key);
    const claim = this.#parts.claims.get(key);
    if (claim) await sync.sync(claim, context);
  }

  /** Answers the key of a claim that has to go on with the binding. */
  async #syncVolume(sync: VolumeSync, name: string, context: ReconcileContext): Promise<string | undefined> {
    const volume = this.#parts.volumes.get(name);
    return volume && sync.sync(volume, context);
  }

  #claimChanged(claim: PersistentVolumeClaim): string[] {
    const key = objectKey(claim);
    const naming = this.#volumeInformer.lister.byIndex('claim', key).map(({ metadata }) => VOLUME + metadata.name);
    return [CLAIM + key, ...naming, ...(claim.spec.volumeName ? [VOLUME + claim.spec.volumeName] : [])];
  }

  #volumeChanged(volume: PersistentVolume): string[] {
    const name = volume.metadata.name ?? '';
    const naming = this.#claimInformer.lister.byIndex('volume', name).map((claim) => CLAIM + objectKey(claim));
    // A volume that is kept for a claim serves it whatever their classes are.
    if (volume.spec.claimRef && !volume.spec.claimRef.uid) naming.push(...refKey(volume).map((key) => CLAIM + key));
    const isFree = volume.status.phase === 'Available' && !waitsForConsumer(this.#classes.lister.get(classOf(volume)));
    const pending = isFree ? this.#claimInformer.lister.byIndex('pending-class', classOf(volume)) : [];
    if (pending.length === 0) return [VOLUME + name, ...naming];
    // One claim that it serves is enough: were all of them told, many volumes and many claims would be looked at many times.
    const taker = pending.find((claim) => !this.#told.has(objectKey(claim)) && !this.#isBinding(claim) && findVolume(claim, [volume]));
    if (!taker) return [VOLUME + name, ...naming];
    this.#told.add(objectKey(taker));
    return [VOLUME + name, ...naming, CLAIM + objectKey(taker)];
  }

  #isBinding(claim: PersistentVolumeClaim): boolean {
    return Boolean(this.#parts.claims.get(objectKey(claim))?.spec.volumeName);
  }

  #classChanged(storageClass: StorageClass): string[] {
    const { byIndex } = this.#claimInformer.lister;
    const of = (name: string): readonly PersistentVolumeClaim[] => byIndex.call(this.#claimInformer.lister, 'pending-class', name);
    const without = defaultClassOf([storageClass]) ? of('').filter(({ spec }) => spec.storageClassName === undefined) : [];
    return [...of(storageClass.metadata.name ?? ''), ...without].map((claim) => CLAIM + objectKey(claim));
  }
}
