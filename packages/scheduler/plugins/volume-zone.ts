/**
 * VolumeZone: a pod runs in the zone and region that the labels of its volumes name.
 *
 * Source: the documented behaviour of the plugin; kubernetes `scheduler/framework/plugins/volumezone`.
 */
import type { InformerFactory } from '#client/informer.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';
import type { Plugin, Rejection } from '../framework.ts';
import type { PluginHandle } from './registry.ts';
import { concernsPod } from './volume-view.ts';

const CONFLICT: Rejection = { reasons: ['node(s) had no available volume zone'], resolvable: false };

/** Labels by which volumes are tied to places, with what each is called nowadays. */
const TOPOLOGY: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
};
/** Separates several values in one label of a volume. */
const SEPARATOR = '__';

/** A label that nodes must have, with one of the values. */
interface Place {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

/** The places to which a volume's labels tie it. */
export function placesOf({ metadata }: PersistentVolume): Place[] {
  return Object.keys(TOPOLOGY).flatMap((key) => {
    const text = metadata.labels?.[key];
    return text === undefined ? [] : [{ key, values: new Set(text.split(SEPARATOR).map((value) => value.trim())) }];
  });
}

/** Whether the node lies in all the places; a node that names no place at all is no cloud's, and fits. */
export function liesIn({ metadata }: Node, places: readonly Place[]): boolean {
  const labels = metadata.labels ?? {};
  if (!Object.keys(TOPOLOGY).some((key) => labels[key] !== undefined)) return true;
  return places.every(({ key, values }) => {
    const value = labels[key] ?? labels[TOPOLOGY[key]!];
    return value !== undefined && values.has(value);
  });
}

/** Makes the plugin. */
export function volumeZone({ informers }: Pick<PluginHandle, 'informers'>): Plugin<readonly Place[]> {
  const lookUp = volumesOf(informers);
  return {
    name: 'VolumeZone',
    events: [
      { on: ['StorageClassAdd', 'PersistentVolumeAdd', 'PersistentVolumeUpdate', 'NodeAdd', 'NodeLabels'] },
      { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'], helps: concernsPod },
    ],
    preFilter({ pod }) {
      if (!pod.spec.volumes) return { type: 'skip' };
      const places = claimNamesOf(pod).flatMap((name) => {
        const volume = lookUp(`${pod.metadata.namespace}/${name}`);
        return volume ? placesOf(volume) : [];
      });
      return places.length === 0 ? { type: 'skip' } : { type: 'state', state: places };
    },
    filter: (_pod, { node }, places) => (liesIn(node, places) ? undefined : CONFLICT),
  };
}

/** The volume of a claim by its key; claims without one are VolumeBinding's affair. */
function volumesOf(informers: InformerFactory): (claimKey: string) => PersistentVolume | undefined {
  const claims = informers.of(persistentVolumeClaims).lister;
  const volumes = informers.of(persistentVolumes).lister;
  return (key) => volumes.get(claims.get(key)?.spec.volumeName ?? '');
}
