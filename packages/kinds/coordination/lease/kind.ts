import { defineKind } from '#machinery/kind.ts';
import { leaseColumns } from './columns.ts';
import { type Lease, lease } from './schema.ts';
import { validateLease } from './validation.ts';

/** `leases` of coordination.k8s.io. */
export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  schema: lease,
  strategy: { createOnUpdate: true, validate: validateLease, validateUpdate: validateLease },
  columns: leaseColumns,
});
