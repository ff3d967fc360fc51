/**
 * The asynchronous part of scheduling a pod: wait for permits, prepare, bind.
 */
import type { PermitWait, Rejection } from './framework.ts';
import type { CycleStates, Refusal } from './cycle.ts';
import type { Extenders } from './extenders.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** A pod with the node that its cycle chose. */
export interface Placement {
  readonly profile: Profile;
  readonly info: PodInfo;
  readonly node: NodeInfo;
  readonly states: CycleStates;
}

/** Lets plugins claim things; the first refusal ends it (the caller then calls `unreserve`). */
export function reserve({ profile, info, node, states }: Placement): Refusal | undefined {
  for (const plugin of profile.points.reserve) {
    const rejection = plugin.reserve?.(info, node, states.get(plugin));
    if (rejection) return { plugin: plugin.name, rejection };
  }
  return undefined;
}

/** Gives all claims back, last claimed first. */
export function unreserve({ profile, info, node, states }: Placement): void {
  for (const plugin of profile.points.reserve.toReversed()) plugin.unreserve?.(info, node, states.get(plugin));
}

/** Asks all permit plugins: a refusal, or how long each of them wants to wait (milliseconds). */
export function permit({ profile, info, node, states }: Placement): Refusal | ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  for (const plugin of profile.points.permit) {
    const answer: Rejection | PermitWait | undefined = plugin.permit!(info, node, states.get(plugin));
    if (!answer) continue;
    if ('reasons' in answer) return { plugin: plugin.name, rejection: answer };
    waits.set(plugin.name, answer.waitMs);
  }
  return waits;
}

/** What a binding needs besides its placement: how long plugins wait (milliseconds, by name), and who else may bind. */
export interface BindingParts {
  readonly waits: ReadonlyMap<string, number>;
  readonly waiting: WaitingPods;
  readonly extenders: Extenders | undefined;
}

/** Waits, prepares and binds. @throws Error when something failed rather than refused. */
export async function bind(placement: Placement, { waits, waiting, extenders }: BindingParts, signal: AbortSignal): Promise<Refusal | undefined> {
  const { profile, info, node, states } = placement;
  if (waits.size > 0) {
    const stop = (): void => void waiting.reject(info.uid, '', 'the scheduler stops');
    signal.addEventListener('abort', stop, { once: true });
    const verdict = await waiting.wait(info, waits);
    signal.removeEventListener('abort', stop);
    if (verdict.type === 'rejected') return verdict;
  }
  for (const plugin of profile.points.preBind) {
    const rejection = await plugin.preBind!(info, node, states.get(plugin), signal);
    if (rejection) return { plugin: plugin.name, rejection };
  }
  if (await extenders?.bind(info, node.name, signal)) return undefined;
  for (const plugin of profile.points.bind) {
    if (!(await named(plugin.name, plugin.bind!(info, node, states.get(plugin), signal)))) continue;
    for (const after of profile.points.postBind) after.postBind!(info, node, states.get(after));
    return undefined;
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
