/**
 * How fast and how far the number of replicas may change: stabilisation windows, policies, bounds.
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler/horizontal.go`; the documented scaling behaviour.
 */
import type { HPAScalingRules } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';

/** A wish of the past. */
export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}

/** A change of the past: by how many replicas. */
export interface ScaleEvent {
  readonly change: number;
  readonly atMs: number;
}

/** What a decision depends on besides the wish. */
export interface ScaleHistory {
  readonly recommendations: readonly Recommendation[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

/** A wish and its limits. */
export interface Wish {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly nowMs: number;
}

/** A number of replicas, with why it is (or is not) what was wished. */
export interface Limited {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}

const WITHIN: Omit<Limited, 'replicas'> = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_FEW: Omit<Limited, 'replicas'> = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const TOO_MANY: Omit<Limited, 'replicas'> = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const TOO_FAST_UP: Omit<Limited, 'replicas'> = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const TOO_FAST_DOWN: Omit<Limited, 'replicas'> = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };

/** The most replicas that one step without rules may reach: double, but at least 4. */
const MIN_UP_LIMIT = 4;
const UP_FACTOR = 2;

/** Without rules: the highest wish within the window. */
export function stabilize({ desired, nowMs }: Wish, { recommendations }: ScaleHistory, downWindowMs: number): Limited {
  let highest = desired;
  for (const { replicas, atMs } of recommendations) if (atMs >= nowMs - downWindowMs) highest = Math.max(highest, replicas);
  return { replicas: highest, ...(highest === desired ? READY : DOWN_STABILIZED) };
}

const READY = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const DOWN_STABILIZED = { reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' };
const UP_STABILIZED = { reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' };

/** With rules: the wish nearest to the current number among those of each direction's window. */
export function stabilizeByRules({ current, desired, nowMs }: Wish, { recommendations }: ScaleHistory, windows: { readonly upMs: number; readonly downMs: number }): Limited {
  let lowest = desired;
  let highest = desired;
  for (const { replicas, atMs } of recommendations) {
    if (atMs > nowMs - windows.upMs) lowest = Math.min(lowest, replicas);
    if (atMs > nowMs - windows.downMs) highest = Math.max(highest, replicas);
  }
  const replicas = Math.min(Math.max(current, lowest), highest);
  if (replicas === desired) return { replicas, ...READY };
  return { replicas, ...(desired >= current ? UP_STABILIZED : DOWN_STABILIZED) };
}

/** Without rules: within the bounds, and at most doubled. */
export function limit({ current, desired, min, max }: Wish): Limited {
  const upLimit = Math.max(UP_FACTOR * current, MIN_UP_LIMIT);
  if (desired < min) return { replicas: min, ...TOO_FEW };
  if (desired > Math.min(max, upLimit)) return max > upLimit ? { replicas: upLimit, ...TOO_FAST_UP } : { replicas: max, ...TOO_MANY };
  return { replicas: desired, ...WITHIN };
}

/** With rules: within the bounds, and not faster than the policies let it. */
export function limitByRules(wish: Wish, history: ScaleHistory, rules: { readonly up: HPAScalingRules; readonly down: HPAScalingRules }): Limited {
  const { current, desired, min, max } = wish;
  if (desired > current) {
    const upLimit = Math.max(upTo(rules.up, wish, history), current);
    if (desired > Math.min(max, upLimit)) return max > upLimit ? { replicas: upLimit, ...TOO_FAST_UP } : { replicas: max, ...TOO_MANY };
  } else if (desired < current) {
    const downLimit = Math.min(downTo(rules.down, wish, history), current);
    if (desired < Math.max(min, downLimit)) return min < downLimit ? { replicas: downLimit, ...TOO_FAST_DOWN } : { replicas: min, ...TOO_FEW };
  }
  return { replicas: desired, ...WITHIN };
}

function changedSince(events: readonly ScaleEvent[], sinceMs: number): number {
  return events.reduce((sum, { change, atMs }) => (atMs > sinceMs ? sum + change : sum), 0);
}

/** The replicas at the beginning of a policy's period. */
function startOf(periodSeconds: number, { current, nowMs }: Wish, { ups, downs }: ScaleHistory): number {
  const sinceMs = nowMs - periodSeconds * 1000;
  return current - changedSince(ups, sinceMs) + changedSince(downs, sinceMs);
}

function upTo({ selectPolicy = 'Max', policies = [] }: HPAScalingRules, wish: Wish, history: ScaleHistory): number {
  if (selectPolicy === 'Disabled') return wish.current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = startOf(periodSeconds, wish, history);
    // Rounded up: a percentage of few pods must not keep them few for ever.
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

function downTo({ selectPolicy = 'Max', policies = [] }: HPAScalingRules, wish: Wish, history: ScaleHistory): number {
  if (selectPolicy === 'Disabled') return wish.current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = startOf(periodSeconds, wish, history);
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}
