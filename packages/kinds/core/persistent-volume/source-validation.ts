/**
 * Rules for where the data of a volume is.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePersistentVolumeSpec.
 */
import { child, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { nameIsDnsLabel } from '#machinery/names.ts';
import { dnsLabel, dnsSubdomain, invalidEach, present } from '../../rules.ts';
import {
  azureDiskRules,
  csiDriverName,
  fcRules,
  flexRules,
  flockerRules,
  ISCSI_NAME_TEXT,
  iscsiRules,
  isIscsiNameTooLong,
  nfsRules,
  nonEmpty,
  partitionRules,
  quobyteRules,
  scaleIoRules,
  secretName,
  storageOsRules,
} from '../pod/validation/legacy-volumes.ts';
import { noBacksteps } from '../pod/validation/paths.ts';
import { extraSource, hostPathRules, sourceField } from '../pod/validation/volumes.ts';
import type { SecretReference } from '../references.ts';
import type { CSIPersistentVolumeSource, ISCSIPersistentVolumeSource, PersistentVolumeSource, PersistentVolumeSpec } from './schema.ts';

type Rule = (field: string, spec: PersistentVolumeSpec, name: string) => FieldError[];

/** A secret in a namespace that must be named. */
function inNamespace(field: string, secretRef: { readonly name?: string; readonly namespace?: string } | undefined): FieldError[] {
  return [...secretName(field, secretRef), ...(secretRef && !secretRef.namespace ? [required(child(field, 'secretRef', 'namespace'))] : [])];
}

/** Rules by kind of source, in the order in which the first one set is taken as meant. */
const RULES: readonly (readonly [keyof PersistentVolumeSource, Rule])[] = [
  ['hostPath', (field, { hostPath }) => hostPathRules(field, hostPath!)],
  ['gcePersistentDisk', (field, { gcePersistentDisk: disk }) => partitionRules(field, 'pdName', disk!.pdName, disk!.partition)],
  ['awsElasticBlockStore', (field, { awsElasticBlockStore: disk }) => partitionRules(field, 'volumeID', disk!.volumeID, disk!.partition)],
  [
    'glusterfs',
    (field, { glusterfs }) => [
      ...present(child(field, 'endpoints'), glusterfs!.endpoints),
      ...present(child(field, 'path'), glusterfs!.path),
      ...namespaceRules(child(field, 'endpointsNamespace'), glusterfs!.endpointsNamespace),
    ],
  ],
  ['flocker', (field, { flocker }) => flockerRules(field, flocker!)],
  ['nfs', (field, { nfs }) => nfsRules(field, nfs!)],
  ['rbd', (field, { rbd }) => [...nonEmpty(child(field, 'monitors'), rbd!.monitors), ...present(child(field, 'image'), rbd!.image)]],
  ['quobyte', (field, { quobyte }) => quobyteRules(field, quobyte!)],
  ['cephfs', (field, { cephfs }) => nonEmpty(child(field, 'monitors'), cephfs!.monitors)],
  ['iscsi', (field, { iscsi }, name) => iscsiVolumeRules(field, iscsi!, name)],
  ['cinder', (field, { cinder }) => [...present(child(field, 'volumeID'), cinder!.volumeID), ...inNamespace(field, cinder!.secretRef)]],
  ['fc', (field, { fc }) => fcRules(field, fc!)],
  ['flexVolume', (field, { flexVolume }) => flexRules(field, flexVolume!)],
  [
    'azureFile',
    (field, { azureFile }) => [
      ...present(child(field, 'secretName'), azureFile!.secretName),
      ...present(child(field, 'shareName'), azureFile!.shareName),
      ...(azureFile!.secretNamespace === '' ? [required(child(field, 'secretNamespace'))] : []),
    ],
  ],
  ['vsphereVolume', (field, { vsphereVolume }) => present(child(field, 'volumePath'), vsphereVolume!.volumePath)],
  ['photonPersistentDisk', (field, { photonPersistentDisk }) => present(child(field, 'pdID'), photonPersistentDisk!.pdID)],
  ['portworxVolume', (field, { portworxVolume }) => present(child(field, 'volumeID'), portworxVolume!.volumeID)],
  ['azureDisk', (field, { azureDisk }) => azureDiskRules(field, azureDisk!)],
  ['scaleIO', (field, { scaleIO }) => scaleIoRules(field, scaleIO!)],
  ['local', (field, { local, nodeAffinity }) => localRules(field, local!.path, nodeAffinity !== undefined)],
  ['storageos', (field, { storageos }) => storageOsVolumeRules(field, storageos!)],
  ['csi', (field, { csi }) => csiRules(field, csi!)],
];

/** The source of a volume; there is exactly one. `name` is the volume's. */
export function volumeSourceRules(field: string, spec: PersistentVolumeSpec, name: string): FieldError[] {
  let errors: FieldError[] | undefined;
  for (const [source, rule] of RULES) {
    if (spec[source] === undefined) continue;
    // Upstream forgives a FlexVolume beside another source.
    if (errors) errors.push(...(source === 'flexVolume' ? rule(sourceField(field, source), spec, name) : [extraSource(field, source)]));
    else errors = rule(sourceField(field, source), spec, name);
  }
  return errors ?? [required(field, 'must specify a volume type')];
}

function iscsiVolumeRules(field: string, iscsi: ISCSIPersistentVolumeSource, name: string): FieldError[] {
  const errors = iscsiRules(field, iscsi, 'must be valid format');
  if (isIscsiNameTooLong(iscsi, name)) errors.push(invalid(child(field, 'targetportal'), iscsi.targetPortal, ISCSI_NAME_TEXT));
  return [...errors, ...secretName(field, iscsi.secretRef)];
}

function storageOsVolumeRules(field: string, storageos: NonNullable<PersistentVolumeSource['storageos']>): FieldError[] {
  const errors = storageOsRules(field, storageos);
  if (storageos.secretRef && !storageos.secretRef.namespace) errors.push(required(child(field, 'secretRef', 'namespace')));
  return errors;
}

function namespaceRules(field: string, namespace: string | undefined): FieldError[] {
  if (namespace === undefined) return [];
  if (!namespace) return [invalid(field, namespace, 'if the endpointnamespace is set, it must be a valid namespace name')];
  return invalidEach(field, namespace, nameIsDnsLabel(namespace, false));
}

function localRules(field: string, path: string, placed: boolean): FieldError[] {
  const errors = path ? noBacksteps(child(field, 'path'), path) : [required(child(field, 'path'))];
  if (!placed) errors.push(required(child(field.slice(0, -'.local'.length), 'nodeAffinity'), 'Local volume requires node affinity'));
  return errors;
}

function csiRules(field: string, csi: CSIPersistentVolumeSource): FieldError[] {
  const errors = [...csiDriverName(child(field, 'driver'), csi.driver), ...present(child(field, 'volumeHandle'), csi.volumeHandle)];
  for (const name of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const) {
    const reference = csi[name];
    if (reference) errors.push(...secretRules(child(field, name), reference));
  }
  return errors;
}

function secretRules(field: string, { name, namespace }: SecretReference): FieldError[] {
  return [
    ...(name ? dnsSubdomain(child(field, 'name'), name) : [required(child(field, 'name'))]),
    ...(namespace ? dnsLabel(child(field, 'namespace'), namespace) : [required(child(field, 'namespace'))]),
  ];
}
