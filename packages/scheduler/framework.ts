/**
 * The scheduling framework: extension points as optional methods of a plugin, and the profile that runs them in order.
 *
 *     queue -> preFilter -> filter (per node) -> [postFilter] -> preScore -> score (per node) -> normalize -> reserve -> permit
 *           -> preBind -> bind -> postBind
 *
 * Everything up to `reserve` is synchronous and pure; binding is asynchronous, after the pod was assumed on its node.
 *
 * Source: the documented extension points of kube-scheduler.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { SchedulerCache } from './cache.ts';
import type { ClusterEvent, EventHint } from './events.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Why a pod cannot go somewhere. `resolvable`: removing other pods might help. */
export interface Rejection {
  readonly reasons: readonly string[];
  readonly resolvable: boolean;
}

/** What a plugin's preFilter decides for the whole cycle. */
export type PreFilterResult<S> =
  | { readonly type: 'state'; readonly state: S; readonly nodes?: ReadonlySet<string> }
  /** The plugin has nothing to say about this pod: its filter is not called. */
  | { readonly type: 'skip' }
  | { readonly type: 'reject'; readonly rejection: Rejection };

/** What plugins may look at. */
export interface CycleContext {
  readonly cache: SchedulerCache;
}

/** A plugin: a name and any of the extension points. `S` is its private state of one cycle. */
export interface Plugin<S = unknown> {
  readonly name: string;
  /** What may make a pod that this plugin rejected schedulable. */
  readonly events?: readonly EventHint[];
  /** May the pod enter the active queue? */
  preEnqueue?(pod: Pod): Rejection | undefined;
  preFilter?(pod: PodInfo, context: CycleContext): PreFilterResult<S>;
  filter?(pod: PodInfo, node: NodeInfo, state: S): Rejection | undefined;
  /** The state as if `other` ran (`sign` 1) or did not run (-1) on `node`: preemption tries victims out. */
  shift?(state: S, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): S;
  /** Prepares scoring; undefined: the plugin does not score this pod. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], context: CycleContext): S | undefined;
  score?(pod: PodInfo, node: NodeInfo, state: S): number;
  /** Brings raw scores into 0..100, in place. */
  normalize?(scores: Float64Array, state: S): void;
  /** Claims things for the pod on `node`; a rejection fails the cycle. */
  reserve?(pod: PodInfo, node: NodeInfo): Rejection | undefined;
  unreserve?(pod: PodInfo, node: NodeInfo): void;
  preBind?(pod: PodInfo, node: NodeInfo, signal: AbortSignal): Promise<void>;
}

/** A plugin with the weight of its scores. */
export interface WeightedPlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

/** The highest score of a plugin for a node. */
export const MAX_NODE_SCORE = 100;

/** A named set of plugins, prepared so that each extension point is one array. */
export class Profile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
  readonly preEnqueue: readonly Plugin[];
  readonly filters: readonly Plugin[];
  readonly scorers: readonly WeightedPlugin[];
  readonly reservers: readonly Plugin[];
  readonly preBinders: readonly Plugin[];
  readonly #hints: ReadonlyMap<string, readonly EventHint[]>;

  constructor(schedulerName: string, weighted: readonly WeightedPlugin[]) {
    this.schedulerName = schedulerName;
    this.plugins = weighted.map((one) => one.plugin);
    this.preEnqueue = this.plugins.filter((one) => one.preEnqueue);
    this.filters = this.plugins.filter((one) => one.filter ?? one.preFilter);
    this.scorers = weighted.filter((one) => one.plugin.score);
    this.reservers = this.plugins.filter((one) => one.reserve ?? one.unreserve);
    this.preBinders = this.plugins.filter((one) => one.preBind);
    this.#hints = new Map(this.plugins.map((one) => [one.name, one.events ?? []]));
  }

  /** Whether `event` may make a pod schedulable that plugin `name` rejected. */
  mayHelp(name: string, pod: Pod, event: ClusterEvent): boolean {
    return (this.#hints.get(name) ?? []).some((hint) => hint.on.includes(event.type) && (hint.helps?.(pod, event) ?? true));
  }
}
