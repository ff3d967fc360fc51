/**
 * The scheduling framework: extension points as optional methods of a plugin.
 *
 *     preEnqueue -> queue -> preFilter -> filter (per node) -> [postFilter] -> preScore -> score (per node) -> normalize
 *           -> reserve -> permit -> (wait) -> preBind -> bind -> postBind          (on failure: unreserve, in reverse)
 *
 * A plugin's state of one cycle is what its `preFilter` returned; all later points of that cycle get it (`undefined` after a skip).
 * What an upstream plugin keeps in its cycle state while filtering (for instance volumes per node) it puts into that object.
 *
 * Everything up to `reserve` is synchronous and pure; binding is asynchronous, after the pod was assumed on its node.
 *
 * Source: the documented extension points of kube-scheduler.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { SchedulerCache } from './cache.ts';
import type { Diagnosis } from './cycle.ts';
import type { EventHint } from './events.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominator } from './nominator.ts';
import type { PodInfo } from './pod-info.ts';
import type { CycleTimes } from './point-times.ts';

/**
 * Why a pod cannot go somewhere. `resolvable`: removing other pods might help (code Unschedulable; otherwise UnschedulableAndUnresolvable).
 * `pending`: something outside is already at work, the pod waits for its event without a penalty (code Pending).
 */
export interface Rejection {
  readonly reasons: readonly string[];
  readonly resolvable: boolean;
  readonly pending?: boolean;
}

/** What a plugin's preFilter decides for the whole cycle. */
export type PreFilterResult<S> =
  | { readonly type: 'state'; readonly state: S; readonly nodes?: ReadonlySet<string> }
  /** The plugin has nothing to say about this pod: its filter is not called. */
  | { readonly type: 'skip' }
  | { readonly type: 'reject'; readonly rejection: Rejection };

/** A permit that is not given yet: the pod keeps its place for at most this long. */
export interface PermitWait {
  readonly waitMs: number;
}

/** What a postFilter made of a pod that fits nowhere. */
export interface PostFilterResult {
  /** A node is being cleared for the pod: it is nominated; empty text: a former nomination is withdrawn; absent: unchanged. */
  readonly nominated?: string;
  /** Appended to the pod's message, for instance `preemption: 0/3 nodes are available: …`. */
  readonly message: string;
}

/** What plugins may look at. */
export interface CycleContext {
  readonly cache: SchedulerCache;
  /** Room that is kept for more important pods. */
  readonly nominator?: Nominator;
  /** Where the times of this cycle go. */
  readonly times?: CycleTimes;
}

/** A plugin: a name and any of the extension points. `S` is its private state of one cycle, `C` that of scoring. */
export interface Plugin<S = unknown, C = S> {
  readonly name: string;
  /** What may make a pod that this plugin rejected schedulable. */
  readonly events?: readonly EventHint[];
  /**
   * Whether verdict and score of a node depend on the pod's own content and on that node alone: then they are remembered for equal pods as long as
   * the node does not change.
   */
  readonly nodeLocal?: boolean;
  /** May the pod enter the active queue? */
  preEnqueue?(pod: Pod): Rejection | undefined;
  /** Queue order: whether `a` comes before `b`. At most one plugin of a profile, the same in all profiles. */
  before?(a: QueueOrder, b: QueueOrder): boolean;
  preFilter?(pod: PodInfo, context: CycleContext): PreFilterResult<S>;
  filter?(pod: PodInfo, node: NodeInfo, state: S): Rejection | undefined;
  /** The state as if `other` ran (`sign` 1) or did not run (-1) on `node`: preemption tries victims out. */
  shift?(state: S, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): S;
  /** No node fits: make room, or say why not. The first plugin that answers ends the round. */
  postFilter?(pod: PodInfo, diagnosis: Diagnosis, context: CycleContext): PostFilterResult | undefined | Promise<PostFilterResult | undefined>;
  /** Prepares scoring; undefined: the plugin does not score this pod. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], context: CycleContext, state: S | undefined): C | undefined;
  score?(pod: PodInfo, node: NodeInfo, state: C): number;
  /** Brings raw scores into 0..100, in place. */
  normalize?(scores: Float64Array, state: C): void;
  /** Claims things for the pod on `node`; a rejection fails the cycle. */
  reserve?(pod: PodInfo, node: NodeInfo, state: S | undefined): Rejection | undefined;
  /** Gives claims back; also called on plugins whose `reserve` was not reached. */
  unreserve?(pod: PodInfo, node: NodeInfo, state: S | undefined): void;
  /** Allows (undefined), rejects or delays the binding; see `WaitingPods` for how a delay ends. */
  permit?(pod: PodInfo, node: NodeInfo, state: S | undefined): Rejection | PermitWait | undefined;
  /** Work that must be done before the binding. A rejection sends the pod back to wait for this plugin's events; an error makes it back off. */
  preBind?(pod: PodInfo, node: NodeInfo, state: S | undefined, signal: AbortSignal): Promise<Rejection | undefined>;
  /** Writes the binding; false: leaves it to the next plugin. @throws StatusError when the binding was refused. */
  bind?(pod: PodInfo, node: NodeInfo, state: S | undefined, signal: AbortSignal): Promise<boolean>;
  /** The pod is bound. */
  postBind?(pod: PodInfo, node: NodeInfo, state: S | undefined): void;
}

/** What the queue's order looks at. */
export interface QueueOrder {
  readonly priority: number;
  /** When the pod first came (milliseconds, monotonic). */
  readonly addedMs: number;
}

/** The highest score of a plugin for a node. */
export const MAX_NODE_SCORE = 100;
