/**
 * Rules for volumes.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePersistentVolumeSpec and updates.
 */
import { posix } from 'node:path';
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { quantitySign } from '#machinery/quantity.ts';
import { goStruct } from '../../go-struct.ts';
import { ABOVE_ZERO, dnsSubdomain, immutable, IMMUTABLE, optionalOneOf } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { specDiff } from '../../spec-diff.ts';
import { accessModes, basicAmount, volumeMode } from '../persistent-volume-claim/spec-validation.ts';
import { nodeSelectorRules } from '../pod/validation/affinity.ts';
import { type PersistentVolume, persistentVolumeSource, type PersistentVolumeSource, type PersistentVolumeSpec, volumeNodeAffinity } from './schema.ts';
import { volumeSourceRules } from './source-validation.ts';

/** Where a spec stands: an own object, or inside a volume attachment. */
export interface VolumeSpecContext {
  readonly name: string;
  readonly inline: boolean;
}

/** A new volume. */
export function validateVolume({ metadata, spec }: PersistentVolume): FieldError[] {
  return volumeSpecRules('spec', spec, { name: metadata.name ?? '', inline: false });
}

/** The spec of a volume. */
export function volumeSpecRules(field: string, spec: PersistentVolumeSpec, context: VolumeSpecContext): FieldError[] {
  const modes = child(field, 'accessModes');
  const errors = context.inline ? inlineRules(field, spec) : [];
  if (!spec.accessModes?.length) errors.push(required(modes));
  errors.push(...accessModes(modes, spec.accessModes ?? []));
  if (!context.inline) errors.push(...ownRules(field, spec));
  errors.push(...volumeSourceRules(field, spec, context.name));
  if (spec.hostPath && posix.normalize(spec.hostPath.path) === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbiddenField(child(field, 'persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"));
  }
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return errors;
  const here = child(field, 'volumeAttributesClassName');
  errors.push(...(attributes ? dnsSubdomain(here, attributes) : [required(here, 'an empty string is disallowed')]));
  if (!spec.csi) errors.push(required(child(field, 'csi'), 'has to be specified when using volumeAttributesClassName'));
  return errors;
}

function inlineRules(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const text = 'may not be specified in the context of inline volumes';
  const errors: FieldError[] = [];
  if (spec.claimRef) errors.push(forbiddenField(child(field, 'claimRef'), text));
  if (Object.keys(spec.capacity ?? {}).length) errors.push(forbiddenField(child(field, 'capacity'), text));
  if (!spec.csi) errors.push(required(child(field, 'csi'), 'has to be specified in the context of inline volumes'));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== 'Retain')
    errors.push(forbiddenField(child(field, 'persistentVolumeReclaimPolicy'), 'may only be Retain in the context of inline volumes'));
  if (spec.nodeAffinity) errors.push(forbiddenField(child(field, 'nodeAffinity'), text));
  if (spec.storageClassName) errors.push(forbiddenField(child(field, 'storageClassName'), text));
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    errors.push(forbiddenField(child(field, 'volumeMode'), 'may not specify volumeMode other than Filesystem in the context of inline volumes'));
  }
  return errors;
}

function ownRules(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const capacity = spec.capacity ?? {};
  const here = child(field, 'capacity');
  const names = Object.keys(capacity);
  const errors = names.length ? [] : [required(here)];
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(here, capacity, ['storage']));
  for (const [name, amount] of Object.entries(capacity)) {
    errors.push(...basicAmount(at(here, name), amount));
    if (quantitySign(amount) <= 0) errors.push(invalid(at(here, name), amount, ABOVE_ZERO));
  }
  errors.push(
    ...optionalOneOf(child(field, 'persistentVolumeReclaimPolicy'), spec.persistentVolumeReclaimPolicy || undefined, ['Delete', 'Recycle', 'Retain']),
  );
  if (spec.nodeAffinity) {
    const inAffinity = child(field, 'nodeAffinity', 'required');
    errors.push(
      ...(spec.nodeAffinity.required
        ? nodeSelectorRules(inAffinity, spec.nodeAffinity.required)
        : [required(inAffinity, 'must specify required node constraints')]),
    );
  }
  if (spec.storageClassName) errors.push(...dnsSubdomain(child(field, 'storageClassName'), spec.storageClassName));
  return [...errors, ...volumeMode(child(field, 'volumeMode'), spec.volumeMode)];
}

/** A changed volume: where its data is stays. */
export function validateVolumeUpdate(volume: PersistentVolume, stored: PersistentVolume): FieldError[] {
  const errors = validateVolume(volume);
  const before = sourceOf(stored.spec);
  const after = sourceOf(volume.spec);
  if (before.csi && after.csi && !before.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _mayBeAdded, ...csi } = after.csi;
    after.csi = csi;
  }
  if (!sameValue(after, before)) {
    errors.push(
      forbiddenField(
        'spec.persistentvolumesource',
        `spec.persistentvolumesource is immutable after creation\n${specDiff('core.PersistentVolumeSource', before, after)}`,
      ),
    );
  }
  errors.push(...immutable('volumeMode', volume.spec.volumeMode, stored.spec.volumeMode));
  if (stored.spec.nodeAffinity && !sameValue(volume.spec.nodeAffinity, withStableKeys(stored.spec.nodeAffinity, volume.spec.nodeAffinity))) {
    errors.push(invalid('nodeAffinity', volume.spec.nodeAffinity ? goStruct(volumeNodeAffinity, volume.spec.nodeAffinity) : null, `${IMMUTABLE}, except for updating from beta label to GA`));
  }
  if (stored.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined) {
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

function sourceOf(spec: PersistentVolumeSpec): { -readonly [K in keyof PersistentVolumeSource]: PersistentVolumeSource[K] } {
  return Object.fromEntries(
    Object.keys(persistentVolumeSource.fields).flatMap((name) => {
      const value = spec[name as keyof PersistentVolumeSource];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const STABLE_LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

type NodeAffinity = PersistentVolumeSpec['nodeAffinity'];

/** The stored affinity with the stable names of labels where the new one uses them in the same place. */
function withStableKeys(stored: NonNullable<NodeAffinity>, next: NodeAffinity): NodeAffinity {
  const terms = stored.required?.nodeSelectorTerms.map((term, index) => ({
    ...term,
    ...(term.matchExpressions
      ? {
          matchExpressions: term.matchExpressions.map((one, position) => {
            const key = next?.required?.nodeSelectorTerms?.[index]?.matchExpressions?.[position]?.key;
            return key !== undefined && STABLE_LABELS[one.key] === key ? { ...one, key } : one;
          }),
        }
      : {}),
  }));
  return terms ? { ...stored, required: { ...stored.required, nodeSelectorTerms: terms } } : stored;
}
