import type { Column } from '#machinery/kind.ts';
import { ageColumn, containerColumns, nameColumn, selectorCell, selectorColumn } from '../../cells.ts';
import type { ReplicaSet } from './schema.ts';

/** What `kubectl get replicasets` shows. */
export const replicaSetColumns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  { name: 'Desired', type: 'integer', description: 'Replicas that are wanted.', cell: ({ spec }) => spec.replicas ?? 1 },
  { name: 'Current', type: 'integer', description: 'Replicas that exist.', cell: ({ status }) => status.replicas },
  { name: 'Ready', type: 'integer', description: 'Replicas that are ready.', cell: ({ status }) => status.readyReplicas ?? 0 },
  ageColumn,
  ...containerColumns,
  selectorColumn(({ spec }) => selectorCell(spec.selector)),
];
