/**
 * Rules for claims.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePersistentVolumeClaim and updates.
 */
import { at, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { compareQuantities, quantitySign } from '#machinery/quantity.ts';
import { immutable, IMMUTABLE } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { specDiff } from '../../spec-diff.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './schema.ts';
import { claimSpecRules } from './spec-validation.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A new claim. */
export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  return claimSpecRules('spec', spec);
}

type MutableSpec = { -readonly [K in keyof PersistentVolumeClaimSpec]: PersistentVolumeClaimSpec[K] };

/** A changed claim: bound to a volume once, grown when bound, given a storage class when it has none. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, stored: PersistentVolumeClaim): FieldError[] {
  const errors = validateClaim(claim);
  const before = stored.metadata.annotations?.[CLASS_ANNOTATION];
  const after = claim.metadata.annotations?.[CLASS_ANNOTATION];
  const upgraded =
    before !== undefined && stored.spec.storageClassName === undefined && claim.spec.storageClassName === before && (after ?? before) === before;
  if (!upgraded && (after ?? '') !== (before ?? '')) errors.push(invalid(`metadata.annotations.${CLASS_ANNOTATION}`, after ?? '', IMMUTABLE));
  const next = withoutUpdatable(claim, stored, before);
  if (!sameValue(next, stored.spec)) {
    const diff = specDiff('core.PersistentVolumeClaimSpec', stored.spec, next);
    errors.push(
      forbiddenField('spec', `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diff}`),
    );
  }
  errors.push(
    ...sizeRules(claim, stored),
    ...immutable('volumeMode', claim.spec.volumeMode, stored.spec.volumeMode),
    ...attributesRules(claim.spec, stored.spec),
  );
  return errors;
}

/** The new spec with everything that may change set back to what is stored. */
function withoutUpdatable(claim: PersistentVolumeClaim, stored: PersistentVolumeClaim, annotated: string | undefined): MutableSpec {
  const next: MutableSpec = { ...claim.spec };
  const restore = <K extends keyof MutableSpec>(name: K): void => {
    const value = stored.spec[name];
    if (value === undefined) delete next[name];
    else next[name] = value;
  };
  if (!stored.spec.volumeName) restore('volumeName');
  if (stored.spec.storageClassName === undefined && (annotated === undefined || next.storageClassName === annotated)) restore('storageClassName');
  if (claim.status.phase !== 'Bound') return next;
  const storage = stored.spec.resources?.requests?.['storage'];
  if (next.resources?.requests && storage !== undefined) next.resources = { ...next.resources, requests: { ...next.resources.requests, storage } };
  if (next.volumeAttributesClassName !== undefined) restore('volumeAttributesClassName');
  return next;
}

function sizeRules(claim: PersistentVolumeClaim, stored: PersistentVolumeClaim): FieldError[] {
  const size = claim.spec.resources?.requests?.['storage'] ?? '0';
  const before = stored.spec.resources?.requests?.['storage'] ?? '0';
  if (compareQuantities(size, before) >= 0) return [];
  const field = 'spec.resources.requests.storage';
  return compareQuantities(size, stored.status.capacity?.['storage'] ?? '0') <= 0
    ? [forbiddenField(field, 'field can not be less than status.capacity')]
    : [];
}

function attributesRules(
  { volumeAttributesClassName: name }: PersistentVolumeClaimSpec,
  { volumeAttributesClassName: stored }: PersistentVolumeClaimSpec,
): FieldError[] {
  if (stored === undefined || name === stored) return [];
  const field = 'spec.volumeAttributesClassName';
  if (name === undefined) return [forbiddenField(field, 'update from non-nil value to nil is forbidden')];
  return name === '' ? [forbiddenField(field, 'update from non-nil value to an empty string is forbidden')] : [];
}

/** A new status. */
export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = spec.accessModes?.length ? [] : [required('Spec.accessModes')];
  for (const [name, amount] of Object.entries(status.capacity ?? {})) {
    if (quantitySign(amount) < 0) errors.push(invalid(at('status.capacity', name), amount, 'must be a valid resource quantity'));
  }
  return errors;
}
