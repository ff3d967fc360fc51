/**
 * Waiting pods for which a node is being cleared: others of no higher priority must not take their place.
 */
import type { PodInfo } from './pod-info.ts';

/** Bounded by the number of waiting pods. */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodeOf = new Map<string, string>();

  /** Reserves room on `node` for a waiting pod; replaces an earlier reservation. */
  set(pod: PodInfo, node: string): void {
    this.delete(pod.uid);
    let pods = this.#byNode.get(node);
    if (!pods) this.#byNode.set(node, (pods = new Map()));
    pods.set(pod.uid, pod);
    this.#nodeOf.set(pod.uid, node);
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#byNode.get(node)!;
    pods.delete(uid);
    if (pods.size === 0) this.#byNode.delete(node);
  }

  /** Where room is reserved for the pod. */
  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  /** The pods nominated to `node` that `pod` must leave room for. */
  ahead(pod: PodInfo, node: string): readonly PodInfo[] {
    const pods = this.#byNode.get(node);
    return pods ? [...pods.values()].filter((other) => other.uid !== pod.uid && other.priority >= pod.priority) : NONE;
  }

  /** The less important pods nominated to `node`. */
  behind(pod: PodInfo, node: string): PodInfo[] {
    return [...(this.#byNode.get(node)?.values() ?? [])].filter((other) => other.uid !== pod.uid && other.priority < pod.priority);
  }

  get size(): number {
    return this.#nodeOf.size;
  }
}

const NONE: readonly PodInfo[] = [];
