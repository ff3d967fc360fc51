/**
 * Rules for a pod's volumes.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateVolumes, validateVolumeSource.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/names.ts';
import { quantitySign } from '#machinery/quantity.ts';
import { dnsLabel, dnsSubdomain, invalidEach, present, requiredOneOf } from '../../../rules.ts';
import { claimTemplateRules } from '../../persistent-volume-claim/spec-validation.ts';
import type { CSIVolumeSource, EphemeralVolumeSource, HostPathVolumeSource, KeyToPath, Volume, VolumeSource } from '../volumes.ts';
import type { Volumes } from './env.ts';
import { csiDriverName, LEGACY_SOURCES } from './legacy-volumes.ts';
import { fileMode, keyPathRule, noBacksteps } from './paths.ts';
import { downwardFiles, projectedSource } from './projected.ts';

/** What the rules of a volume depend on besides the volume. */
export interface VolumeContext {
  /** The pod's name when the spec is a pod's: claims of ephemeral volumes are named after it. */
  readonly podName: string | undefined;
  /** A pod, not a template. */
  readonly isPod: boolean;
}

/** Findings, and the volumes that have none, by name: others cannot be mounted. */
export interface CheckedVolumes {
  readonly errors: FieldError[];
  readonly sound: Volumes;
}

const HOST_PATH_TYPES: readonly string[] = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];

type SourceName = keyof VolumeSource;
type Rule = (field: string, source: VolumeSource, volume: Volume, context: VolumeContext) => FieldError[];

const OWN_SOURCES: Partial<Record<SourceName, Rule>> = {
  emptyDir: (field, { emptyDir }) =>
    emptyDir?.sizeLimit !== undefined && quantitySign(emptyDir.sizeLimit) < 0
      ? [forbiddenField(child(field, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: (field, { hostPath }) => hostPathRules(field, hostPath!),
  secret: (field, { secret }) => [
    ...present(child(field, 'secretName'), secret!.secretName),
    ...fileMode(child(field, 'defaultMode'), secret!.defaultMode),
    ...keyPathRules(field, secret!.items),
  ],
  persistentVolumeClaim: (field, { persistentVolumeClaim }) => present(child(field, 'claimName'), persistentVolumeClaim!.claimName),
  downwardAPI: (field, { downwardAPI }) => [
    ...fileMode(child(field, 'defaultMode'), downwardAPI!.defaultMode),
    ...downwardFiles(field, downwardAPI!.items ?? []),
  ],
  configMap: (field, { configMap }) => [
    ...present(child(field, 'name'), configMap!.name),
    ...fileMode(child(field, 'defaultMode'), configMap!.defaultMode),
    ...keyPathRules(field, configMap!.items),
  ],
  projected: (field, { projected }) => [...fileMode(child(field, 'defaultMode'), projected!.defaultMode), ...projectedSource(field, projected!)],
  csi: (field, { csi }) => csiRules(field, csi!),
  ephemeral: (field, { ephemeral }, volume, context) => ephemeralRules(field, ephemeral!, volume.name, context.podName),
  image: (field, { image }, _volume, { isPod }) => [
    ...(isPod ? present(child(field, 'reference'), image!.reference) : []),
    ...requiredOneOf(child(field, 'pullPolicy'), image!.pullPolicy, PULL_POLICIES),
  ],
};

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...Object.entries(OWN_SOURCES),
  ...Object.entries(LEGACY_SOURCES).map(([name, rule]): [string, Rule] => [name, (field, source, volume) => rule(field, source, volume.name)]),
]);

/** The order in which the first source set is taken as meant. */
const ORDER: readonly SourceName[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** Sources whose own findings, or the finding that they are one too many, stand under another name upstream. */
const RULE_NAMES: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const EXTRA_NAMES: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

/** The path of a source's own findings. */
export function sourceField(field: string, source: string): string {
  return child(field, RULE_NAMES[source] ?? source);
}

/** A source beside another one. */
export function extraSource(field: string, source: string): FieldError {
  return forbiddenField(child(field, EXTRA_NAMES[source] ?? source), 'may not specify more than 1 volume type');
}

const NO_VOLUMES: CheckedVolumes = { errors: [], sound: new Map() };

/** Every volume of a pod spec. */
export function validateVolumes(field: string, volumes: readonly Volume[], context: VolumeContext): CheckedVolumes {
  if (volumes.length === 0) return NO_VOLUMES;
  const errors: FieldError[] = [];
  const sound = new Map<string, Volume>();
  const created = new Set(context.podName ? volumes.filter((one) => one.ephemeral).map((one) => `${context.podName}-${one.name}`) : []);
  for (const [index, volume] of volumes.entries()) {
    const here = at(field, index);
    const own = sourceRules(here, volume, context);
    own.push(...(volume.name ? dnsLabel(child(here, 'name'), volume.name) : [required(child(here, 'name'))]));
    if (sound.has(volume.name)) own.push(duplicate(child(here, 'name'), volume.name));
    if (own.length === 0) sound.set(volume.name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      errors.push(
        invalid(child(here, 'persistentVolumeClaim', 'claimName'), claim, 'must not reference a PVC that gets created for an ephemeral volume'),
      );
    }
  }
  return { errors, sound };
}

function sourceRules(field: string, volume: Volume, context: VolumeContext): FieldError[] {
  let errors: FieldError[] | undefined;
  for (const name of ORDER) {
    if (volume[name] === undefined) continue;
    if (errors) errors.push(extraSource(field, name));
    else errors = RULES.get(name)!(sourceField(field, name), volume, volume, context);
  }
  return errors ?? [required(field, 'must specify a volume type')];
}

/** A path on the node. */
export function hostPathRules(field: string, { path, type }: HostPathVolumeSource): FieldError[] {
  if (!path) return [required(child(field, 'path'))];
  const errors = noBacksteps(child(field, 'path'), path);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) errors.push(notSupported(child(field, 'type'), type, HOST_PATH_TYPES));
  return errors;
}

/** Keys of a ConfigMap or Secret and the files they become. */
function keyPathRules(field: string, items: readonly KeyToPath[] | undefined): FieldError[] {
  return (items ?? []).flatMap((item, index) => keyPathRule(at(child(field, 'items'), index), item));
}

function csiRules(field: string, csi: CSIVolumeSource): FieldError[] {
  const errors = csiDriverName(child(field, 'driver'), csi.driver);
  const secret = csi.nodePublishSecretRef;
  if (!secret) return errors;
  if (!secret.name) errors.push(required(child(field, 'nodePublishSecretRef', 'name')));
  else errors.push(...dnsSubdomain(child(field, 'name'), secret.name));
  return errors;
}

function ephemeralRules(field: string, ephemeral: EphemeralVolumeSource, volumeName: string, podName: string | undefined): FieldError[] {
  const template = ephemeral.volumeClaimTemplate;
  const errors = template ? claimTemplateRules(child(field, 'volumeClaimTemplate'), template) : [required(child(field, 'volumeClaimTemplate'))];
  if (podName && volumeName) {
    const claim = `${podName}-${volumeName}`;
    const texts = nameIsDnsSubdomain(claim, false).map((text) => `PVC name ${JSON.stringify(claim)}: ${text}`);
    errors.push(...invalidEach(child(field.slice(0, -'.ephemeral'.length), 'name'), volumeName, texts));
  }
  return errors;
}
