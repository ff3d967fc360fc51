/**
 * A node with the sum of what its pods hold: kept up to date by addition and subtraction, never recomputed.
 */
import { quantityValue } from '#machinery/quantity.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { addAmounts, type Amounts, amountsOf, zeroAmounts } from './resources.ts';

/** One node in the scheduler's cache. Plugins read it; only the cache changes it. */
export class NodeInfo {
  readonly name: string;
  /** Pods bound or assumed here, by UID. */
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = zeroAmounts();
  readonly assumedRequested: Amounts = zeroAmounts();
  allocatable: Amounts = zeroAmounts();
  allowedPods = 0;
  /** Sizes in bytes of the images that the node has, by each of their names. */
  images: ReadonlyMap<string, number> = new Map();
  #node: Node;

  constructor(node: Node) {
    this.name = node.metadata.name!;
    this.#node = node;
    this.node = node;
  }

  get node(): Node {
    return this.#node;
  }

  set node(node: Node) {
    this.#node = node;
    const list = node.status.allocatable ?? node.status.capacity;
    this.allocatable = amountsOf(list);
    this.allowedPods = list?.['pods'] === undefined ? 0 : quantityValue(list['pods']);
    const images = new Map<string, number>();
    for (const image of node.status.images ?? []) for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0);
    this.images = images;
  }

  /** Counts a pod in. */
  add(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    addAmounts(this.requested, pod.requests, 1);
    addAmounts(this.assumedRequested, pod.assumed, 1);
  }

  /** Counts a pod out; does nothing when it is not here. */
  remove(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    this.pods.delete(uid);
    addAmounts(this.requested, pod.requests, -1);
    addAmounts(this.assumedRequested, pod.assumed, -1);
  }

  /** Whether one of the wanted ports is taken by a pod of this node; 0.0.0.0 takes the port on every address. */
  hasPortConflict(wanted: readonly HostPort[]): boolean {
    if (wanted.length === 0) return false;
    for (const pod of this.pods.values()) {
      for (const used of pod.hostPorts) {
        for (const want of wanted) {
          if (used.port === want.port && used.protocol === want.protocol && (used.ip === want.ip || used.ip === '0.0.0.0' || want.ip === '0.0.0.0')) return true;
        }
      }
    }
    return false;
  }
}
