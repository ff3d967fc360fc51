import type { Column } from '#machinery/kind.ts';
import { ageColumn, listWithMore, nameColumn, NONE } from '../../cells.ts';
import type { Endpoints } from './schema.ts';

/** Addresses that a row shows. */
const SHOWN = 3;

/** What `kubectl get endpoints` shows. */
export const endpointsColumns: readonly Column<Endpoints>[] = [
  nameColumn,
  { name: 'Endpoints', type: 'string', description: 'Addresses of ready pods.', cell: addressesText },
  ageColumn,
];

function addressesText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return NONE;
  const shown = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
  });
  return listWithMore(shown, SHOWN, '');
}
