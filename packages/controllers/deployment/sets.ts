/**
 * The ReplicaSets of a Deployment: which is the newest, which are old, how many pods they want and have.
 */
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import type { PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { createdMs } from '../workload/pod-state.ts';

/** The label that tells the pods of one set from those of another. */
export const TEMPLATE_HASH = 'pod-template-hash';

/** Pods that a set wants. */
export function wanted(rs: ReplicaSet): number {
  return rs.spec.replicas ?? 1;
}

/** Pods that all sets want. */
export function totalWanted(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, rs) => sum + wanted(rs), 0);
}

/** Available pods of all sets. */
export function totalAvailable(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, rs) => sum + (rs.status.availableReplicas ?? 0), 0);
}

/** Sets that want pods. */
export function activeSets(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return sets.filter((rs) => wanted(rs) > 0);
}

/** Oldest first; by name when of the same second. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return createdMs(a) - createdMs(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
}

/** Largest first; the newer one first when equal. */
export function bySizeNewer(a: ReplicaSet, b: ReplicaSet): number {
  return wanted(b) - wanted(a) || byCreation(b, a);
}

/** Largest first; the older one first when equal. */
export function bySizeOlder(a: ReplicaSet, b: ReplicaSet): number {
  return wanted(b) - wanted(a) || byCreation(a, b);
}

/** Whether two templates make the same pods, whatever their hash label says. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return sameValue(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The set that has the Deployment's template: the oldest one, if several have. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(byCreation).find((rs) => sameTemplate(rs.spec.template, deployment.spec.template));
}

/** All sets but the newest. */
export function oldSets(sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): readonly ReplicaSet[] {
  return sets.filter((rs) => rs.metadata.uid !== newSet?.metadata.uid);
}
