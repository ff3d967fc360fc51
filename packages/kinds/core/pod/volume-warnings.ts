/** Warnings about the volumes of a pod. Source: kubernetes `pkg/api/pod/warnings.go`. */
import { at, child } from '#machinery/field-error.ts';
import { claimSpecWarnings } from '../../warnings.ts';
import type { PodSpec } from './schema.ts';
import type { Volume, VolumeProjection } from './volumes.ts';

const DEPRECATED = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

/** Fields are named as upstream's internal type names them. */
const FIELD_NAMES: Readonly<Record<string, string>> = { storageos: 'storageOS' };

/** Kinds of volumes that are gone, claims for fractions of bytes, files over each other. */
export function volumeWarnings(field: string, { volumes = [] }: PodSpec): string[] {
  const sources = volumes.flatMap((volume, index) => {
    const here = at(child(field, 'volumes'), index);
    const gone = Object.entries(DEPRECATED).flatMap(([name, text]) => (volume[name as keyof typeof DEPRECATED] ? [`${child(here, FIELD_NAMES[name] ?? name)}: ${text}`] : []));
    const claim = volume.ephemeral?.volumeClaimTemplate;
    return [...gone, ...(claim ? claimSpecWarnings(child(here, 'ephemeral', 'volumeClaimTemplate', 'spec'), claim.spec) : [])];
  });
  return [...sources, ...volumes.flatMap(overlaps)];
}

interface Mapped {
  readonly path: string;
}

function overlaps({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const volume = `volume ${JSON.stringify(name)}`;
  return [
    ...collisions(pathsOf(configMap?.items), `${volume} (ConfigMap ${JSON.stringify(configMap?.name ?? '')})`),
    ...collisions(pathsOf(secret?.items), `${volume} (Secret ${JSON.stringify(secret?.secretName ?? '')})`),
    ...collisions(pathsOf(downwardAPI?.items), `${volume} (DownwardAPI)`),
    ...projectedOverlaps(volume, projected?.sources ?? []),
  ];
}

const pathsOf = (items: readonly Mapped[] | undefined): string[] => (items ?? []).map(({ path }) => path);

function projectedOverlaps(volume: string, sources: readonly VolumeProjection[]): string[] {
  const all = new Set<string>();
  return sources.flatMap((source) => {
    if (Object.keys(source).length === 0) return [`${volume} (Projected) has no sources provided`];
    const { paths, name } = projection(source);
    if (paths.length === 0) return [];
    const where = `${volume} (Projected ${name})`;
    const found = [...collisions(paths, where), ...collisions([...new Set(paths), ...all].toSorted(), where)];
    for (const path of paths) all.add(path);
    return found;
  });
}

function projection({ configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle }: VolumeProjection): { readonly paths: readonly string[]; readonly name: string } {
  if (configMap?.items) return { paths: pathsOf(configMap.items), name: `ConfigMap ${JSON.stringify(configMap.name ?? '')}` };
  if (secret?.items) return { paths: pathsOf(secret.items), name: `Secret ${JSON.stringify(secret.name ?? '')}` };
  if (downwardAPI?.items) return { paths: pathsOf(downwardAPI.items), name: 'DownwardAPI' };
  if (serviceAccountToken) return { paths: [serviceAccountToken.path], name: 'ServiceAccountToken' };
  if (clusterTrustBundle) return { paths: [clusterTrustBundle.path], name: `ClusterTrustBundle ${JSON.stringify(clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '')}` };
  return { paths: [], name: '' };
}

/** Paths that are the same as, above or below an earlier one. */
function collisions(paths: readonly string[], where: string): string[] {
  const seen = new Set<string>();
  return paths.flatMap((path) => {
    const clean = path.replace(/\/+$/, '');
    const other = clean === '' ? undefined : [...seen].find((one) => one !== '' && (one === clean || `${one}/`.startsWith(clean) || `${clean}/`.startsWith(one)));
    seen.add(clean);
    return other === undefined ? [] : [`${where}: overlapping paths: ${JSON.stringify(clean)} with ${JSON.stringify(other)}`];
  });
}
