/**
 * Which versions and resources a server serves, as `--runtime-config` says.
 *
 * Source: apiserver `server/resourceconfig`.
 */
import { parseBool } from '#machinery/feature-gates.ts';
import type { Kind } from '#machinery/kind.ts';

const MATURITY: readonly (readonly [string, RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
];

/** `a/v1=true,b/v1/things=false` as pairs; a name alone means true. @throws Error */
export function parseRuntimeConfig(text: string): Map<string, boolean> {
  const config = new Map<string, boolean>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const key = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    try {
      config.set(key, value === '' || parseBool(value));
    } catch (error) {
      throw new Error(`invalid value of ${key}: ${value}, err: ${(error as Error).message}`, { cause: error });
    }
  }
  return config;
}

/** `v1` and `api/v1` are the core group's; other versions stand behind their group. */
function versionOf(key: string): { readonly groupVersion: string; readonly resource: string } {
  const parts = key.split('/');
  if (key === 'v1' || (parts[0] === 'api' && parts[1] === 'v1')) return { groupVersion: '/v1', resource: parts[key === 'v1' ? 1 : 2] ?? '' };
  return { groupVersion: `${parts[0]}/${parts[1] ?? ''}`, resource: parts[2] ?? '' };
}

/**
 * The kinds of `all` that are served: those on by default, then by maturity, by version, by resource; what is said more precisely wins.
 * @throws Error for groups and versions that do not exist, and when a version is served without the one its objects are stored as
 */
export function servedKinds(all: readonly Kind[], config: ReadonlyMap<string, boolean>): Kind[] {
  const served = new Map(all.map((kind) => [kind, kind.enabledByDefault]));
  for (const [key, pattern] of MATURITY) {
    const on = config.get(key);
    if (on !== undefined) for (const kind of all) if (pattern.test(kind.version)) served.set(kind, on);
  }
  const named = [...config].filter(([key]) => !MATURITY.some(([maturity]) => maturity === key)).map(([key, on]) => ({ key, on, ...versionOf(key) }));
  for (const { key, on, groupVersion, resource } of named.toSorted((a, b) => Number(a.resource !== '') - Number(b.resource !== ''))) {
    const found = all.filter((kind) => `${kind.group}/${kind.version}` === groupVersion && (resource === '' || kind.plural === resource));
    if (found.length === 0) throw new Error(unknown(all, key, groupVersion));
    for (const kind of found) served.set(kind, on);
  }
  const kinds = all.filter((kind) => served.get(kind));
  for (const { stored, group, version, plural } of kinds) {
    if (!stored || kinds.some((one) => one.group === stored.group && one.version === stored.version && one.plural === plural)) continue;
    throw new Error(`${plural} of ${group}/${version} are stored as ${stored.version}, which is not served`);
  }
  return kinds;
}

function unknown(all: readonly Kind[], key: string, groupVersion: string): string {
  const [group = ''] = groupVersion.split('/');
  if (!all.some((kind) => kind.group === group)) return `unknown api groups ${group}`;
  if (!all.some((kind) => `${kind.group}/${kind.version}` === groupVersion)) return `group version ${groupVersion} that has not been registered`;
  return `resource ${key} that has not been registered`;
}
