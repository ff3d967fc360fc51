import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import type { Lease } from './schema.ts';

/** What `kubectl get leases` shows. */
export const leaseColumns: readonly Column<Lease>[] = [
  nameColumn,
  { name: 'Holder', type: 'string', description: 'Who holds the lease.', cell: ({ spec }) => spec.holderIdentity ?? '' },
  ageColumn,
];
