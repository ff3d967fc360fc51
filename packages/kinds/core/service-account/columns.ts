import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { ServiceAccount } from './schema.ts';

/** What `kubectl get serviceaccounts` shows. */
export const serviceAccountColumns: readonly Column<ServiceAccount>[] = [
  nameColumn,
  { name: 'Secrets', type: 'string', description: 'Number of secrets the account lists.', cell: ({ secrets }) => secrets?.length ?? 0 },
  ageColumn,
];
