/**
 * Annotations that a Deployment and its ReplicaSets carry: revisions, and how large the Deployment was when a set was last scaled.
 *
 * Source: upstream's deployment utilities.
 */
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { maxReplicas } from './limits.ts';
import { byCreation } from './sets.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that its ReplicaSets do not get. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** Characters of revision history that are kept. */
const MAX_HISTORY_LENGTH = 2000;

type Annotations = Readonly<Record<string, string>>;

/** A revision, which has 64 bits; `undefined` for text that is none. */
function parseRevision(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const revision = BigInt(text);
  return revision === BigInt.asIntN(64, revision) ? revision : undefined;
}

/** The revision of a set; 0 when it has none. */
function revisionOf(rs: ReplicaSet): bigint {
  return parseRevision(rs.metadata.annotations?.[REVISION] ?? '') ?? 0n;
}

/** The highest revision of the sets. */
export function maxRevision(sets: readonly ReplicaSet[]): bigint {
  return sets.map(revisionOf).reduce((max, revision) => (revision > max ? revision : max), 0n);
}

/** Oldest revision first. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [older, newer] = [revisionOf(a), revisionOf(b)];
  if (older === newer) return byCreation(a, b);
  return older < newer ? -1 : 1;
}

/** A whole number in an annotation. */
export function numberAnnotation(rs: ReplicaSet, name: string): number | undefined {
  const text = rs.metadata.annotations?.[name];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** The annotations that record how large the Deployment wants to be and may become. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  return { [DESIRED_REPLICAS]: String(deployment.spec.replicas ?? 1), [MAX_REPLICAS]: String(maxReplicas(deployment)) };
}

/** Whether a set records the Deployment's present size. */
export function recordsSize(rs: ReplicaSet, deployment: Deployment): boolean {
  return Object.entries(sizeAnnotations(deployment)).every(([name, value]) => rs.metadata.annotations?.[name] === value);
}

/** Old revisions with `old` at the end, shortened from the front to fit. */
function extendHistory(history: string, old: string): string {
  if (!history) return old;
  const revisions = [...history.split(','), old];
  while (revisions.length > 1 && revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}

/**
 * The annotations of the newest set: the Deployment's own, its revision, and what revisions it had before.
 * A set that does not exist yet (`fresh`) also records the Deployment's size.
 */
export function newSetAnnotations(deployment: Deployment, current: Annotations | undefined, revision: bigint, fresh: boolean): Annotations {
  const result: Record<string, string> = { ...current };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!NOT_COPIED.has(name)) result[name] = value;
  const old = result[REVISION];
  const oldRevision = parseRevision(old || '0');
  if (oldRevision === undefined) return result;
  if (oldRevision < revision) {
    result[REVISION] = String(revision);
    if (old !== undefined) result[REVISION_HISTORY] = extendHistory(result[REVISION_HISTORY] ?? '', old);
  }
  return fresh ? { ...result, ...sizeAnnotations(deployment) } : result;
}

/** Whether two sets of annotations are equal. */
export function sameAnnotations(a: Annotations | undefined, b: Annotations | undefined): boolean {
  const names = Object.keys(a ?? {});
  return names.length === Object.keys(b ?? {}).length && names.every((name) => a?.[name] === b?.[name]);
}
