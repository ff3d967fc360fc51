/**
 * Rules for namespaces.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateNamespace and updates.
 */
import { at, type FieldError, invalid } from '#machinery/field-error.ts';
import { qualifiedName } from '../../rules.ts';
import type { Namespace } from './schema.ts';

const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

function finalizerRules(field: string, name: string): FieldError[] {
  const errors = qualifiedName(field, name);
  if (!name.includes('/') && !STANDARD_FINALIZERS.includes(name))
    errors.push(invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified'));
  return errors;
}

/** A new namespace. */
export function validateNamespace({ spec }: Namespace): FieldError[] {
  return (spec.finalizers ?? []).flatMap((name) => finalizerRules('spec.finalizers', name));
}

/** A new status: the phase says whether the namespace is being deleted. */
export function validateNamespaceStatus({ metadata, status }: Namespace): FieldError[] {
  const { phase } = status;
  if (!metadata.deletionTimestamp)
    return phase === 'Active' ? [] : [invalid('status.Phase', phase ?? '', "may only be 'Active' if `deletionTimestamp` is empty")];
  return phase === 'Terminating' ? [] : [invalid('status.Phase', phase ?? '', "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}

/** New finalizers. */
export function validateNamespaceFinalize({ spec }: Namespace): FieldError[] {
  return (spec.finalizers ?? []).flatMap((name, index) => finalizerRules(at('spec.finalizers', index), name));
}
