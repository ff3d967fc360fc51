/**
 * Nodes and the pods on them, as the informers report them plus the pods this scheduler has just placed ("assumed") and whose binding is still under way.
 *
 * Cycles run synchronously, so the cache itself is the snapshot: nothing changes during a cycle. Every change is applied where it happens (to one node, to the
 * tallies), never by a look at everything.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { NamespaceLabels } from './affinity-terms.ts';
import { ImageSpread } from './image-spread.ts';
import { NodeInfo } from './node-info.ts';
import { interleavedByZone } from './node-order.ts';
import type { PodInfo } from './pod-info.ts';
import { StandingTerms } from './standing-terms.ts';
import { Tallies } from './tallies.ts';

/** The scheduler's view of the cluster. */
export class SchedulerCache {
  readonly tallies: Tallies;
  readonly standingTerms = new StandingTerms();
  readonly images = new ImageSpread();
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #freeSlots: number[] = [];
  /** Where each known pod counts: by UID. */
  readonly #placed = new Map<string, { readonly node: string; readonly info: PodInfo }>();
  /** Pods on nodes that are not (or no longer) known, by node name. */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #assumed = new Set<string>();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  #ordered: readonly NodeInfo[] | undefined;
  #generation = 0;

  constructor() {
    this.tallies = new Tallies(() => this.#nodes.values());
  }

  /** All nodes, those of different zones taking turns. The array is replaced, never changed. */
  get nodes(): readonly NodeInfo[] {
    return (this.#ordered ??= interleavedByZone(this.#nodes.values()));
  }

  /** Slots of all nodes are below this. */
  get slotCount(): number {
    return this.#nodes.size + this.#freeSlots.length;
  }

  readonly namespaceLabels: NamespaceLabels = (namespace) => this.#namespaces.get(namespace);

  get assumedCount(): number {
    return this.#assumed.size;
  }

  get podCount(): number {
    return this.#placed.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  /** Where a pod is placed, by UID. */
  placement(uid: string): { readonly node: string; readonly info: PodInfo } | undefined {
    return this.#placed.get(uid);
  }

  setNode(node: Node): void {
    const name = node.metadata.name!;
    const known = this.#nodes.get(name);
    if (known) {
      this.#updateNode(known, node);
      return;
    }
    const info = new NodeInfo(node, this.#freeSlots.pop() ?? this.#nodes.size);
    for (const pod of this.#homeless.get(name)?.values() ?? []) info.add(pod);
    this.#homeless.delete(name);
    this.#nodes.set(name, info);
    this.#ordered = undefined;
    this.#enter(info);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#leave(info);
    this.#nodes.delete(name);
    this.#freeSlots.push(info.slot);
    this.#ordered = undefined;
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
  }

  /** Labels of a namespace; undefined: it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    this.tallies.forgetNamespaces();
  }

  /** Counts a bound pod in, or replaces what was known (or assumed) of it. Answers whether anything that counts has changed. */
  setPod(info: PodInfo): boolean {
    this.#assumed.delete(info.uid);
    return this.#place(info, info.pod.spec.nodeName!);
  }

  removePod(uid: string): void {
    this.#assumed.delete(uid);
    this.#unplace(uid);
  }

  /** Counts a pod in on `node` before its binding is written. */
  assume(info: PodInfo, node: string): void {
    this.#assumed.add(info.uid);
    this.#place(info, node);
  }

  /** Takes an assumption back; a pod whose binding was seen meanwhile stays. */
  forget(uid: string): void {
    if (this.#assumed.delete(uid)) this.#unplace(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  #updateNode(info: NodeInfo, node: Node): void {
    const sameLabels = sameRecord(info.labels, node.metadata.labels ?? {});
    const sameTaints = JSON.stringify(info.node.spec) === JSON.stringify(node.spec);
    if (sameLabels && sameTaints) {
      this.images.remove(info);
      info.node = node;
      this.images.add(info);
    } else {
      this.#leave(info);
      info.node = node;
      this.#enter(info);
      this.#ordered = undefined;
    }
    info.generation = ++this.#generation;
  }

  #enter(info: NodeInfo): void {
    info.generation = ++this.#generation;
    this.images.add(info);
    this.tallies.addNode(info);
    for (const pod of info.pods.values()) this.standingTerms.addPod(pod, info, 1);
  }

  #leave(info: NodeInfo): void {
    this.images.remove(info);
    this.tallies.removeNode(info);
    for (const pod of info.pods.values()) this.standingTerms.addPod(pod, info, -1);
  }

  #place(info: PodInfo, nodeName: string): boolean {
    const known = this.#placed.get(info.uid);
    const node = this.#nodes.get(nodeName);
    if (known?.node === nodeName && node && countsAlike(known.info, info) && node.replace(info)) {
      this.#placed.set(info.uid, { node: nodeName, info });
      return false;
    }
    this.#unplace(info.uid);
    this.#placed.set(info.uid, { node: nodeName, info });
    if (node) {
      node.add(info);
      this.#counted(info, node, 1);
      return true;
    }
    let waiting = this.#homeless.get(nodeName);
    if (!waiting) this.#homeless.set(nodeName, (waiting = new Map()));
    waiting.set(info.uid, info);
    return true;
  }

  #unplace(uid: string): void {
    const placed = this.#placed.get(uid);
    if (!placed) return;
    this.#placed.delete(uid);
    const node = this.#nodes.get(placed.node);
    if (node) {
      node.remove(uid);
      this.#counted(placed.info, node, -1);
    }
    const waiting = this.#homeless.get(placed.node);
    waiting?.delete(uid);
    if (waiting?.size === 0) this.#homeless.delete(placed.node);
  }

  #counted(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    node.generation = ++this.#generation;
    this.tallies.addPod(pod, node, sign);
    this.standingTerms.addPod(pod, node, sign);
  }
}

/** Whether both states of a pod count the same in every tally. */
function countsAlike(a: PodInfo, b: PodInfo): boolean {
  return (
    Boolean(a.pod.metadata.deletionTimestamp) === Boolean(b.pod.metadata.deletionTimestamp) &&
    a.namespace === b.namespace &&
    a.priority === b.priority &&
    sameRecord(a.labels, b.labels)
  );
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  let count = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}
