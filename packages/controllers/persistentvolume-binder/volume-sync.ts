/**
 * Carries out what a volume needs.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { isReason } from '#machinery/status.ts';
import { withoutComplaint } from './claim-sync.ts';
import { type Notice, reclaimOf, volumeStep, withoutClaim } from './decisions.ts';
import { pluginOf } from './metrics.ts';
import type { BinderParts } from './parts.ts';
import { recyclerVolume, runRecycler } from './recycler.ts';

type Phase = NonNullable<PersistentVolume['status']['phase']>;

/** Syncs volumes. */
export class VolumeSync {
  readonly #parts: BinderParts;

  constructor(parts: BinderParts) {
    this.#parts = parts;
  }

  /** The volume that the pod of this name recycles. */
  recycled(podName: string): string[] {
    const name = recyclerVolume(podName);
    return name === undefined ? [] : [name];
  }

  /** Answers the key of the claim that has to finish the binding, when there is one. */
  async sync(volume: PersistentVolume, context: ReconcileContext): Promise<string | undefined> {
    const { claimRef } = volume.spec;
    const key = `${claimRef?.namespace}/${claimRef?.name}`;
    const claim = claimRef?.uid ? await this.#claimOf(volume, key, context) : undefined;
    const step = volumeStep(volume, claim);
    switch (step.type) {
      case 'phase':
        await this.#setPhase(volume, step.phase, undefined, context);
        return undefined;
      case 'leave-to-claim':
        return key;
      case 'unbind':
        await this.#unbind(volume, context);
        return undefined;
      case 'mode-mismatch':
        this.#tellMismatch(volume, claim!);
        return undefined;
      case 'release':
        await this.#release(volume, context);
        return undefined;
    }
  }

  /** The claim that the volume names. One that the cache does not know is asked for: a volume must not be released by mistake. */
  async #claimOf(volume: PersistentVolume, key: string, { client, signal }: ReconcileContext): Promise<PersistentVolumeClaim | undefined> {
    const cached = this.#parts.claims.get(key);
    const { claimRef } = volume.spec;
    if (cached?.metadata.uid === claimRef?.uid) return cached;
    if (volume.status.phase === 'Released' || volume.status.phase === 'Failed') return undefined;
    try {
      return await client
        .of(persistentVolumeClaims)
        .namespace(claimRef?.namespace ?? '')
        .get(claimRef?.name ?? '', signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #release(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
    const { phase } = volume.status;
    const released = phase === 'Released' || phase === 'Failed' ? volume : await this.#setPhase(volume, 'Released', undefined, context);
    const reclaim = reclaimOf(released);
    switch (reclaim.type) {
      case 'keep':
      case 'external':
        return;
      case 'fail':
        if (reclaim.notice.reason === 'VolumeFailedDelete') this.#parts.metrics.errors?.increment([pluginOf(volume), 'delete']);
        await this.#setPhase(released, 'Failed', reclaim.notice, context);
        return;
      case 'remove':
        if (!released.metadata.deletionTimestamp) await remove(released, context);
        return;
      case 'recycle':
        await this.#recycle(released, context);
    }
  }

  async #recycle(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
    const outcome = await runRecycler(volume, this.#parts.pods.informer, context);
    if (outcome.type === 'running') return;
    if (outcome.type === 'failed') {
      await this.#setPhase(
        volume,
        'Failed',
        { type: 'Warning', reason: 'VolumeFailedRecycle', message: `Recycle failed: ${outcome.message}` },
        context,
      );
      return;
    }
    this.#parts.events.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
    await this.#unbind(volume, context);
  }

  async #unbind(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
    const freed = this.#parts.volumes.wrote(await context.client.of(persistentVolumes).update(withoutClaim(volume), {}, context.signal));
    await this.#setPhase(freed, 'Available', undefined, context);
  }

  #tellMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): void {
    const { events } = this.#parts;
    const [volumeName, claimName] = [JSON.stringify(volume.metadata.name), JSON.stringify(claim.metadata.name)];
    events.event(
      volume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${claimName} due to incompatible volumeMode.`,
    );
    events.event(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolumeClaim to requested PersistentVolume ${volumeName} due to incompatible volumeMode.`,
    );
  }

  /** A notice is given, and kept in the status, when the phase is new. */
  async #setPhase(
    volume: PersistentVolume,
    phase: Phase,
    notice: Notice | undefined,
    { client, signal }: ReconcileContext,
  ): Promise<PersistentVolume> {
    if (volume.status.phase === phase) return volume;
    const status = { ...withoutComplaint(volume), phase, ...(notice ? { message: notice.message } : {}) };
    const written = this.#parts.volumes.wrote(await client.of(persistentVolumes).updateStatus({ ...volume, status }, {}, signal));
    if (notice) this.#parts.events.event(volume, notice.type, notice.reason, notice.message);
    return written;
  }
}

async function remove({ metadata: { name = '', uid } }: PersistentVolume, { client, signal }: ReconcileContext): Promise<void> {
  try {
    await client.of(persistentVolumes).delete(name, uid ? { preconditions: { uid } } : {}, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
