/**
 * Rules of `metadata` that hold for every kind.
 *
 * Source: apimachinery `api/validation` and `meta/v1/validation`; core's rule for unqualified finalizers.
 */
import { at, child, type FieldError, forbiddenField, invalid, required, tooLong } from './field-error.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './meta.ts';
import { type NameRule, nameIsDnsLabel, nameIsDnsSubdomain, validateLabelValue, validateQualifiedName } from './names.ts';

/** All keys and values of an object's annotations together, bytes. */
export const ANNOTATIONS_MAX_BYTES = 256 * 1024;
const FIELD_MANAGER_MAX_LENGTH = 128;
const SUBRESOURCE_MAX_LENGTH = 256;

/** The words for a change of what may not change. */
export const IMMUTABLE_MESSAGE = 'field is immutable';

/** Finalizers that need no domain. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** What the rules of metadata depend on. */
export interface ObjectMetaRules {
  readonly namespaced: boolean;
  /** Default: a DNS subdomain. */
  readonly validateName?: NameRule | undefined;
  /** Custom resources may have finalizers without a domain. */
  readonly anyFinalizer?: boolean;
}

/** Labels: keys are qualified names, values label values. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const message of validateQualifiedName(key)) errors.push(invalid(field, key, message));
    for (const message of validateLabelValue(value)) errors.push(invalid(field, value, message));
  }
  return errors;
}

/** Annotations: keys are qualified names in any case, the whole is bounded. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const message of validateQualifiedName(key.toLowerCase())) errors.push(invalid(field, key, message));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > ANNOTATIONS_MAX_BYTES) errors.push(tooLong(field, ANNOTATIONS_MAX_BYTES));
  return errors;
}

function validateOwnerReference(ref: OwnerReference, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const version = ref.apiVersion.slice(ref.apiVersion.indexOf('/') + 1);
  if (version === '') errors.push(invalid(child(field, 'apiVersion'), ref.apiVersion, 'version must not be empty'));
  for (const name of ['kind', 'name', 'uid'] as const) {
    if (ref[name] === '') errors.push(invalid(child(field, name), ref[name], 'must not be empty'));
  }
  if (ref.apiVersion === 'v1' && ref.kind === 'Event') errors.push(invalid(field, ref, '/v1, Kind=Event is disallowed from being an owner'));
  return errors;
}

/** Owner references: complete, at most one controller. */
export function validateOwnerReferences(references: readonly OwnerReference[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const ref of references ?? []) {
    errors.push(...validateOwnerReference(ref, field));
    if (ref.controller !== true) continue;
    const name = `${ref.kind}/${ref.name}`;
    if (controller === '') controller = name;
    else {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(field, references, why));
    }
  }
  return errors;
}

/** Finalizers: qualified names; `orphan` and `foregroundDeletion` exclude each other. */
export function validateFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers ?? []) {
    for (const message of validateQualifiedName(finalizer)) errors.push(invalid(field, finalizer, message));
  }
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function validateStandardFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  (finalizers ?? []).forEach((finalizer, i) => {
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
      errors.push(invalid(at(field, i), finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
    }
  });
  return errors;
}

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** What nearly all managers are called. */
const PLAIN_MANAGER = /^[\x20-\x7e]{0,128}$/;

/** A field manager's name: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (PLAIN_MANAGER.test(manager)) return errors;
  if (Buffer.byteLength(manager) > FIELD_MANAGER_MAX_LENGTH) errors.push(tooLong(field, FIELD_MANAGER_MAX_LENGTH));
  const found = UNPRINTABLE.exec(manager);
  if (found) {
    const code = `U+${found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
    errors.push(invalid(field, manager, `invalid character ${code} (at position ${Buffer.byteLength(manager.slice(0, found.index))})`));
  }
  return errors;
}

/** Managed fields entries: known operation and type, sound names. */
export function validateManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  (entries ?? []).forEach(({ operation, fieldsType, manager = '', subresource = '' }, i) => {
    const path = (name: string): string => child(at(field, i), name);
    if (operation !== 'Apply' && operation !== 'Update') errors.push(invalid(path('operation'), operation ?? '', 'must be `Apply` or `Update`'));
    if (fieldsType && fieldsType !== 'FieldsV1') errors.push(invalid(path('fieldsType'), fieldsType, 'must be `FieldsV1`'));
    if (!PLAIN_MANAGER.test(manager)) errors.push(...validateFieldManager(manager, path('manager')));
    if (subresource.length > SUBRESOURCE_MAX_LENGTH) errors.push(tooLong(path('subresource'), SUBRESOURCE_MAX_LENGTH));
  });
  return errors;
}

