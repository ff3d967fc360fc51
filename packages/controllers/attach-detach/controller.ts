/**
 * Attaches CSI volumes to the nodes whose pods need them, and detaches them afterwards: a VolumeAttachment is the request, the driver's attacher
 * fulfils it, `node.status.volumesAttached` tells the kubelet.
 *
 *     pod on node ──> VolumeAttachment ──attached──> node.status.volumesAttached ──> kubelet mounts, says volumesInUse
 *     pod ended, volume no longer in use ──> volumesAttached without it ──> VolumeAttachment deleted
 *
 * Source: kube-controller-manager `pkg/controller/volume/attachdetach`.
 */
import type { Counter } from '#base/metrics.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import type { VolumeAttachment } from '#kinds/storage/volume-attachment/schema.ts';
import { isReason } from '#machinery/status.ts';
import { podsOfClaims, type PodsOfClaims } from '../volume-claims/pod-claims.ts';
import { attachmentName, detachStep, isAttached, isExclusive, multiAttachText, needsVolumes, uniqueVolumeName } from './attachments.ts';
import { pluginOf } from '../persistentvolume-binder/metrics.ts';
import { attachMetrics, countPlugins } from './metrics.ts';

/** `persistentvolume-attach-detach-controller`. */
export const attachDetachController: ControllerEntry = {
  name: 'persistentvolume-attach-detach-controller',
  component: 'attachdetach-controller',
  make: (dependencies) => new AttachDetach(dependencies).controller(),
};

const BY_NODE = 'node';
const BY_VOLUME = 'volume';

/** What is remembered of a node from one look to the next. */
interface Memory {
  /** Attachments that no pod needs, and since when (monotonic). */
  readonly unneeded: Map<string, number>;
  /** Of attachments that failed or are refused: what was said, so that it is said once. */
  readonly told: Map<string, string>;
}

interface Wanted {
  readonly volume: PersistentVolume;
  readonly pods: readonly Pod[];
}

class AttachDetach {
  readonly #events: ControllerDependencies['events'];
  readonly #pods: PodsOfClaims;
  readonly #nodes: Informer<Node>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #drivers: Informer<CSIDriver>;
  readonly #attachments: Informer<VolumeAttachment>;
  /** By node; only nodes with anything to remember. */
  readonly #memory = new Map<string, Memory>();

  readonly #forced: Counter | undefined;

  constructor({ informers, events, metrics }: ControllerDependencies) {
    this.#events = events;
    this.#pods = podsOfClaims(informers);
    this.#nodes = informers.of(nodes);
    this.#claims = informers.of(persistentVolumeClaims);
    this.#volumes = informers.of(persistentVolumes);
    this.#drivers = informers.of(csiDrivers);
    this.#attachments = informers.of(volumeAttachments);
    this.#forced = attachMetrics(metrics, () => countPlugins(this.#inUse()), () => countPlugins(this.#byState()));
    this.#pods.informer.addIndex(BY_NODE, ({ spec }) => (spec.nodeName && spec.volumes ? [spec.nodeName] : []));
    this.#attachments.addIndex(BY_NODE, ({ spec }) => [spec.nodeName]);
    this.#attachments.addIndex(BY_VOLUME, ({ spec }) => (spec.source.persistentVolumeName ? [spec.source.persistentVolumeName] : []));
  }

