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
import { csiDriverName, LEGACY_SOURCES } from './legacy-volumes.ts';
import { fileMode, localNonReservedPath, noBacksteps } from './paths.ts';
import { downwardFiles, projectedSource } from './projected.ts';

/** What the rules of a volume depend on besides the volume. */
export interface VolumeContext {
  /** The pod's name when the spec is a pod's: claims of ephemeral volumes are named after it. */
  readonly podName: string | undefined;
  /** A pod, not a template. */
  readonly isPod: boolean;
}

const HOST_PATH_TYPES: readonly string[] = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];

type SourceName = keyof VolumeSource;
type Rule = (field: string, source: VolumeSource, volume: Volume, context: VolumeContext) => FieldError[];

/** Rules by kind of source, in the order in which the first one set is taken as meant. */
const RULES: readonly (readonly [SourceName, Rule])[] = [
  [
    'emptyDir',
    (field, { emptyDir }) =>
      emptyDir?.sizeLimit !== undefined && quantitySign(emptyDir.sizeLimit) < 0
        ? [forbiddenField(child(field, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
        : [],
  ],
  ['hostPath', (field, { hostPath }) => hostPathRules(field, hostPath!)],
  [
    'secret',
    (field, { secret }) => [
      ...present(child(field, 'secretName'), secret!.secretName),
      ...fileMode(child(field, 'defaultMode'), secret!.defaultMode),
      ...keyPathRules(field, secret!.items),
    ],
  ],
  ['persistentVolumeClaim', (field, { persistentVolumeClaim }) => present(child(field, 'claimName'), persistentVolumeClaim!.claimName)],
  [
    'downwardAPI',
    (field, { downwardAPI }) => [
      ...fileMode(child(field, 'defaultMode'), downwardAPI!.defaultMode),
      ...downwardFiles(field, downwardAPI!.items ?? []),
    ],
  ],
  [
    'configMap',
    (field, { configMap }) => [
      ...present(child(field, 'name'), configMap!.name),
      ...fileMode(child(field, 'defaultMode'), configMap!.defaultMode),
      ...keyPathRules(field, configMap!.items),
    ],
  ],
  ['projected', (field, { projected }) => [...fileMode(child(field, 'defaultMode'), projected!.defaultMode), ...projectedSource(field, projected!)]],
  ['csi', (field, { csi }) => csiRules(field, csi!)],
  ['ephemeral', (field, { ephemeral }, volume, context) => ephemeralRules(field, ephemeral!, volume.name, context.podName)],
  [
    'image',
    (field, { image }, _volume, { isPod }) => [
      ...(isPod ? present(child(field, 'reference'), image!.reference) : []),
      ...requiredOneOf(child(field, 'pullPolicy'), image!.pullPolicy, PULL_POLICIES),
    ],
  ],
  ...LEGACY_SOURCES.map(([name, rule]) => [name, (field: string, source: VolumeSource, volume: Volume) => rule(field, source, volume.name)] as const),
];

/** Every volume of a pod spec. */
export function validateVolumes(field: string, volumes: readonly Volume[], context: VolumeContext): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const created = new Set(context.podName ? volumes.filter((one) => one.ephemeral).map((one) => `${context.podName}-${one.name}`) : []);
  for (const [index, volume] of volumes.entries()) {
    const here = at(field, index);
    const own = sourceRules(here, volume, context);
    own.push(...(volume.name ? dnsLabel(child(here, 'name'), volume.name) : [required(child(here, 'name'))]));
    if (names.has(volume.name)) own.push(duplicate(child(here, 'name'), volume.name));
    if (own.length === 0) names.add(volume.name);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      errors.push(
        invalid(child(here, 'persistentVolumeClaim', 'claimName'), claim, 'must not reference a PVC that gets created for an ephemeral volume'),
      );
    }
  }
  return errors;
}

function sourceRules(field: string, volume: Volume, context: VolumeContext): FieldError[] {
  const set = RULES.filter(([name]) => volume[name] !== undefined);
  const [first, ...others] = set;
  if (!first) return [required(field, 'must specify a volume type')];
  return [
    ...first[1](child(field, first[0]), volume, volume, context),
    ...others.map(([name]) => forbiddenField(child(field, name), 'may not specify more than 1 volume type')),
  ];
}

/** A path on the node. */
export function hostPathRules(field: string, { path, type }: HostPathVolumeSource): FieldError[] {
  if (!path) return [required(child(field, 'path'))];
  const errors = noBacksteps(child(field, 'path'), path);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) errors.push(notSupported(child(field, 'type'), type, HOST_PATH_TYPES));
  return errors;
}

/** Keys of a ConfigMap or Secret and the files they become. */
export function keyPathRules(field: string, items: readonly KeyToPath[] | undefined): FieldError[] {
  return (items ?? []).flatMap(({ key, path, mode }, index) => {
    const here = at(child(field, 'items'), index);
    return [
      ...present(child(here, 'key'), key),
      ...present(child(here, 'path'), path),
      ...localNonReservedPath(child(here, 'path'), path),
      ...fileMode(child(here, 'mode'), mode),
    ];
  });
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
