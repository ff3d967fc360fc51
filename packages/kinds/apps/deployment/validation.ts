/**
 * Rules for deployments.
 *
 * Source: kubernetes `pkg/apis/apps/validation` ValidateDeploymentSpec and updates.
 */
import { child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import { immutable, nonNegative } from '../../rules.ts';
import {
  amountOf,
  atMost100Percent,
  type Gated,
  intOrPercent,
  matcherOf,
  notDecremented,
  replicaCounts,
  runningTemplate,
  selectorMatches,
  workloadSelector,
} from '../validation.ts';
import type { Deployment, DeploymentSpec, DeploymentStrategy } from './schema.ts';

/** A new or changed deployment. */
export function validateDeployment({ spec }: Deployment, gated: Gated = {}): FieldError[] {
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...workloadSelector('spec.selector', spec.selector, 'deployment'),
    ...templateRules(spec, gated),
    ...strategyRules('spec.strategy', spec.strategy),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...deadlineRules(spec),
  ];
}

function templateRules({ selector, template }: DeploymentSpec, { gate }: Gated): FieldError[] {
  if (selector && !matcherOf(selector)) return [invalid('spec.selector', selector, 'invalid label selector')];
  return [...selectorMatches('spec.template', selector, template), ...runningTemplate('spec.template', template, 'ReplicaSet', gate)];
}

function strategyRules(field: string, strategy: DeploymentStrategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const here = child(field, 'rollingUpdate');
  if (type === 'Recreate') return rollingUpdate ? [forbiddenField(here, "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (type !== 'RollingUpdate') return [notSupported(field, strategy, ['Recreate', 'RollingUpdate'])];
  if (!rollingUpdate) return [required(here, 'this should be defaulted and never be nil')];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [...intOrPercent(child(here, 'maxUnavailable'), maxUnavailable), ...intOrPercent(child(here, 'maxSurge'), maxSurge)];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0)
    errors.push(invalid(child(here, 'maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  errors.push(...atMost100Percent(child(here, 'maxUnavailable'), maxUnavailable));
  return errors;
}

function deadlineRules({ progressDeadlineSeconds: deadline, minReadySeconds = 0 }: DeploymentSpec): FieldError[] {
  if (deadline === undefined) return [];
  const errors = nonNegative('spec.progressDeadlineSeconds', deadline);
  if (deadline <= minReadySeconds) errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  return errors;
}

/** A changed deployment: it keeps selecting the same pods. */
export function validateDeploymentUpdate(deployment: Deployment, stored: Deployment, gated: Gated = {}): FieldError[] {
  const errors = ratcheted(validateDeployment(deployment, gated), () => validateDeployment(stored, gated));
  return [...errors, ...immutable('spec.selector', deployment.spec.selector, stored.spec.selector)];
}

/** A new status. */
export function validateDeploymentStatus({ status }: Deployment, stored: Deployment): FieldError[] {
  return [...replicaCounts('status', status), ...notDecremented('status.collisionCount', status.collisionCount, stored.status.collisionCount)];
}