  controller(): Controller {
    return {
      name: 'attach_detach',
      watches: [
        watch(this.#pods.informer, (pod) => (pod.spec.nodeName && this.#usesCsi(pod) ? [pod.spec.nodeName] : [])),
        // Nodes that hold nothing have nothing to release.
        watch(this.#nodes, ({ metadata: { name = '' } }) => (this.#attachments.lister.byIndex(BY_NODE, name).length > 0 ? [name] : [])),
        watch(this.#claims, (claim) => (this.#isCsi(claim) ? this.#nodesUsing(objectKey(claim)) : [])),
        watch(this.#volumes, (volume) => (volume.spec.csi ? this.#nodesOf(volume) : [])),
        watch(this.#drivers, () => []),
        watch(this.#attachments, (attachment) => this.#nodesConcerned(attachment)),
      ],
      reconcile: (node, context) => this.#reconcile(node, context),
    };
  }

  #isCsi(claim: PersistentVolumeClaim | undefined): boolean {
    return this.#volumes.lister.get(claim?.spec.volumeName ?? '')?.spec.csi !== undefined;
  }

  #usesCsi(pod: Pod): boolean {
    return claimNamesOf(pod).some((name) => this.#isCsi(this.#claims.lister.get(`${pod.metadata.namespace}/${name}`)));
  }

  #nodesUsing(claimKey: string): string[] {
    return this.#pods.of(claimKey).flatMap(({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
  }

  #nodesOf({ spec: { claimRef } }: PersistentVolume): string[] {
    return claimRef ? this.#nodesUsing(`${claimRef.namespace}/${claimRef.name}`) : [];
  }

  /** Its own node, and those that wait for the volume. */
  #nodesConcerned({ spec }: VolumeAttachment): string[] {
    const volume = this.#volumes.lister.get(spec.source.persistentVolumeName ?? '');
    return [spec.nodeName, ...(volume ? this.#nodesOf(volume) : [])];
  }

  async #reconcile(name: string, context: ReconcileContext): Promise<ReconcileAgain | undefined> {
    const node = this.#nodes.lister.get(name);
    const wanted = this.#wantedOn(name);
    const present = this.#attachments.lister.byIndex(BY_NODE, name);
    const superfluous = present.filter(
      (attachment) => !wanted.has(attachment.spec.source.persistentVolumeName ?? '') && attachment.metadata.name?.startsWith('csi-'),
    );
    const before = this.#memory.get(name);
    const memory: Memory = { unneeded: new Map(), told: new Map() };
    const nowMs = context.clock.monotonicMs();
    for (const { metadata } of superfluous) memory.unneeded.set(metadata.name ?? '', before?.unneeded.get(metadata.name ?? '') ?? nowMs);
    this.#memory.set(name, memory);
    const [detach, againMs] = this.#dueForDetach(superfluous, node, (attachment) => nowMs - memory.unneeded.get(attachment)!);
    const remaining = present.filter((one) => !detach.includes(one));
    if (node) await this.#report(node, wanted, remaining, context);
    for (const attachment of detach) await this.#detach(attachment, context);
    for (const one of wanted.values()) {
      const problem = await this.#attach(one, name, context);
      if (problem === undefined) continue;
      const attachment = attachmentName(one.volume, name);
      memory.told.set(attachment, problem);
      if (before?.told.get(attachment) !== problem) for (const pod of one.pods) this.#events.event(pod, 'Warning', 'FailedAttachVolume', problem);
    }
    if (memory.unneeded.size === 0 && memory.told.size === 0) this.#memory.delete(name);
    return againMs === undefined ? undefined : { afterMs: againMs };
  }

  /** The attachable volumes that pods on the node need, by name. */
  #wantedOn(node: string): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const pod of this.#pods.informer.lister.byIndex(BY_NODE, node)) {
      if (!needsVolumes(pod)) continue;
      for (const claimName of claimNamesOf(pod)) {
        const claim = this.#claims.lister.get(`${pod.metadata.namespace}/${claimName}`);
        const volume = this.#volumes.lister.get(claim?.spec.volumeName ?? '');
        if (!volume?.spec.csi || claim?.status.phase !== 'Bound' || volume.spec.claimRef?.uid !== claim.metadata.uid) continue;
        if (this.#drivers.lister.get(volume.spec.csi.driver)?.spec.attachRequired === false) continue;
        const name = volume.metadata.name ?? '';
        wanted.set(name, { volume, pods: [...(wanted.get(name)?.pods ?? []), pod] });
      }
    }
    return wanted;
  }

  /** The CSI volumes of every pod that has a node. */
  *#inUse(): Generator<readonly [string, string]> {
    for (const pod of this.#pods.informer.lister.list()) {
      for (const name of pod.spec.nodeName ? claimNamesOf(pod) : []) {
        const volume = this.#volumes.lister.get(this.#claims.lister.get(`${pod.metadata.namespace}/${name}`)?.spec.volumeName ?? '');
        if (volume?.spec.csi) yield [pod.spec.nodeName ?? '', pluginOf(volume)];
      }
    }
  }

  *#byState(): Generator<readonly [string, string]> {
    const busy = new Set(this.#pods.informer.lister.list().flatMap(({ spec }) => (spec.nodeName ? [spec.nodeName] : [])));
    for (const node of busy) for (const { volume } of this.#wantedOn(node).values()) yield ['desired_state_of_world', pluginOf(volume)];
    for (const attachment of this.#attachments.lister.list()) {
      const volume = this.#volumes.lister.get(attachment.spec.source.persistentVolumeName ?? '');
      if (volume && isAttached(attachment)) yield ['actual_state_of_world', pluginOf(volume)];
    }
  }

  #dueForDetach(
    superfluous: readonly VolumeAttachment[],
    node: Node | undefined,
    unneededMs: (attachment: string) => number,
  ): [VolumeAttachment[], number | undefined] {
    const due: VolumeAttachment[] = [];
    let againMs: number | undefined;
    for (const attachment of superfluous) {
      const volume = this.#volumes.lister.get(attachment.spec.source.persistentVolumeName ?? '');
      const step = detachStep(node, volume ? uniqueVolumeName(volume) : '', unneededMs(attachment.metadata.name ?? ''));
      if (step.type === 'detach') {
        due.push(attachment);
        if (step.forced && !attachment.metadata.deletionTimestamp) this.#forced?.increment([step.forced]);
      } else if (step.ms !== undefined) againMs = Math.min(againMs ?? step.ms, step.ms);
    }
    return [due, againMs];
  }

  async #detach({ metadata: { name = '', uid, deletionTimestamp } }: VolumeAttachment, { client, signal }: ReconcileContext): Promise<void> {
    if (deletionTimestamp) return;
    try {
      await client.of(volumeAttachments).delete(name, uid ? { preconditions: { uid } } : {}, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  /** Asks for the attachment; answers why the volume cannot be had. */
  async #attach({ volume, pods }: Wanted, node: string, { client, signal }: ReconcileContext): Promise<string | undefined> {
    const name = attachmentName(volume, node);
    const volumeName = volume.metadata.name ?? '';
    const known = this.#attachments.lister.get(name);
    if (known) {
      const { attachError } = known.status;
      return attachError && !known.status.attached
        ? `AttachVolume.Attach failed for volume ${JSON.stringify(volumeName)} : ${attachError.message}`
        : undefined;
    }
    const elsewhere = this.#attachments.lister.byIndex(BY_VOLUME, volumeName).filter(({ spec }) => spec.nodeName !== node);
    if (elsewhere.length > 0 && isExclusive(volume)) {
      const others = this.#usersOf(volume).filter(({ spec }) => elsewhere.some((one) => one.spec.nodeName === spec.nodeName));
      return multiAttachText(volumeName, others, pods[0]?.metadata.namespace ?? '');
    }
    const spec = { attacher: volume.spec.csi!.driver, source: { persistentVolumeName: volumeName }, nodeName: node };
    try {
      await client.of(volumeAttachments).create({ metadata: { name }, spec }, {}, signal);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
    return undefined;
  }

  #usersOf({ spec: { claimRef } }: PersistentVolume): readonly Pod[] {
    return claimRef ? this.#pods.of(`${claimRef.namespace}/${claimRef.name}`) : [];
  }

  /** Brings `volumesAttached` in step, telling pods of volumes that are new in it. */
  async #report(
    node: Node,
    wanted: ReadonlyMap<string, Wanted>,
    present: readonly VolumeAttachment[],
    { client, signal }: ReconcileContext,
  ): Promise<void> {
    const reported = node.status.volumesAttached ?? [];
    const attached = new Map<string, string>();
    for (const attachment of present.filter(isAttached)) {
      const volume = this.#volumes.lister.get(attachment.spec.source.persistentVolumeName ?? '');
      if (volume?.spec.csi) attached.set(uniqueVolumeName(volume), volume.metadata.name ?? '');
    }
    const names = [...attached.keys()].toSorted();
    if (String(names) === String(reported.map(({ name }) => name).toSorted())) return;
    const body = { status: { volumesAttached: names.map((name) => ({ name, devicePath: '' })) } };
    await client.of(nodes).patch(node.metadata.name ?? '', { type: 'merge', body, subresource: 'status' }, {}, signal);
    for (const [unique, name] of attached) {
      if (reported.some((one) => one.name === unique)) continue;
      for (const pod of wanted.get(name)?.pods ?? [])
        this.#events.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume ${JSON.stringify(name)} `);
    }
  }
}
