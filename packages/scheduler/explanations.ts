/**
 * Why a pod is pending, why it went where it is: what the plugins said about each node in the pod's last cycle.
 */
import { Lru } from '#base/lru.ts';
import { formatTime } from '#machinery/time.ts';
import type { CycleRecord, Diagnosis, Refusal } from './cycle.ts';
import type { NodeInfo } from './node-info.ts';

/** Cycles that are remembered: the last one of each pod. */
const MAX_CYCLES = 2_000;
/** Verdicts about nodes that are remembered over all cycles, so that large clusters do not take more memory than small ones. */
const MAX_VERDICTS = 2_000_000;

interface Remembered {
  readonly pod: ExplainedPod;
  readonly record: CycleRecord;
  readonly chosen?: string;
  readonly message?: string;
  /** The refusal of the nodes that were not looked at one by one. */
  readonly others?: Refusal | undefined;
  readonly nodeCount: number;
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
    this.#remember({ pod, record, chosen: chosen.name, nodeCount });
  }

  /** No node took the pod; `message` is what the pod was told. */
  refused(pod: ExplainedPod, { nodes, refusals, others }: Diagnosis, message: string): void {
    this.#remember({ pod, record: { nodes, start: 0, evaluated: 0, refusals, scorers: [], points: NO_POINTS }, message, others, nodeCount: nodes.length });
  }

  /** The last cycle of a pod; undefined when it is forgotten or has not been. */
  of(uid: string): Explanation | undefined {
    const cycle = this.#cycles.get(uid);
    return cycle && explanationOf(cycle);
  }

  #remember(cycle: Remembered): void {
    const { uid } = cycle.pod;
    const known = this.#cycles.get(uid);
    if (known) this.#forget(known);
    this.#verdicts += sizeOf(cycle);
    while (this.#verdicts > MAX_VERDICTS || this.#cycles.size >= MAX_CYCLES) {
      const oldest = this.#cycles.entries().next();
      if (oldest.done) break;
      this.#forget(oldest.value[1]);
    }
    this.#cycles.set(uid, cycle);
  }

  #forget(cycle: Remembered): void {
    this.#cycles.delete(cycle.pod.uid);
    this.#verdicts -= sizeOf(cycle);
  }
}

const NO_POINTS = new Uint8Array(0);

const sizeOf = ({ record }: Remembered): number => record.evaluated + record.refusals.size;

function explanationOf(cycle: Remembered): Explanation {
  const { pod, record, chosen, message, others, nodeCount } = cycle;
  const { refusals, scorers } = record;
  const feasible = feasibleNodes(record);
  const unseen = nodeCount - feasible.length - refusals.size;
  const refused = [...refusals].map(([node, refusal]) => refusedNode(node.name, refusal));
  return {
    kind: 'SchedulingExplanation',
    pod: pod.key,
    uid: pod.uid,
    time: formatTime(pod.atMs),
    schedulerName: pod.profile,
    attempt: pod.attempt,
    result: chosen === undefined ? 'Unschedulable' : 'Scheduled',
    ...(chosen === undefined ? {} : { nodeName: chosen }),
    ...(message === undefined ? {} : { message }),
    nodeCount,
    notEvaluated: others ? 0 : unseen,
    weights: Object.fromEntries(scorers.map(({ plugin, weight }) => [plugin, weight])),
    nodes: [
      ...feasible.toSorted((a, b) => Number(b.node === chosen) - Number(a.node === chosen) || b.total! - a.total! || (a.node < b.node ? -1 : 1)),
      ...refused.toSorted((a, b) => (a.node < b.node ? -1 : 1)),
      ...(others && unseen > 0 ? [refusedNode('*', others)] : []),
    ],
  };
}

/** The nodes that were looked at and not refused, with their points. */
function feasibleNodes({ nodes, start, evaluated, refusals, scorers, points }: CycleRecord): ExplainedNode[] {
  const feasible: NodeInfo[] = [];
  for (let i = 0; i < evaluated; i++) {
    const node = nodes[(start + i) % nodes.length]!;
    if (!refusals.has(node)) feasible.push(node);
  }
  return feasible.map((node, index) => {
    const ofNode = scorers.map(({ plugin, weight }, scorer) => ({ plugin, weight, value: points[scorer * feasible.length + index]! }));
    return {
      node: node.name,
      feasible: true,
      total: ofNode.reduce((sum, { weight, value }) => sum + weight * value, 0),
      points: Object.fromEntries(ofNode.map(({ plugin, value }) => [plugin, value])),
    };
  });
}

function refusedNode(node: string, { plugin, rejection }: Refusal): ExplainedNode {
  return { node, feasible: false, plugin, reasons: rejection.reasons, preemptable: rejection.resolvable };
}
