import type { Column } from '#machinery/kind.ts';
import { ageColumn, listWithMore, nameColumn } from '../../cells.ts';
import type { EndpointSlice } from './schema.ts';

/** Ports and addresses that a row shows. */
const SHOWN = 3;

/** What `kubectl get endpointslices` shows. */
export const endpointSliceColumns: readonly Column<EndpointSlice>[] = [
  nameColumn,
  { name: 'AddressType', type: 'string', description: 'Kind of addresses in the slice.', cell: ({ addressType }) => addressType },
  {
    name: 'Ports',
    type: 'string',
    description: 'Ports of the endpoints.',
    cell: ({ ports }) =>
      listWithMore(
        (ports ?? []).map((one) => (one.port === undefined ? (one.name ?? '*') : String(one.port))),
        SHOWN,
        '<unset>',
      ),
  },
  {
    name: 'Endpoints',
    type: 'string',
    description: 'Addresses of the endpoints.',
    cell: ({ endpoints }) =>
      listWithMore(
        (endpoints ?? []).flatMap((one) => one.addresses ?? []),
        SHOWN,
        '<unset>',
      ),
  },
  ageColumn,
];
