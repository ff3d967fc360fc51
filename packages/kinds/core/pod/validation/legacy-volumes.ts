/**
 * Rules for volumes of storage systems that were once built in; the types stay in the API.
 *
 * Source: kubernetes `pkg/apis/core/validation`.
 */
import { child, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { inclusiveRangeMessage } from '#machinery/names.ts';
import { dnsLabel, dnsSubdomain, optionalOneOf, present } from '../../../rules.ts';
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
  VolumeSource,
} from '../volumes.ts';
import { localDescendingPath } from './paths.ts';

type Rule = (field: string, source: VolumeSource, volumeName: string) => FieldError[];

const MAX_DRIVER_NAME = 63;
const MAX_LUN = 255;
const MAX_PARTITION = 255;
/** The text says 1, but 0 is accepted: it means that there is none. */
const PARTITION_TEXT = inclusiveRangeMessage(1, MAX_PARTITION);

/** The name of a CSI driver. */
export function csiDriverName(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const errors = name.length > MAX_DRIVER_NAME ? [tooLong(field, MAX_DRIVER_NAME)] : [];
  errors.push(
    ...dnsSubdomain(field, name.toLowerCase()).map((error) => ({
      ...error,
      message: error.message.replace(JSON.stringify(name.toLowerCase()), JSON.stringify(name)),
    })),
  );
  return errors;
}

/** Rules by kind of source. */
export const LEGACY_SOURCES: Partial<Record<keyof VolumeSource, Rule>> = {
  gitRepo: (field, { gitRepo }) => [
    ...present(child(field, 'repository'), gitRepo!.repository),
    ...localDescendingPath(child(field, 'directory'), gitRepo!.directory ?? ''),
  ],
  gcePersistentDisk: (field, { gcePersistentDisk: disk }) => partitionRules(field, 'pdName', disk!.pdName, disk!.partition),
  awsElasticBlockStore: (field, { awsElasticBlockStore: disk }) => partitionRules(field, 'volumeID', disk!.volumeID, disk!.partition),
  nfs: (field, { nfs }) => nfsRules(field, nfs!),
  iscsi: (field, { iscsi }, volumeName) => [...iscsiRules(field, iscsi!, STARTS_WITH), ...iscsiNameRules(field, iscsi!, volumeName)],
  glusterfs: (field, { glusterfs }) => [...present(child(field, 'endpoints'), glusterfs!.endpoints), ...present(child(field, 'path'), glusterfs!.path)],
  flocker: (field, { flocker }) => flockerRules(field, flocker!),
  rbd: (field, { rbd }) => [...nonEmpty(child(field, 'monitors'), rbd!.monitors), ...present(child(field, 'image'), rbd!.image)],
  cinder: (field, { cinder }) => [...present(child(field, 'volumeID'), cinder!.volumeID), ...secretName(field, cinder!.secretRef)],
  cephfs: (field, { cephfs }) => nonEmpty(child(field, 'monitors'), cephfs!.monitors),
  quobyte: (field, { quobyte }) => quobyteRules(field, quobyte!),
  fc: (field, { fc }) => fcRules(field, fc!),
  flexVolume: (field, { flexVolume }) => flexRules(field, flexVolume!),
  azureFile: (field, { azureFile }) => [
    ...present(child(field, 'secretName'), azureFile!.secretName),
    ...present(child(field, 'shareName'), azureFile!.shareName),
  ],
  vsphereVolume: (field, { vsphereVolume }) => present(child(field, 'volumePath'), vsphereVolume!.volumePath),
  photonPersistentDisk: (field, { photonPersistentDisk }) => present(child(field, 'pdID'), photonPersistentDisk!.pdID),
  portworxVolume: (field, { portworxVolume }) => present(child(field, 'volumeID'), portworxVolume!.volumeID),
  azureDisk: (field, { azureDisk }) => azureDiskRules(field, azureDisk!),
  storageos: (field, { storageos }) => storageOsRules(field, storageos!),
  scaleIO: (field, { scaleIO }) => scaleIoRules(field, scaleIO!),
};

