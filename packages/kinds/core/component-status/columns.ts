import type { Column } from '#machinery/kind.ts';
import { nameColumn } from '../../cells.ts';
import type { ComponentStatus } from './schema.ts';

const healthOf = ({ conditions = [] }: ComponentStatus): NonNullable<ComponentStatus['conditions']>[number] | undefined =>
  conditions.find(({ type }) => type === 'Healthy');

function statusText(component: ComponentStatus): string {
  const health = healthOf(component);
  if (!health) return 'Unknown';
  return health.status === 'True' ? 'Healthy' : 'Unhealthy';
}

/** What `kubectl get componentstatuses` shows. */
export const componentStatusColumns: readonly Column<ComponentStatus>[] = [
  nameColumn,
  { name: 'Status', type: 'string', description: 'Whether the component is healthy.', cell: statusText },
  { name: 'Message', type: 'string', description: 'What the component says.', cell: (component) => healthOf(component)?.message ?? '' },
  { name: 'Error', type: 'string', description: 'What is wrong.', cell: (component) => healthOf(component)?.error ?? '' },
];
