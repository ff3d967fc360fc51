/**
 * The volumes of a pod.
 */
import { listAt, textAt, valueAt } from '../objects.ts';
import type { DescribeWriter } from './writer.ts';

type Part = Readonly<Record<string, unknown>>;
type VolumeDescriber = (writer: DescribeWriter, source: Part) => void;

const optional = (source: unknown): string => String(valueAt(source, 'optional') === true);

/** What each type is, and which of its facts are shown. */
const TYPES: Readonly<Record<string, readonly [string, VolumeDescriber]>> = {
  hostPath: ['HostPath (bare host directory volume)', (writer, source) => facts(writer, [['Path', textAt(source, 'path')], ['HostPathType', textAt(source, 'type')]])],
  emptyDir: ["EmptyDir (a temporary directory that shares a pod's lifetime)", (writer, source) => facts(writer, [['Medium', textAt(source, 'medium')], ['SizeLimit', textAt(source, 'sizeLimit') || '<unset>']])],
  secret: ['Secret (a volume populated by a Secret)', (writer, source) => facts(writer, [['SecretName', textAt(source, 'secretName')], ['Optional', optional(source)]])],
  configMap: ['ConfigMap (a volume populated by a ConfigMap)', (writer, source) => facts(writer, [['Name', textAt(source, 'name')], ['Optional', optional(source)]])],
  downwardAPI: ['DownwardAPI (a volume populated by information about the pod)', downwardApi],
  projected: ['Projected (a volume that contains injected data from multiple sources)', projected],
  persistentVolumeClaim: [
    'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    (writer, source) => facts(writer, [['ClaimName', textAt(source, 'claimName')], ['ReadOnly', String(source['readOnly'] === true)]]),
  ],
  nfs: ['NFS (an NFS mount that lasts the lifetime of a pod)', (writer, source) => facts(writer, [['Server', textAt(source, 'server')], ['Path', textAt(source, 'path')], ['ReadOnly', String(source['readOnly'] === true)]])],
  csi: [
    'CSI (a Container Storage Interface (CSI) volume source)',
    (writer, source) => facts(writer, [['Driver', textAt(source, 'driver')], ['FSType', textAt(source, 'fsType')], ['ReadOnly', String(source['readOnly'] === true)]]),
  ],
  image: ['Image (a container image or OCI artifact)', (writer, source) => facts(writer, [['Reference', textAt(source, 'reference')], ['PullPolicy', textAt(source, 'pullPolicy')]])],
};

function facts(writer: DescribeWriter, rows: readonly (readonly [string, string])[]): void {
  for (const [name, value] of rows) writer.field(name, value);
}

function downwardApi(writer: DescribeWriter, source: Part): void {
  writer.section('Items', () => {
    for (const item of listAt(source, 'items')) writer.line(`${textAt(item, 'fieldRef', 'fieldPath') || textAt(item, 'resourceFieldRef', 'resource')} -> ${textAt(item, 'path')}`);
  });
}

function projected(writer: DescribeWriter, source: Part): void {
  for (const one of listAt(source, 'sources')) {
    if (one['secret']) facts(writer, [['SecretName', textAt(one, 'secret', 'name')], ['Optional', optional(one['secret'])]]);
    else if (one['downwardAPI']) writer.field('DownwardAPI', 'true');
    else if (one['configMap']) facts(writer, [['ConfigMapName', textAt(one, 'configMap', 'name')], ['Optional', optional(one['configMap'])]]);
    else if (one['serviceAccountToken']) writer.field('TokenExpirationSeconds', textAt(one, 'serviceAccountToken', 'expirationSeconds'));
  }
}

/** Writes the volumes of a pod spec; names stand `nameIndent` in. */
export function describeVolumes(writer: DescribeWriter, spec: unknown, nameIndent: string): void {
  const volumes = listAt(spec, 'volumes');
  if (volumes.length === 0) {
    writer.field('Volumes', '<none>');
    return;
  }
  writer.line('Volumes:');
  writer.indented(() => {
    for (const volume of volumes) {
      writer.line(`${textAt(volume, 'name')}:`);
      const [type = '', source = {}] = Object.entries(volume).find(([key]) => key !== 'name') ?? [];
      const [text, more] = TYPES[type] ?? [];
      writer.indented(() => {
        if (!text) writer.line('<unknown>');
        else {
          writer.field('Type', text);
          more!(writer, source as Part);
        }
      }, nameIndent);
    }
  }, nameIndent);
}
