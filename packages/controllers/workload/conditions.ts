/**
 * Conditions of workloads: one per type; setting one with the same status keeps its transition time.
 */

/** What all conditions have. */
export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The condition of this type. */
export function findCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Sets `next`, unless one with the same status and reason is there; keeps the transition time when the status stays. */
export function setCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C): readonly C[] {
  const current = findCondition(conditions, next.type);
  if (current && current.status === next.status && current.reason === next.reason) return conditions ?? [];
  const kept = current && current.status === next.status && current.lastTransitionTime ? { ...next, lastTransitionTime: current.lastTransitionTime } : next;
  return [...withoutCondition(conditions, next.type), kept];
}

/** All conditions but those of this type. */
export function withoutCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): readonly C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
