/**
 * Carries out what a claim needs.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import { objectKey } from '#client/object-key.ts';
import { BETA_STORAGE_PROVISIONER, STORAGE_PROVISIONER } from '#kinds/core/persistent-volume/annotations.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { classOf } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { isReason } from '#machinery/status.ts';
import { type ClaimStep, claimStep, type Notice, statusOf, withClaim, withVolume } from './decisions.ts';
import type { BinderParts } from './parts.ts';

/** Syncs claims. */
export class ClaimSync {
  readonly #parts: BinderParts;

  constructor(parts: BinderParts) {
    this.#parts = parts;
  }

  async sync(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
    const step = await this.#step(claim, context);
    switch (step.type) {
      case 'bind':
        return this.#bind(claim, step.volume, context);
      case 'take-class':
        return this.#takeClass(claim, step.name, context);
      case 'provision':
        return this.#askFor(claim, step.provisioner, context);
      case 'wait':
        this.#tell(claim, this.#waitingNotice(claim));
        await this.#setPhase(claim, 'Pending', undefined, context);
        return;
      case 'pending':
        if (step.notice) this.#tell(claim, step.notice);
        await this.#setPhase(claim, 'Pending', undefined, context);
        return;
      case 'lost':
        if (await this.#setPhase(claim, 'Lost', undefined, context)) this.#tell(claim, step.notice);
    }
  }

  async #takeClass(claim: PersistentVolumeClaim, name: string, context: ReconcileContext): Promise<void> {
    const { classes, classErrors } = this.#parts.metrics;
    classes?.increment();
    try {
      await this.#update({ ...claim, spec: { ...claim.spec, storageClassName: name } }, context);
    } catch (error) {
      classErrors?.increment();
      throw error;
    }
  }

  async #step(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<ClaimStep> {
    const { volumes, binding, classOf: classNamed, defaultClass } = this.#parts;
    const key = objectKey(claim);
    const className = classOf(claim);
    const ofClass = volumes.byIndex('free-class', className);
    const naming = volumes.byIndex('claim', key);
    const excluded = new Set([...binding].filter(([, by]) => by !== key).map(([name]) => name));
    const view = {
      named: volumes.get(claim.spec.volumeName ?? ''),
      candidates: [...naming, ...ofClass],
      excluded,
      storageClass: classNamed(className),
      defaultClass: defaultClass(),
    };
    const step = claimStep(claim, view);
    if (step.type !== 'lost' || view.named) return step;
    // A claim is given up only when the server, too, knows no such volume.
    const named = await volumeAtServer(claim.spec.volumeName, context);
    return named ? claimStep(claim, { ...view, named }) : step;
  }

  async #bind(claim: PersistentVolumeClaim, volume: PersistentVolume, context: ReconcileContext): Promise<void> {
    const { binding, volumes } = this.#parts;
    const name = volume.metadata.name ?? '';
    binding.set(name, objectKey(claim));
    try {
      const api = context.client.of(persistentVolumes);
      const named = withClaim(volume, claim);
      let current = named === volume ? volume : volumes.wrote(await api.update(named, {}, context.signal));
      if (current.status.phase !== 'Bound') {
        current = volumes.wrote(await api.updateStatus({ ...current, status: { ...withoutComplaint(current), phase: 'Bound' } }, {}, context.signal));
      }
      const naming = withVolume(claim, current);
      const updated = naming === claim ? claim : await this.#update(naming, context);
      await this.#setPhase(updated, 'Bound', current, context);
    } finally {
      binding.delete(name);
    }
  }

  async #askFor(claim: PersistentVolumeClaim, provisioner: string, context: ReconcileContext): Promise<void> {
    const { annotations = {} } = claim.metadata;
    if (annotations[STORAGE_PROVISIONER] !== provisioner) {
      const asked = { ...annotations, [STORAGE_PROVISIONER]: provisioner, [BETA_STORAGE_PROVISIONER]: provisioner };
      await this.#update({ ...claim, metadata: { ...claim.metadata, annotations: asked } }, context);
    }
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    this.#tell(claim, { type: 'Normal', reason: 'ExternalProvisioning', message });
  }

  /** Whom the claim waits for. */
  #waitingNotice(claim: PersistentVolumeClaim): Notice {
    const waiting = this.#parts.pods
      .of(objectKey(claim))
      .filter(
        ({ spec, status, metadata }) => !spec.nodeName && !metadata.deletionTimestamp && status.phase !== 'Succeeded' && status.phase !== 'Failed',
      )
      .map(({ metadata }) => metadata.name);
    if (waiting.length === 0)
      return { type: 'Normal', reason: 'WaitForFirstConsumer', message: 'waiting for first consumer to be created before binding' };
    const message = `waiting for ${waiting.length > 1 ? 'pods' : 'pod'} ${waiting.join(',')} to be scheduled`;
    return { type: 'Normal', reason: 'WaitForPodScheduled', message };
  }

  #tell(claim: PersistentVolumeClaim, { type, reason, message }: Notice): void {
    this.#parts.events.event(claim, type, reason, message);
  }

  async #update(claim: PersistentVolumeClaim, { client, signal }: ReconcileContext): Promise<PersistentVolumeClaim> {
    return this.#parts.claims.wrote(
      await client
        .of(persistentVolumeClaims)
        .namespace(claim.metadata.namespace ?? '')
        .update(claim, {}, signal),
    );
  }

  /** Answers whether anything changed. */
  async #setPhase(
    claim: PersistentVolumeClaim,
    phase: 'Pending' | 'Bound' | 'Lost',
    volume: PersistentVolume | undefined,
    { client, signal }: ReconcileContext,
  ): Promise<boolean> {
    const status = statusOf(claim, phase, volume);
    if (status === claim.status) return false;
    const api = client.of(persistentVolumeClaims).namespace(claim.metadata.namespace ?? '');
    this.#parts.claims.wrote(await api.updateStatus({ ...claim, status }, {}, signal));
    return true;
  }
}

/** A volume's status without the reason for an earlier failure. */
export function withoutComplaint({ status }: PersistentVolume): PersistentVolume['status'] {
  const { message: _message, reason: _reason, ...rest } = status;
  return rest;
}

async function volumeAtServer(name: string | undefined, { client, signal }: ReconcileContext): Promise<PersistentVolume | undefined> {
  if (!name) return undefined;
  try {
    return await client.of(persistentVolumes).get(name, signal);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
