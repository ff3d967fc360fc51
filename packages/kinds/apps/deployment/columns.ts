import type { Column } from '#machinery/kind.ts';
import { ageColumn, containerColumns, nameColumn, selectorColumn, selectorText } from '../../cells.ts';
import type { Deployment } from './schema.ts';

/** What `kubectl get deployments` shows. */
export const deploymentColumns: readonly Column<Deployment>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'Number of the pod with ready state',
    cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
  },
  { name: 'Up-to-date', type: 'string', description: 'Replicas that have the current template.', cell: ({ status }) => status.updatedReplicas ?? 0 },
  { name: 'Available', type: 'string', description: 'Replicas that are available.', cell: ({ status }) => status.availableReplicas ?? 0 },
  ageColumn,
  ...containerColumns,
  selectorColumn(({ spec }) => selectorText(spec.selector)),
];
