import { defineKind } from '#machinery/kind.ts';
import { type PodDisruptionBudget, podDisruptionBudget } from './schema.ts';
import { podDisruptionBudgetColumns, podDisruptionBudgetStatusSubresource, podDisruptionBudgetStrategy } from './strategy.ts';

/** `poddisruptionbudgets` of policy. */
export const podDisruptionBudgets = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  schema: podDisruptionBudget,
  subresources: {
    status: podDisruptionBudgetStatusSubresource,
  },
  strategy: podDisruptionBudgetStrategy,
  columns: podDisruptionBudgetColumns,
});