/** A list that needs an item. */
export function nonEmpty(field: string, items: readonly unknown[] | null | undefined): FieldError[] {
  return items?.length ? [] : [required(field)];
}

/** A secret in the pod's namespace that must be named. */
export function secretName(field: string, reference: { readonly name?: string } | undefined): FieldError[] {
  return reference && !reference.name ? [required(child(field, 'secretRef', 'name'))] : [];
}

/** A ScaleIO volume. */
export function scaleIoRules(field: string, source: { readonly gateway: string; readonly system: string; readonly volumeName?: string }): FieldError[] {
  return (['gateway', 'system', 'volumeName'] as const).flatMap((name) => present(child(field, name), source[name]));
}

/** A disk by id and partition. */
export function partitionRules(field: string, name: string, value: string, partition = 0): FieldError[] {
  const errors = present(child(field, name), value);
  if (partition < 0 || partition > MAX_PARTITION) errors.push(invalid(child(field, 'partition'), partition, PARTITION_TEXT));
  return errors;
}

/** An NFS export. */
export function nfsRules(field: string, { server, path }: { readonly server: string; readonly path: string }): FieldError[] {
  const errors = [...present(child(field, 'server'), server), ...present(child(field, 'path'), path)];
  if (!path.startsWith('/')) errors.push(invalid(child(field, 'path'), path, 'must be an absolute path'));
  return errors;
}

/** Names of initiators and targets: what they begin with, and the whole. */
const QUALIFIERS = [
  { prefix: 'iqn', format: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/ },
  { prefix: 'eui', format: /^eui.[A-Za-z0-9]{16}$/ },
  { prefix: 'naa', format: /^naa.[A-Za-z0-9]{32}$/ },
];

const STARTS_WITH = 'must be valid format starting with iqn, eui, or naa';
const MAX_ISCSI_NAME = 64;

/** What is said where the name of a volume and its portal are too long together. */
export const ISCSI_NAME_TEXT =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

function initiatorRules(field: string, name: string, prefixText: string): FieldError[] {
  const qualifier = QUALIFIERS.find(({ prefix }) => name.startsWith(prefix));
  if (!qualifier) return [invalid(field, name, prefixText)];
  return qualifier.format.test(name) ? [] : [invalid(field, name, 'must be valid format')];
}

/** What pods and volumes say alike about an iSCSI disk. */
type Iscsi = Pick<ISCSIVolumeSource, 'targetPortal' | 'iqn' | 'lun' | 'chapAuthDiscovery' | 'chapAuthSession' | 'initiatorName'> & {
  readonly secretRef?: { readonly name?: string };
};

