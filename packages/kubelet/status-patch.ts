/**
 * The smallest strategic merge patch from one pod status to another.
 *
 * Lists with a merge key (conditions, addresses) name their elements, so that conditions of other writers are never touched.
 */
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { OWN_CONDITIONS } from './pod/pod-status.ts';

/** Lists that the API merges by key. */
const MERGE_KEYS: Readonly<Record<string, string>> = { conditions: 'type', podIPs: 'ip', hostIPs: 'ip' };

/** Elements that are ours are sent whole whenever their list changes; those of others only if we changed them, which is never. */
const isOurs = (key: string, item: Fields): boolean => key !== 'type' || OWN_CONDITIONS.includes(String(item[key]));

type Fields = Readonly<Record<string, unknown>>;

/** Structural equality of JSON values. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a as Fields).filter(([, value]) => value !== undefined);
  const right = Object.entries(b as Fields).filter(([, value]) => value !== undefined);
  return left.length === right.length && left.every(([key, value]) => sameJson(value, (b as Fields)[key]));
}

function mergedList(key: string, before: readonly Fields[], after: readonly Fields[]): Fields[] {
  const changed = after.filter((item) => isOurs(key, item) || !before.some((old) => sameJson(old, item)));
  const removed = before.filter((old) => !after.some((item) => item[key] === old[key]));
  return [...changed.map((item) => withNulls(item, before.find((old) => old[key] === item[key]))), ...removed.map((old) => ({ $patch: 'delete', [key]: old[key] }))];
}

/** Members that vanished are set to null. */
function withNulls(item: Fields, before: Fields | undefined): Fields {
  const gone = Object.keys(before ?? {}).filter((name) => before![name] !== undefined && item[name] === undefined);
  return gone.length === 0 ? item : { ...item, ...Object.fromEntries(gone.map((name) => [name, null])) };
}

/** The members to send; undefined when nothing changed. */
export function statusPatch(before: PodStatus, after: PodStatus): Fields | undefined {
  const old = before as unknown as Fields;
  const wanted = after as unknown as Fields;
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
    if (sameJson(old[name], wanted[name])) continue;
    const key = MERGE_KEYS[name];
    if (key) patch[name] = mergedList(key, (old[name] as Fields[] | undefined) ?? [], (wanted[name] as Fields[] | undefined) ?? []);
    else patch[name] = wanted[name] ?? null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
