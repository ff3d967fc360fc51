/**
 * Rules for replica sets.
 *
 * Source: kubernetes `pkg/apis/apps/validation` ValidateReplicaSetSpec and updates.
 */
import { type FieldError, invalid } from '#machinery/field-error.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import { immutable, nonNegative } from '../../rules.ts';
import { type Gated, matcherOf, replicaCounts, runningTemplate, selectorMatches, workloadSelector } from '../validation.ts';
import type { ReplicaSet } from './schema.ts';

/** A new or changed replica set. */
export function validateReplicaSet({ spec }: ReplicaSet, { gate }: Gated = {}): FieldError[] {
  const { selector, template } = spec;
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...workloadSelector('spec.selector', selector, 'deployment'),
  ];
  if (selector && !matcherOf(selector)) return [...errors, invalid('spec.selector', selector, 'invalid label selector')];
  return [...errors, ...selectorMatches('spec.template', selector, template), ...runningTemplate('spec.template', template, 'ReplicaSet', gate)];
}

/** A changed replica set: it keeps selecting the same pods. */
export function validateReplicaSetUpdate(replicaSet: ReplicaSet, stored: ReplicaSet, gated: Gated = {}): FieldError[] {
  const errors = ratcheted(validateReplicaSet(replicaSet, gated), () => validateReplicaSet(stored, gated));
  return [...errors, ...immutable('spec.selector', replicaSet.spec.selector, stored.spec.selector)];
}

/** A new status. */
export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  return replicaCounts('status', status);
}