function validateIdentity(meta: ObjectMeta, rules: ObjectMetaRules, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const rule = rules.validateName ?? nameIsDnsSubdomain;
  if (meta.generateName)
    for (const message of rule(meta.generateName, true)) errors.push(invalid(child(field, 'generateName'), meta.generateName, message));
  if (!meta.name) errors.push(required(child(field, 'name'), 'name or generateName is required'));
  else for (const message of rule(meta.name, false)) errors.push(invalid(child(field, 'name'), meta.name, message));
  if (!rules.namespaced) {
    if (meta.namespace) errors.push(forbiddenField(child(field, 'namespace'), 'not allowed on this type'));
  } else if (!meta.namespace) errors.push(required(child(field, 'namespace')));
  else for (const message of nameIsDnsLabel(meta.namespace, false)) errors.push(invalid(child(field, 'namespace'), meta.namespace, message));
  return errors;
}

/** The rules for metadata of a new object. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, field = 'metadata'): FieldError[] {
  const errors = validateIdentity(meta, rules, field);
  const generation = meta.generation ?? 0;
  if (generation < 0) errors.push(invalid(child(field, 'generation'), generation, 'must be greater than or equal to 0'));
  // Most objects have few of these: what is absent costs nothing.
  if (meta.labels) errors.push(...validateLabels(meta.labels, child(field, 'labels')));
  if (meta.annotations) errors.push(...validateAnnotations(meta.annotations, child(field, 'annotations')));
  if (meta.ownerReferences) errors.push(...validateOwnerReferences(meta.ownerReferences, child(field, 'ownerReferences')));
  if (meta.finalizers) errors.push(...validateFinalizers(meta.finalizers, child(field, 'finalizers')));
  if (meta.managedFields) errors.push(...validateManagedFields(meta.managedFields, child(field, 'managedFields')));
  if (meta.finalizers && rules.anyFinalizer !== true) errors.push(...validateStandardFinalizers(meta.finalizers, child(field, 'finalizers')));
  return errors;
}

/** `field is immutable` when the values differ. Compares by JSON text, which is canonical. */
export function validateImmutable(next: unknown, stored: unknown, field: string): FieldError[] {
  if (next === stored || JSON.stringify(next) === JSON.stringify(stored)) return [];
  return [invalid(field, next, IMMUTABLE_MESSAGE)];
}

const IMMUTABLE = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** The rules for metadata of a changed object, besides those that `validateObjectMeta` has. */
export function validateObjectMetaUpdate(next: ObjectMeta, stored: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (stored.deletionTimestamp) {
    const added = (next.finalizers ?? []).filter((one) => !stored.finalizers?.includes(one)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`;
      errors.push(
        forbiddenField(child(field, 'finalizers'), `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
      );
    }
  }
  if (!next.resourceVersion) errors.push(invalid(child(field, 'resourceVersion'), '', 'must be specified for an update'));
  if ((next.generation ?? 0) < (stored.generation ?? 0))
    errors.push(invalid(child(field, 'generation'), next.generation ?? 0, 'must not be decremented'));
  for (const name of IMMUTABLE) if (next[name] !== stored[name]) errors.push(...validateImmutable(next[name], stored[name], child(field, name)));
  if (next.labels) errors.push(...validateLabels(next.labels, child(field, 'labels')));
  if (next.annotations) errors.push(...validateAnnotations(next.annotations, child(field, 'annotations')));
  if (next.ownerReferences) errors.push(...validateOwnerReferences(next.ownerReferences, child(field, 'ownerReferences')));
  if (next.managedFields) errors.push(...validateManagedFields(next.managedFields, child(field, 'managedFields')));
  return errors;
}
