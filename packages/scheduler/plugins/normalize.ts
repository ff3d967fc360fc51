/**
 * Brings raw scores of one plugin into the common range.
 */
import { MAX_NODE_SCORE } from '../framework.ts';

/** Scales so that the highest becomes 100 (all 0 stay 0, or become 100 when reversed); `reverse` makes the lowest the best. In place. */
export function normalizeToMax(scores: Float64Array, reverse: boolean): void {
  let max = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > max) max = scores[i]!;
  for (let i = 0; i < scores.length; i++) {
    const scaled = max === 0 ? 0 : Math.floor((scores[i]! * MAX_NODE_SCORE) / max);
    scores[i] = reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
