/**
 * Rules for daemon sets.
 *
 * Source: kubernetes `pkg/apis/apps/validation` ValidateDaemonSet and updates.
 */
import { child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import { immutable, nonNegative } from '../../rules.ts';
import { amountOf, atMost100Percent, type Gated, intOrPercent, notDecremented, notEmpty, runningTemplate, selectorMatches } from '../validation.ts';
import type { DaemonSet, DaemonSetUpdateStrategy } from './schema.ts';

/** A new or changed daemon set. */
export function validateDaemonSet({ spec }: DaemonSet, { gate }: Gated = {}): FieldError[] {
  return [
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...selectorMatches('spec.template', spec.selector, spec.template),
    ...notEmpty('spec.selector', spec.selector, 'daemonset'),
    ...runningTemplate('spec.template', spec.template, 'DaemonSet', gate),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...strategyRules('spec.updateStrategy', spec.updateStrategy),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

function strategyRules(field: string, strategy: DaemonSetUpdateStrategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const here = child(field, 'rollingUpdate');
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(field, strategy, ['RollingUpdate', 'OnDelete'])];
  if (!rollingUpdate) return [required(here)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [
    ...intOrPercent(child(here, 'maxUnavailable'), maxUnavailable),
    ...intOrPercent(child(here, 'maxSurge'), maxSurge),
    ...atMost100Percent(child(here, 'maxUnavailable'), maxUnavailable),
    ...atMost100Percent(child(here, 'maxSurge'), maxSurge),
  ];
  const down = amountOf(maxUnavailable) !== 0;
  const up = amountOf(maxSurge) !== 0;
  if (down && up) errors.push(invalid(child(here, 'maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!down && !up) errors.push(required(child(here, 'maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
  return errors;
}

/** A changed daemon set: it keeps selecting the same pods. */
export function validateDaemonSetUpdate(daemonSet: DaemonSet, stored: DaemonSet, gated: Gated = {}): FieldError[] {
  const errors = ratcheted(validateDaemonSet(daemonSet, gated), () => validateDaemonSet(stored, gated));
  return [...errors, ...immutable('spec.selector', daemonSet.spec.selector, stored.spec.selector)];
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;

/** A new status. */
export function validateDaemonSetStatus({ status }: DaemonSet, stored: DaemonSet): FieldError[] {
  return [
    ...COUNTS.flatMap((name) => nonNegative(child('status', name), status[name])),
    ...notDecremented('status.collisionCount', status.collisionCount, stored.status.collisionCount),
  ];
}
