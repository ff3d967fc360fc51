/**
 * NodeVolumeLimits: a node takes no more volumes of a CSI driver than the driver said it can attach there.
 *
 * Source: the documented behaviour of the plugin; kubernetes `scheduler/framework/plugins/nodevolumelimits`.
 */
import type { InformerFactory } from '#client/informer.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { classOf } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { claimNameOf } from '#kinds/core/pod/claims.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { csiNodes } from '#kinds/storage/csi-node/kind.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import type { Plugin, Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PluginHandle } from './registry.ts';
import { concernsPod } from './volume-view.ts';

const EXCEEDED: Rejection = { reasons: ['node(s) exceed max volume count'], resolvable: true };

/** Volumes with the driver that attaches each: `driver/handle` of known ones, the claim's key of those to be made. */
type DriverVolumes = ReadonlyMap<string, string>;

const BY_NODE = 'scheduler-node';

/** Finds the CSI volumes of pods and nodes. */
class CsiVolumes {
  readonly #claims;
  readonly #volumes;
  readonly #classes;
  readonly #attachments;
  readonly #csiNodes;

  constructor(informers: InformerFactory) {
    this.#claims = informers.of(persistentVolumeClaims).lister;
    this.#volumes = informers.of(persistentVolumes).lister;
    this.#classes = informers.of(storageClasses).lister;
    this.#csiNodes = informers.of(csiNodes).lister;
    const attachments = informers.of(volumeAttachments);
    attachments.addIndex(BY_NODE, ({ spec }) => [spec.nodeName]);
    this.#attachments = attachments.lister;
  }

  /** The most volumes of each driver on the node. */
  limits(node: string): ReadonlyMap<string, number> {
    const drivers = this.#csiNodes.get(node)?.spec.drivers ?? [];
    return new Map(drivers.flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count]])));
  }

  /**
   * Whether even all volumes of the node's pods together with the wanted ones are within every limit that concerns the wanted: the usual case, told without
   * looking any volume up.
   */
  surelyFit(wanted: DriverVolumes, node: NodeInfo): boolean {
    let least = Number.POSITIVE_INFINITY;
    for (const { name, allocatable } of this.#csiNodes.get(node.name)?.spec.drivers ?? []) {
      if (allocatable?.count === undefined || allocatable.count >= least) continue;
      for (const driver of wanted.values()) if (driver === name) least = allocatable.count;
    }
    if (least === Number.POSITIVE_INFINITY) return true;
    return wanted.size + node.claimVolumes + this.#attachments.byIndex(BY_NODE, node.name).length <= least;
  }

  addPod(pod: Pod, into: Map<string, string>): void {
    for (const volume of pod.spec.volumes ?? []) {
      const name = claimNameOf(pod, volume);
      if (name === undefined) continue;
      const key = `${pod.metadata.namespace}/${name}`;
      const claim = this.#claims.get(key);
      if (!claim) continue;
      const known = this.#volumes.get(claim.spec.volumeName ?? '');
      if (known) addVolume(known, into);
      // A volume that is still to be made counts for the driver that will make it.
      else into.set(key, this.#classes.get(classOf(claim))?.provisioner ?? '');
    }
  }

  addAttached(node: string, into: Map<string, string>): void {
    for (const { spec } of this.#attachments.byIndex(BY_NODE, node)) {
      const volume = this.#volumes.get(spec.source.persistentVolumeName ?? '');
      if (volume) addVolume(volume, into);
    }
  }
}

function addVolume({ spec }: PersistentVolume, into: Map<string, string>): void {
  if (spec.csi) into.set(`${spec.csi.driver}/${spec.csi.volumeHandle}`, spec.csi.driver);
}

/** Whether the pod's volumes that the node does not have yet are too many for one of the drivers. */
export function exceeds(wanted: DriverVolumes, present: DriverVolumes, limits: ReadonlyMap<string, number>): boolean {
  const added = new Map<string, number>();
  for (const [volume, driver] of wanted) if (!present.has(volume)) added.set(driver, (added.get(driver) ?? 0) + 1);
  for (const [driver, count] of added) {
    const limit = limits.get(driver);
    if (limit === undefined) continue;
    let used = 0;
    for (const of of present.values()) if (of === driver) used++;
    if (used + count > limit) return true;
  }
  return false;
}

/** Makes the plugin. */
export function nodeVolumeLimits({ informers }: Pick<PluginHandle, 'informers'>): Plugin<DriverVolumes> {
  const csi = new CsiVolumes(informers);
  return {
    name: 'NodeVolumeLimits',
    events: [
      { on: ['CSINodeAdd', 'CSINodeUpdate', 'AssignedPodDelete', 'VolumeAttachmentDelete'] },
      { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'], helps: concernsPod },
    ],
    preFilter({ pod }) {
      if (!pod.spec.volumes) return { type: 'skip' };
      const wanted = new Map<string, string>();
      csi.addPod(pod, wanted);
      return wanted.size === 0 ? { type: 'skip' } : { type: 'state', state: wanted };
    },
    filter(_pod, node: NodeInfo, wanted) {
      if (csi.surelyFit(wanted, node)) return undefined;
      const limits = csi.limits(node.name);
      const present = new Map<string, string>();
      for (const { pod } of node.pods.values()) csi.addPod(pod, present);
      csi.addAttached(node.name, present);
      return exceeds(wanted, present, limits) ? EXCEEDED : undefined;
    },
  };
}
