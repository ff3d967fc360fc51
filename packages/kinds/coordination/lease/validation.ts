import { type FieldError, invalid } from '#machinery/field-error.ts';
import { nonNegative, POSITIVE } from '../../rules.ts';
import type { Lease } from './schema.ts';

/**
 * A new or changed lease.
 *
 * Source: kubernetes `pkg/apis/coordination/validation`.
 */
export function validateLease({ spec }: Lease): FieldError[] {
  const seconds = spec.leaseDurationSeconds;
  return [
    ...(seconds !== undefined && seconds <= 0 ? [invalid('spec.leaseDurationSeconds', seconds, POSITIVE)] : []),
    ...nonNegative('spec.leaseTransitions', spec.leaseTransitions),
  ];
}
