/**
 * `kubectl api-resources`, `api-versions`, `version` and `cluster-info`.
 */
import { groupVersionText } from '#machinery/kind.ts';
import type { Io } from '../io.ts';
import { alignColumns } from '../print/columns.ts';
import { type ResourceMap, resourceText } from '../resources.ts';
import type { Session } from '../session.ts';

/** Flags of api-resources. */
export interface ApiResourcesFlags {
  readonly headers: boolean;
  readonly output?: string;
  readonly namespaced?: boolean;
  readonly apiGroup?: string;
  readonly verbs?: readonly string[];
}

/** Lists resources by group, each in its preferred version. */
export function apiResources(session: Session, map: ResourceMap, flags: ApiResourcesFlags): void {
  const seen = new Set<string>();
  const shown = map.all
    .filter((one) => !one.plural.includes('/') && !seen.has(resourceText(one)) && seen.add(resourceText(one)))
    .filter((one) => flags.namespaced === undefined || one.namespaced === flags.namespaced)
    .filter((one) => flags.apiGroup === undefined || one.group === flags.apiGroup)
    .filter((one) => flags.verbs?.every((verb) => one.verbs.includes(verb)) ?? true)
    .toSorted((a, b) => (a.group === b.group ? a.plural.localeCompare(b.plural) : a.group < b.group ? -1 : 1));
  if (flags.output === 'name') {
    session.io.stdout.write(shown.map((one) => `${resourceText(one)}\n`).join(''));
    return;
  }
  const wide = flags.output === 'wide';
  const rows = shown.map((one) => [
    one.plural,
    one.shortNames.join(','),
    groupVersionText(one),
    String(one.namespaced),
    one.kind,
    ...(wide ? [one.verbs.toSorted().join(','), one.categories.join(',')] : []),
  ]);
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
  session.io.stdout.write(alignColumns([...(flags.headers ? [header] : []), ...rows]));
}

/** Lists group versions. */
export function apiVersions(session: Session, map: ResourceMap): void {
  const versions = [...new Set(map.all.map(groupVersionText))].toSorted();
  session.io.stdout.write(`${versions.join('\n')}\n`);
}

/** Prints the version of this side, which no server is asked for. */
export function clientVersion(io: Io): void {
  io.stdout.write('Client Version: v1.36.0\n');
}

/** Prints the version of the other side. */
export async function serverVersion(session: Session): Promise<void> {
  const { gitVersion } = await session.json<{ gitVersion: string }>({ path: '/version' });
  session.io.stdout.write(`Server Version: ${gitVersion}\n`);
}

/** Prints where the control plane is. */
export async function clusterInfo(session: Session): Promise<void> {
  await session.json({ path: '/version' });
  session.io.stdout.write(`Kubernetes control plane is running at ${session.server.origin}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n`);
}
