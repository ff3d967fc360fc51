/**
 * VolumeRestrictions: a claim with access mode ReadWriteOncePod serves one pod of the whole cluster, a disk that only one node may write to one pod
 * of the node.
 *
 * Source: the documented behaviour of the plugin; kubernetes `scheduler/framework/plugins/volumerestrictions`.
 */
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';
import type { SchedulerCache } from '../cache.ts';
import type { Plugin, Rejection } from '../framework.ts';
import type { PluginHandle } from './registry.ts';
import { concernsPod } from './volume-view.ts';

const DISK_CONFLICT: Rejection = { reasons: ['node(s) had no available disk'], resolvable: true };
const EXCLUSIVE_CONFLICT: Rejection = {
  reasons: ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  resolvable: true,
};

/** What one cycle knows. */
interface RestrictionState {
  /** Keys of the pod's ReadWriteOncePod claims. */
  readonly exclusive: ReadonlySet<string>;
  /** How often other pods use them. */
  readonly uses: number;
  /** The pod's volumes that are disks. */
  readonly disks: readonly Volume[];
}

/** Whether the volume is a disk that two pods of a node may not both write to. */
export const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean =>
  Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi);

/** Whether two volumes are the same disk and one of them is written to. */
export function disksConflict(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk)
    return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !(a.gcePersistentDisk.readOnly && b.gcePersistentDisk.readOnly);
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly);
  if (!a.rbd || !b.rbd) return false;
  const [x, y] = [a.rbd, b.rbd];
  return x.monitors.some((one) => y.monitors.includes(one)) && x.pool === y.pool && x.image === y.image && !(x.readOnly && y.readOnly);
}

const usesOf = (pod: Pod, exclusive: ReadonlySet<string>): number =>
  claimNamesOf(pod).filter((name) => exclusive.has(`${pod.metadata.namespace}/${name}`)).length;

/** Looks at every pod of the cluster: asked only for pods with such claims, which are few. */
function countUses(cache: SchedulerCache, exclusive: ReadonlySet<string>): number {
  let uses = 0;
  for (const node of cache.nodes) for (const { pod } of node.pods.values()) if (pod.spec.volumes) uses += usesOf(pod, exclusive);
  return uses;
}

/** Makes the plugin. */
export function volumeRestrictions({ informers }: Pick<PluginHandle, 'informers'>): Plugin<RestrictionState> {
  const claims = informers.of(persistentVolumeClaims).lister;
  return {
    name: 'VolumeRestrictions',
    events: [{ on: ['AssignedPodDelete', 'NodeAdd'] }, { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'], helps: concernsPod }],
    preFilter({ pod }, { cache }) {
      if (!pod.spec.volumes) return { type: 'skip' };
      const exclusive = new Set<string>();
      for (const name of claimNamesOf(pod)) {
        const key = `${pod.metadata.namespace}/${name}`;
        if (claims.get(key)?.spec.accessModes?.includes('ReadWriteOncePod')) exclusive.add(key);
      }
      const disks = pod.spec.volumes.filter(isDisk);
      if (exclusive.size === 0 && disks.length === 0) return { type: 'skip' };
      return { type: 'state', state: { exclusive, uses: exclusive.size > 0 ? countUses(cache, exclusive) : 0, disks } };
    },
    filter(_pod, node, { disks, uses }) {
      if (disks.length > 0) {
        for (const { pod } of node.pods.values()) {
          for (const theirs of pod.spec.volumes ?? []) if (isDisk(theirs) && disks.some((disk) => disksConflict(disk, theirs))) return DISK_CONFLICT;
        }
      }
      return uses > 0 ? EXCLUSIVE_CONFLICT : undefined;
    },
    shift: (state, _pod, other, _node, sign) => ({ ...state, uses: state.uses + sign * usesOf(other.pod, state.exclusive) }),
  };
}
