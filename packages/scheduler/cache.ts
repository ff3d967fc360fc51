/**
 * Nodes and the pods on them, as the informers report them plus the pods this scheduler has just placed ("assumed") and whose binding is still under way.
 *
 * Cycles run synchronously, so the cache itself is the snapshot: nothing changes during a cycle.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** The scheduler's view of the cluster. */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Where each known pod counts: by UID. */
  readonly #placed = new Map<string, { readonly node: string; readonly info: PodInfo }>();
  /** Pods on nodes that are not (or no longer) known, by node name. */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #assumed = new Set<string>();
  #list: NodeInfo[] = [];

  /** All nodes, in the order they became known. The array is replaced, never changed. */
  get nodes(): readonly NodeInfo[] {
    return this.#list;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: Node): void {
    const name = node.metadata.name!;
    const known = this.#nodes.get(name);
    if (known) {
      known.node = node;
      return;
    }
    const info = new NodeInfo(node);
    for (const pod of this.#homeless.get(name)?.values() ?? []) info.add(pod);
    this.#homeless.delete(name);
    this.#nodes.set(name, info);
    this.#list = [...this.#list, info];
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#nodes.delete(name);
    this.#list = this.#list.filter((one) => one !== info);
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
  }

  /** Counts a bound pod in, or replaces what was known (or assumed) of it. */
  setPod(info: PodInfo): void {
    this.#assumed.delete(info.uid);
    this.#place(info, info.pod.spec.nodeName!);
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

  #place(info: PodInfo, nodeName: string): void {
    this.#unplace(info.uid);
    this.#placed.set(info.uid, { node: nodeName, info });
    const node = this.#nodes.get(nodeName);
    if (node) {
      node.add(info);
      return;
    }
    let waiting = this.#homeless.get(nodeName);
    if (!waiting) this.#homeless.set(nodeName, (waiting = new Map()));
    waiting.set(info.uid, info);
  }

  #unplace(uid: string): void {
    const placed = this.#placed.get(uid);
    if (!placed) return;
    this.#placed.delete(uid);
    this.#nodes.get(placed.node)?.remove(uid);
    const waiting = this.#homeless.get(placed.node);
    waiting?.delete(uid);
    if (waiting?.size === 0) this.#homeless.delete(placed.node);
  }
}
