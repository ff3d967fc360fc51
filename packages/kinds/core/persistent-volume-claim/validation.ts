/**
 * Rules for claims.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePersistentVolumeClaim and updates.
 */
import { at, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { compareQuantities } from '#machinery/quantity.ts';
import { immutable, IMMUTABLE, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { specDiff } from '../../spec-diff.ts';
import { isNativeResource } from '../pod/resource-names.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './schema.ts';
import { basicAmount, claimSpecRules } from './spec-validation.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A new claim. */
export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  return claimSpecRules('spec', spec);
}

type MutableSpec = { -readonly [K in keyof PersistentVolumeClaimSpec]: PersistentVolumeClaimSpec[K] };

/** A changed claim: bound to a volume once, grown when bound, given a storage class when it has none. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, stored: PersistentVolumeClaim): FieldError[] {
  const hadGroup = stored.spec.dataSource?.apiGroup !== undefined || stored.spec.dataSourceRef?.apiGroup !== undefined;
  const errors = validateClaim(claim).filter(({ field }) => !hadGroup || !field.endsWith('.apiGroup'));
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
    ...attributesRules(claim, stored),
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
  restore('volumeAttributesClassName');
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

/** Once a class was applied there is no way back to none. */
function attributesRules({ spec: { volumeAttributesClassName: name } }: PersistentVolumeClaim, { spec, status }: PersistentVolumeClaim): FieldError[] {
  if (name === spec.volumeAttributesClassName || status.currentVolumeAttributesClassName === undefined || name) return [];
  const to = name === undefined ? 'nil' : 'empty string';
  return [forbiddenField('spec.volumeAttributesClassName', `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`)];
}

const RESIZE_STATES: readonly string[] = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].toSorted();

/** A new status. */
export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = spec.accessModes?.length ? [] : [required('Spec.accessModes')];
  for (const [name, amount] of Object.entries(status.capacity ?? {})) errors.push(...basicAmount(at('status.capacity', name), amount));
  const states = 'status.allocatedResourceStatuses';
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    errors.push(...claimResourceName(states, name));
    if (!RESIZE_STATES.includes(state)) errors.push(notSupported(states, name, RESIZE_STATES));
  }
  const allocated = 'status.allocatedResources';
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const unknown = claimResourceName(allocated, name);
    errors.push(...(unknown.length ? unknown : basicAmount(at(allocated, name), amount)));
  }
  return errors;
}

/** Of Kubernetes' own resources only storage. */
function claimResourceName(field: string, name: string): FieldError[] {
  const errors = qualifiedName(field, name);
  return errors.length || !isNativeResource(name) || name === 'storage' ? errors : [notSupported(field, name, ['storage'])];
}