/** An iSCSI disk. `prefixText` is what is said of a name without a known prefix. */
export function iscsiRules(field: string, iscsi: Iscsi, prefixText: string): FieldError[] {
  const errors = present(child(field, 'targetPortal'), iscsi.targetPortal);
  errors.push(...(iscsi.iqn ? initiatorRules(child(field, 'iqn'), iscsi.iqn, prefixText) : [required(child(field, 'iqn'))]));
  if (iscsi.lun < 0 || iscsi.lun > MAX_LUN) errors.push(invalid(child(field, 'lun'), iscsi.lun, inclusiveRangeMessage(0, MAX_LUN)));
  if ((iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && !iscsi.secretRef) errors.push(required(child(field, 'secretRef')));
  if (iscsi.initiatorName !== undefined) errors.push(...initiatorRules(child(field, 'initiatorname'), iscsi.initiatorName, prefixText));
  return errors;
}

/** Whether a volume's name and portal are too long to make an interface name of. */
export function isIscsiNameTooLong({ initiatorName, targetPortal }: Iscsi, volumeName: string): boolean {
  return initiatorName !== undefined && `${volumeName}:${targetPortal}`.length > MAX_ISCSI_NAME;
}

function iscsiNameRules(field: string, iscsi: Iscsi, volumeName: string): FieldError[] {
  if (!isIscsiNameTooLong(iscsi, volumeName)) return [];
  return [invalid(child(field.slice(0, -'.iscsi'.length), 'name'), volumeName, ISCSI_NAME_TEXT)];
}

/** A Flocker dataset. */
export function flockerRules(field: string, { datasetName = '', datasetUUID = '' }: FlockerVolumeSource): FieldError[] {
  const errors: FieldError[] = [];
  if (!datasetName && !datasetUUID) errors.push(required(field, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID) errors.push(invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName.includes('/')) errors.push(invalid(child(field, 'datasetName'), datasetName, "must not contain '/'"));
  return errors;
}

/** A Quobyte volume. */
export function quobyteRules(field: string, { registry, tenant = '', volume }: QuobyteVolumeSource): FieldError[] {
  const pairText = 'must be a host:port pair or multiple pairs separated by commas';
  const errors: FieldError[] = [];
  if (!registry) errors.push(required(child(field, 'registry'), pairText));
  else if (tenant.length >= 65) errors.push(required(child(field, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  else {
    for (const pair of registry.split(','))
      if (!/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair)) errors.push(invalid(child(field, 'registry'), registry, pairText));
  }
  errors.push(...present(child(field, 'volume'), volume));
  return errors;
}

/** A Fibre Channel disk. */
export function fcRules(field: string, { targetWWNs = [], wwids = [], lun }: FCVolumeSource): FieldError[] {
  const errors: FieldError[] = [];
  const here = child(field, 'targetWWNs');
  if (!targetWWNs.length && !wwids.length) errors.push(required(here, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length && wwids.length) errors.push(invalid(here, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (targetWWNs.length && lun === undefined) errors.push(required(child(field, 'lun'), 'lun is required if targetWWNs is specified'));
  if (targetWWNs.length && lun !== undefined && (lun < 0 || lun > MAX_LUN))
    errors.push(invalid(child(field, 'lun'), lun, inclusiveRangeMessage(0, MAX_LUN)));
  return errors;
}

/** A FlexVolume. */
export function flexRules(field: string, { driver, options }: Pick<FlexVolumeSource, 'driver' | 'options'>): FieldError[] {
  const errors = present(child(field, 'driver'), driver);
  for (const key of Object.keys(options ?? {})) {
    const namespace = `.${key.split('/')[0]!.toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io')) {
      errors.push(invalid(`${child(field, 'options')}[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
    }
  }
  return errors;
}

const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

/** An Azure disk. */
export function azureDiskRules(field: string, { diskName, diskURI, cachingMode, kind }: AzureDiskVolumeSource): FieldError[] {
  const errors = [
    ...present(child(field, 'diskName'), diskName),
    ...present(child(field, 'diskURI'), diskURI),
    ...optionalOneOf(child(field, 'cachingMode'), cachingMode, ['None', 'ReadOnly', 'ReadWrite']),
    ...optionalOneOf(child(field, 'kind'), kind, ['Dedicated', 'Managed', 'Shared']),
  ];
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) errors.push(notSupported(child(field, 'diskURI'), diskURI, [MANAGED_URI]));
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(notSupported(child(field, 'diskURI'), diskURI, [BLOB_URI]));
  return errors;
}

/** A StorageOS volume. */
export function storageOsRules(
  field: string,
  { volumeName, volumeNamespace, secretRef }: Pick<StorageOSVolumeSource, 'volumeName' | 'volumeNamespace'> & { readonly secretRef?: { readonly name?: string } },
): FieldError[] {
  return [
    ...(volumeName ? dnsLabel(child(field, 'volumeName'), volumeName) : [required(child(field, 'volumeName'))]),
    ...(volumeNamespace ? dnsLabel(child(field, 'volumeNamespace'), volumeNamespace) : []),
    ...secretName(field, secretRef),
  ];
}
