/**
 * `kubectl api-resources`, `api-versions`, `version` and `cluster-info`.
 */
import { groupVersionText } from '#machinery/kind.ts';
import { alignColumns } from '../print/columns.ts';
import type { ResourceMap } from '../resources.ts';
import type { Session } from '../session.ts';

/** Lists resources by group. */
export function apiResources(session: Session, map: ResourceMap): void {
  const rows = map.all
    .filter((one) => !one.plural.includes('/'))
    .toSorted((a, b) => (a.group === b.group ? a.plural.localeCompare(b.plural) : a.group < b.group ? -1 : 1))
    .map((one) => [one.plural, one.shortNames.join(','), groupVersionText(one), String(one.namespaced), one.kind]);
  session.io.stdout.write(alignColumns([['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'], ...rows]));
}

/** Lists group versions. */
export function apiVersions(session: Session, map: ResourceMap): void {
  const versions = [...new Set(map.all.map(groupVersionText))].toSorted();
  session.io.stdout.write(`${versions.join('\n')}\n`);
}

/** Prints the versions of both sides. */
export async function version(session: Session): Promise<void> {
  const { gitVersion } = await session.json<{ gitVersion: string }>({ path: '/version' });
  session.io.stdout.write(`Client Version: v1.36.0\nServer Version: ${gitVersion}\n`);
}

/** Prints where the control plane is. */
export async function clusterInfo(session: Session): Promise<void> {
  await session.json({ path: '/version' });
  session.io.stdout.write(`Kubernetes control plane is running at ${session.server.origin}\n`);
}
