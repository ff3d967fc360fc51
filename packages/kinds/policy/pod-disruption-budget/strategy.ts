/**
 * The life of a pod disruption budget.
 *
 * Source: kubernetes `pkg/apis/policy/validation`, `pkg/registry/policy/poddisruptionbudget`.
 */
import { child, type FieldError, invalid } from '#machinery/field-error.ts';
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { atMost100Percent, intOrPercent } from '../../apps/validation.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { commonConditions } from '../../conditions.ts';
import { nonNegative, optionalOneOf } from '../../rules.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import type { PodDisruptionBudget } from './schema.ts';

const EMPTY_STATUS = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

/** Rules of a budget's life. */
export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = {
  ...specStrategy<PodDisruptionBudget>(EMPTY_STATUS),
  validate: validateBudget,
  validateUpdate: (budget) => validateBudget(budget),
};

function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const errors =
    minAvailable !== undefined && maxUnavailable !== undefined ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : [];
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    errors.push(...intOrPercent(child('spec', name), value), ...atMost100Percent(child('spec', name), value));
  }
  errors.push(
    ...validateLabelSelector(selector, 'spec.selector'),
    ...optionalOneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  );
  return errors;
}

/** `status`. */
export const podDisruptionBudgetStatusSubresource: Subresource = statusSubresource<PodDisruptionBudget>({
  validate: ({ status }) => [
    ...commonConditions('status.conditions', status.conditions),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((name) => nonNegative(child('status', name), status[name])),
  ],
});

const amountText = (value: number | string | undefined): string => (value === undefined ? 'N/A' : String(value));

/** What `kubectl get poddisruptionbudgets` shows. */
export const podDisruptionBudgetColumns: readonly Column<PodDisruptionBudget>[] = [
  nameColumn,
  {
    name: 'Min Available',
    type: 'string',
    description: 'The minimum number of pods that must be available.',
    cell: ({ spec }) => amountText(spec.minAvailable),
  },
  {
    name: 'Max Unavailable',
    type: 'string',
    description: 'The maximum number of pods that may be unavailable.',
    cell: ({ spec }) => amountText(spec.maxUnavailable),
  },
  {
    name: 'Allowed Disruptions',
    type: 'integer',
    description: 'Calculated number of pods that may be disrupted at this time.',
    cell: ({ status }) => status.disruptionsAllowed,
  },
  ageColumn,
];
