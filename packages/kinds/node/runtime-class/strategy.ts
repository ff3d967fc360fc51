/**
 * The life of a runtime class.
 *
 * Source: kubernetes `pkg/registry/node/runtimeclass`, `pkg/apis/node/validation`.
 */
import { at, type FieldError, duplicate } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { validateLabels } from '#machinery/meta-validation.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { tolerationRules } from '../../core/pod/validation/tolerations.ts';
import { containerRequirements } from '../../core/pod/validation/resources.ts';
import { dnsLabel, immutable } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { RuntimeClass } from './schema.ts';

/** Rules of a runtime class's life: its handler stays. */
export const runtimeClassStrategy: Strategy<RuntimeClass> = {
  validate,
  validateUpdate: (runtimeClass, stored) => immutable('handler', runtimeClass.handler, stored.handler),
};

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = dnsLabel('handler', handler);
  if (overhead) errors.push(...containerRequirements('overhead.podFixed', { limits: overhead.podFixed ?? {} }, new Set()));
  const tolerations = scheduling?.tolerations ?? [];
  errors.push(...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'), ...tolerationRules('scheduling.tolerations', tolerations));
  for (const [index, toleration] of tolerations.entries()) {
    if (tolerations.findIndex((other) => sameValue(other, toleration)) < index)
      errors.push(duplicate(at('scheduling.tolerations', index), toleration));
  }
  return errors;
}

/** What `kubectl get runtimeclasses` shows. */
export const runtimeClassColumns: readonly Column<RuntimeClass>[] = [
  nameColumn,
  { name: 'Handler', type: 'string', description: 'The configuration of the runtime.', cell: ({ handler }) => handler },
  ageColumn,
];
