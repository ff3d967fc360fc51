/**
 * Which taints a pod endures.
 *
 * Source: the documented matching of tolerations to taints.
 */
import type { Taint } from '../node/schema.ts';
import type { Toleration } from './affinity.ts';

/** Whether the toleration covers the taint: effect and key match when given, the value by operator. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Lt':
    case 'Gt': {
      const bound = Number(toleration.value);
      const value = Number(taint.value);
      if (!Number.isSafeInteger(bound) || !Number.isSafeInteger(value)) return false;
      return toleration.operator === 'Lt' ? value < bound : value > bound;
    }
    default:
      return false;
  }
}

/** The first of the taints (with one of these effects) that no toleration covers. */
export function findUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerations?.some((one) => tolerates(one, taint)));
}
