import { defineKind } from '#machinery/kind.ts';
import { type PriorityClass, priorityClass } from './schema.ts';
import { priorityClassColumns, priorityClassStrategy } from './strategy.ts';

/** `priorityclasses` of scheduling.k8s.io. */
export const priorityClasses = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  schema: priorityClass,
  defaults: (draft) => void (draft.preemptionPolicy ??= 'PreemptLowerPriority'),
  strategy: priorityClassStrategy,
  columns: priorityClassColumns,
});
