/**
 * Why a pod is pending, why it went where it is: what the plugins said about each node in the pod's last cycle.
 */
import { Lru } from '#base/lru.ts';
import type { CycleRecord, Diagnosis, PluginScores, Refusal } from './cycle.ts';
import type { NodeInfo } from './node-info.ts';

/** Cycles that are remembered: the last one of each pod. */
const MAX_CYCLES = 2_000;
/** Verdicts about nodes that are remembered over all cycles, so that large clusters do not take more memory than small ones. */
const MAX_VERDICTS = 2_000_000;

interface Remembered {
  readonly atMs: number;
  readonly pod: string;
  readonly attempt: number;
  readonly profile: string;
  readonly nodeCount: number;
  readonly chosen?: string;
  readonly message?: string;
  readonly feasible: readonly NodeInfo[];
  readonly scores: readonly PluginScores[];
  readonly totals: Float64Array;
  readonly refusals: ReadonlyMap<NodeInfo, Refusal>;
  readonly others: Refusal | undefined;
}

/** What is known about the pod of a cycle. */
export interface ExplainedPod {
  readonly uid: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly attempt: number;
  readonly profile: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A node in an explanation: refused by a plugin, or with points by plugin. */
export interface ExplainedNode {
  readonly node: string;
  readonly feasible: boolean;
  readonly plugin?: string;
  readonly reasons?: readonly string[];
  /** Whether removing other pods might help. */
  readonly preemptable?: boolean;
  readonly total?: number;
  readonly points?: Readonly<Record<string, number>>;
}

/** The explanation of a pod's last cycle. */
export interface Explanation {
  readonly kind: 'SchedulingExplanation';
  readonly pod: string;
  readonly uid: string;
  readonly time: string;
  readonly schedulerName: string;
  readonly attempt: number;
  readonly result: 'Scheduled' | 'Unschedulable';
  readonly nodeName?: string;
  readonly message?: string;
  readonly nodeCount: number;
  /** Nodes that were not looked at because enough feasible ones had been found. */
  readonly notEvaluated: number;
  readonly weights: Readonly<Record<string, number>>;
  /** The best first, then the refused ones by name. */
  readonly nodes: readonly ExplainedNode[];
}

/** The memory of last cycles. */
export class Explanations {
  readonly #cycles = new Lru<string, Remembered>(MAX_CYCLES);
  #verdicts = 0;

  /** A pod got a node. */
  placed(pod: ExplainedPod, chosen: NodeInfo, record: CycleRecord, nodeCount: number): void {
    this.#remember(pod, { ...factsOf(pod), ...record, nodeCount, chosen: chosen.name, others: undefined });
  }

  /** No node took the pod; `message` is what the pod was told. */
  refused(pod: ExplainedPod, { nodes, refusals, others }: Diagnosis, message: string): void {
    this.#remember(pod, { ...factsOf(pod), nodeCount: nodes.length, message, feasible: [], scores: [], totals: NO_TOTALS, refusals, others });
  }

  /** The last cycle of a pod; undefined when it is forgotten or has not been. */
  of(uid: string): Explanation | undefined {
    const cycle = this.#cycles.get(uid);
    return cycle && explanationOf(uid, cycle);
  }

  #remember({ uid }: ExplainedPod, cycle: Remembered): void {
    const known = this.#cycles.get(uid);
    if (known) this.#forget(uid, known);
    this.#verdicts += sizeOf(cycle);
    while (this.#verdicts > MAX_VERDICTS || this.#cycles.size >= MAX_CYCLES) {
      const oldest = this.#cycles.entries().next();
      if (oldest.done) break;
      this.#forget(...oldest.value);
    }
    this.#cycles.set(uid, cycle);
  }

  #forget(uid: string, cycle: Remembered): void {
    this.#cycles.delete(uid);
    this.#verdicts -= sizeOf(cycle);
  }
}

const NO_TOTALS = new Float64Array(0);

const sizeOf = ({ feasible, refusals }: Remembered): number => feasible.length + refusals.size;

function factsOf({ key, attempt, profile, atMs }: ExplainedPod): Pick<Remembered, 'atMs' | 'pod' | 'attempt' | 'profile'> {
  return { pod: key, attempt, profile, atMs };
}

function explanationOf(uid: string, cycle: Remembered): Explanation {
  const { feasible, refusals, others, chosen, message, scores } = cycle;
  const unseen = cycle.nodeCount - feasible.length - refusals.size;
  const feasibleNodes = feasible.map((node, index): ExplainedNode => ({
    node: node.name,
    feasible: true,
    total: cycle.totals[index]!,
    points: Object.fromEntries(scores.map(({ plugin, points }) => [plugin, points[index]!])),
  }));
  const refused = [...refusals].map(([node, refusal]) => refusedNode(node.name, refusal));
  return {
    kind: 'SchedulingExplanation',
    pod: cycle.pod,
    uid,
    time: new Date(cycle.atMs).toISOString(),
    schedulerName: cycle.profile,
    attempt: cycle.attempt,
    result: chosen === undefined ? 'Unschedulable' : 'Scheduled',
    ...(chosen === undefined ? {} : { nodeName: chosen }),
    ...(message === undefined ? {} : { message }),
    nodeCount: cycle.nodeCount,
    notEvaluated: others ? 0 : unseen,
    weights: Object.fromEntries(scores.map(({ plugin, weight }) => [plugin, weight])),
    nodes: [
      ...feasibleNodes.toSorted((a, b) => Number(b.node === chosen) - Number(a.node === chosen) || b.total! - a.total! || (a.node < b.node ? -1 : 1)),
      ...refused.toSorted((a, b) => (a.node < b.node ? -1 : 1)),
      ...(others && unseen > 0 ? [refusedNode('*', others)] : []),
    ],
  };
}

function refusedNode(node: string, { plugin, rejection }: Refusal): ExplainedNode {
  return { node, feasible: false, plugin, reasons: rejection.reasons, preemptable: rejection.resolvable };
}
