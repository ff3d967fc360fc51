/** What a client is told about a volume that is accepted but out of date. Source: kubernetes `pkg/api/persistentvolume/util.go`. */
import { at, child } from '#machinery/field-error.ts';
import { nodeTermWarnings } from '../../warnings.ts';
import type { PersistentVolume } from './schema.ts';

const ANNOTATIONS: Readonly<Record<string, string>> = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
};

/** Sources that are gone, by their fields and the names under which they are reported. */
const SOURCES = {
  photonPersistentDisk: 'photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'scaleIO: deprecated in v1.16, non-functional in v1.22+',
  storageos: 'storageOS: deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'glusterfs: deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'cephfs: deprecated in v1.28, non-functional in v1.31+',
  rbd: 'rbd: deprecated in v1.28, non-functional in v1.31+',
} as const;

/** Deprecated annotations, labels, policies and sources. */
export function persistentVolumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...terms.flatMap((term, index) => nodeTermWarnings(at(child('spec', 'nodeAffinity', 'required', 'nodeSelectorTerms'), index), term)),
    ...annotationWarnings(metadata.annotations),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.']
      : []),
    ...Object.entries(SOURCES).flatMap(([name, text]) => (spec[name as keyof typeof SOURCES] ? [child('spec', text)] : [])),
  ];
}

/** Annotations whose place a field has taken. */
function annotationWarnings(annotations: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(ANNOTATIONS).flatMap(([key, text]) => (key in annotations ? [`${at('metadata.annotations', key)}: ${text}`] : []));
}
