/**
 * The asynchronous part of scheduling a pod: wait for permits, prepare, bind.
 */
import type { Histogram } from '#base/metrics.ts';
import type { PermitWait, Rejection } from './framework.ts';
import type { CycleStates, Refusal } from './cycle.ts';
import type { Extenders } from './extenders.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { type CycleTimes, type PointStatus, statusOf } from './point-times.ts';
import type { Profile } from './profile.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** A pod with the node that its cycle chose. */
export interface Placement {
  readonly profile: Profile;
  readonly info: PodInfo;
  readonly node: NodeInfo;
  readonly states: CycleStates;
  readonly times: CycleTimes;
}

/** Lets plugins claim things; the first refusal ends it (the caller then calls `unreserve`). */
export function reserve({ profile, info, node, states, times }: Placement): Refusal | undefined {
  const beginMs = times.nowMs();
  let refusal: Refusal | undefined;
  for (const plugin of profile.points.reserve) {
    if (!plugin.reserve) continue;
    const startMs = times.nowMs();
    const rejection = plugin.reserve(info, node, states.get(plugin));
    times.plugin(plugin.name, 'Reserve', statusOf(rejection), startMs);
    if (!rejection) continue;
    refusal = { plugin: plugin.name, rejection };
    break;
  }
  times.point('Reserve', statusOf(refusal?.rejection), times.nowMs() - beginMs);
  return refusal;
}

/** Gives all claims back, last claimed first. */
export function unreserve({ profile, info, node, states, times }: Placement): void {
  const startMs = times.nowMs();
  for (const plugin of profile.points.reserve.toReversed()) plugin.unreserve?.(info, node, states.get(plugin));
  times.point('Unreserve', 'Success', times.nowMs() - startMs);
}

/** Asks all permit plugins: a refusal, or how long each of them wants to wait (milliseconds). */
export function permit({ profile, info, node, states, times }: Placement): Refusal | ReadonlyMap<string, number> {
  const startMs = times.nowMs();
  const waits = new Map<string, number>();
  for (const plugin of profile.points.permit) {
    const answer: Rejection | PermitWait | undefined = plugin.permit!(info, node, states.get(plugin));
    if (!answer) continue;
    if ('reasons' in answer) {
      times.point('Permit', statusOf(answer), times.nowMs() - startMs);
      return { plugin: plugin.name, rejection: answer };
    }
    waits.set(plugin.name, answer.waitMs);
  }
  times.point('Permit', waits.size > 0 ? 'Wait' : 'Success', times.nowMs() - startMs);
  return waits;
}

/** What a binding needs besides its placement: how long plugins wait (milliseconds, by name), and who else may bind. */
export interface BindingParts {
  readonly waits: ReadonlyMap<string, number>;
  readonly waiting: WaitingPods;
  readonly extenders: Extenders | undefined;
  /** Seconds that a pod waited for permits, by how that ended. */
  readonly permitWaitSeconds: Histogram;
}

/** Waits, prepares and binds. @throws Error when something failed rather than refused. */
export async function bind(placement: Placement, { waits, waiting, extenders, permitWaitSeconds }: BindingParts, signal: AbortSignal): Promise<Refusal | undefined> {
  const { profile, info, node, times } = placement;
  if (waits.size > 0) {
    const stop = (): void => void waiting.reject(info.uid, '', 'the scheduler stops');
    signal.addEventListener('abort', stop, { once: true });
    const startMs = times.nowMs();
    const verdict = await waiting.wait(info, waits);
    permitWaitSeconds.observe((times.nowMs() - startMs) / 1_000, [verdict.type === 'allowed' ? 'Success' : 'Unschedulable']);
    signal.removeEventListener('abort', stop);
    if (verdict.type === 'rejected') return verdict;
  }
  const refusal = await preBind(placement, signal);
  if (refusal) return refusal;
  const bindMs = times.nowMs();
  let status: PointStatus = 'Error';
  try {
    if (!(await extenders?.bind(info, node.name, signal))) await bindByPlugins(placement, signal);
    status = 'Success';
  } finally {
    times.point('Bind', status, times.nowMs() - bindMs);
  }
  const afterMs = times.nowMs();
  for (const after of profile.points.postBind) after.postBind!(info, node, placement.states.get(after));
  times.point('PostBind', 'Success', times.nowMs() - afterMs);
  return undefined;
}

async function preBind({ profile, info, node, states, times }: Placement, signal: AbortSignal): Promise<Refusal | undefined> {
  const beginMs = times.nowMs();
  let refusal: Refusal | undefined;
  for (const plugin of profile.points.preBind) {
    const startMs = times.nowMs();
    const rejection = await plugin.preBind!(info, node, states.get(plugin), signal);
    times.plugin(plugin.name, 'PreBind', statusOf(rejection), startMs);
    if (!rejection) continue;
    refusal = { plugin: plugin.name, rejection };
    break;
  }
  times.point('PreBind', statusOf(refusal?.rejection), times.nowMs() - beginMs);
  return refusal;
}

async function bindByPlugins({ profile, info, node, states, times }: Placement, signal: AbortSignal): Promise<void> {
  for (const plugin of profile.points.bind) {
    const startMs = times.nowMs();
    const isBound = await named(plugin.name, plugin.bind!(info, node, states.get(plugin), signal));
    times.plugin(plugin.name, 'Bind', 'Success', startMs);
    if (isBound) return;
  }
  throw new Error(`no plugin of profile ${profile.schedulerName} binds pod ${info.key}`);
}

async function named(plugin: string, bound: Promise<boolean>): Promise<boolean> {
  try {
    return await bound;
  } catch (error) {
    throw new Error(`running Bind plugin "${plugin}": ${(error as Error).message}`, { cause: error });
  }
}
