/**
 * The life of a stateful set.
 *
 * Source: kubernetes `pkg/registry/apps/statefulset/strategy.go`.
 */
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import { nameIsDnsLabel } from '#machinery/names.ts';
import { ageColumn, containerColumns, nameColumn } from '../../cells.ts';
import { podTemplateWarnings } from '../../core/pod/warnings.ts';
import { claimSpecWarnings } from '../../warnings.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import type { StatefulSet } from './schema.ts';
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from './validation.ts';

/** Rules of a stateful set's life. */
export const statefulSetStrategy: Strategy<StatefulSet> = {
  ...specStrategy<StatefulSet>({ replicas: 0, availableReplicas: 0 }),
  unconditionalUpdate: true,
  validateName: nameIsDnsLabel,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings({ metadata, spec }, stored) {
    if (stored && stored.metadata.generation === metadata.generation) return [];
    const history = spec.revisionHistoryLimit ?? 0;
    return [
      ...podTemplateWarnings('spec.template', spec.template),
      ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) => claimSpecWarnings(`spec.volumeClaimTemplates[${index}].Spec`, claim.spec)),
      ...(history < 0 ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'] : []),
    ];
  },
};

/** `status`. */
export const statefulSetStatusSubresource: Subresource = statusSubresource<StatefulSet>({ validate: validateStatefulSetStatus });

/** What `kubectl get statefulsets` shows. */
export const statefulSetColumns: readonly Column<StatefulSet>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'Number of the pod with ready state',
    cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
  },
  ageColumn,
  ...containerColumns,
];
