import { type FieldError, forbiddenField, invalid } from '#machinery/field-error.ts';
import { nonNegative, POSITIVE } from '../../rules.ts';
import { leaseStrategyRules } from '../strategy-rules.ts';
import type { Lease } from './schema.ts';

/**
 * A new or changed lease.
 *
 * Source: kubernetes `pkg/apis/coordination/validation`.
 */
export function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder } = spec;
  return [
    ...(seconds !== undefined && seconds <= 0 ? [invalid('spec.leaseDurationSeconds', seconds, POSITIVE)] : []),
    ...nonNegative('spec.leaseTransitions', leaseTransitions),
    ...(strategy === undefined ? [] : leaseStrategyRules('spec.strategy', strategy)),
    ...(preferredHolder && !strategy ? [forbiddenField('spec.preferredHolder', 'may only be specified if `strategy` is defined')] : []),
  ];
}
