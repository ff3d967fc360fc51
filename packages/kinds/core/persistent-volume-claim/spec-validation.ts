/**
 * Rules for what a claim asks for, wherever it stands.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeClaimTemplate.
 */
import { child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { validateAnnotations, validateLabels } from '#machinery/meta-validation.ts';
import { nameIsDnsLabel } from '#machinery/names.ts';
import { quantitySign, quantityValue } from '#machinery/quantity.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { ABOVE_ZERO, dnsSubdomain, invalidEach, optionalOneOf, present } from '../../rules.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from './schema.ts';

const ACCESS_MODES: readonly string[] = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Access modes of claims and volumes. */
export function accessModes(field: string, modes: readonly string[]): FieldError[] {
  const errors = modes.filter((mode) => !ACCESS_MODES.includes(mode)).map((mode) => notSupported(field, mode, ACCESS_MODES));
  const exclusive = modes.includes('ReadWriteOncePod');
  if (exclusive && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))) {
    errors.push(forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

/** How a volume shows to the pod. */
export function volumeMode(field: string, mode: string | undefined): FieldError[] {
  return optionalOneOf(field, mode, ['Block', 'Filesystem']);
}

/** An amount that is not negative, shown in whole units. */
export function basicAmount(field: string, amount: string): FieldError[] {
  const value = quantityValue(amount);
  return value < 0 ? [invalid(field, value, 'must be a valid resource quantity')] : [];
}

/** The spec of a claim. */
export function claimSpecRules(field: string, spec: PersistentVolumeClaimSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.accessModes?.length) errors.push(required(child(field, 'accessModes'), 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec.selector, child(field, 'selector')), ...accessModes(child(field, 'accessModes'), spec.accessModes ?? []));
  const storage = spec.resources?.requests?.['storage'];
  const at = `${child(field, 'resources')}[storage]`;
  if (storage === undefined) errors.push(required(at));
  else if (quantitySign(storage) <= 0) errors.push(invalid(at, storage, ABOVE_ZERO));
  if (spec.storageClassName) errors.push(...dnsSubdomain(child(field, 'storageClassName'), spec.storageClassName));
  errors.push(...volumeMode(child(field, 'volumeMode'), spec.volumeMode), ...dataSourceRules(field, spec));
  if (spec.volumeAttributesClassName) errors.push(...dnsSubdomain(child(field, 'volumeAttributesClassName'), spec.volumeAttributesClassName));
  return errors;
}

function dataSourceRules(field: string, { dataSource, dataSourceRef }: PersistentVolumeClaimSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...referenceRules(child(field, 'dataSource'), dataSource));
  if (dataSourceRef) {
    errors.push(...referenceRules(child(field, 'dataSourceRef'), dataSourceRef));
    const { namespace } = dataSourceRef;
    if (namespace) errors.push(...invalidEach(child(field, 'dataSourceRef', 'namespace'), namespace, nameIsDnsLabel(namespace, false)));
  }
  if (!dataSource || !dataSourceRef) return errors;
  // Upstream shows the path of `dataSource`, which prints as nothing.
  if (dataSourceRef.namespace) errors.push(invalid(field, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (dataSource.apiGroup !== dataSourceRef.apiGroup || dataSource.kind !== dataSourceRef.kind || dataSource.name !== dataSourceRef.name) {
    errors.push(invalid(field, {}, 'must match dataSourceRef'));
  }
  return errors;
}

function referenceRules(
  field: string,
  { apiGroup, kind, name }: { readonly apiGroup?: string; readonly kind: string; readonly name: string },
): FieldError[] {
  const errors = [...present(child(field, 'name'), name), ...present(child(field, 'kind'), kind)];
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup) errors.push(...dnsSubdomain(child(field, 'apiGroup'), apiGroup));
  return errors;
}

/** The template of an ephemeral volume's claim: of its metadata only labels and annotations count. */
export function claimTemplateRules(field: string, template: PersistentVolumeClaimTemplate): FieldError[] {
  const { labels, annotations, ...others } = template.metadata ?? {};
  const metadata = child(field, 'metadata');
  return [
    ...validateAnnotations(annotations, child(metadata, 'annotations')),
    ...validateLabels(labels, child(metadata, 'labels')),
    ...Object.entries(others)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name]) => forbiddenField(child(metadata, name), 'cannot be set')),
    ...claimSpecRules(child(field, 'spec'), template.spec),
  ];
}
