/**
 * A node with the sum of what its pods hold: kept up to date by addition and subtraction, never recomputed.
 */
import { quantityValue } from '#machinery/quantity.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { addAmounts, type Amounts, amountsOf, type AmountSums, sameAmounts, zeroAmounts } from './resources.ts';

type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};
const ALL_ADDRESSES = '0.0.0.0';

/** One node in the scheduler's cache. Plugins read it; only the cache changes it. */
export class NodeInfo {
  readonly name: string;
  /** Its place in arrays that hold something per node; reused after a node is gone. */
  readonly slot: number;
  /** Changes with everything that a verdict about this node alone may depend on; never the same for two states of the cluster. */
  generation = 0;
  /** Grows with every news of its pods, also with those that change no verdict about the node. */
  podChanges = 0;
  /** Pods bound or assumed here, by UID. */
  readonly pods = new Map<string, PodInfo>();
  readonly requested: AmountSums = zeroAmounts();
  readonly assumedRequested: AmountSums = zeroAmounts();
  /** How many volumes of its pods are claims; those that pods share count for each. */
  claimVolumes = 0;
  allocatable: Amounts = zeroAmounts();
  allowedPods = 0;
  /** Sizes in bytes of the images that the node has, by each of their names. */
  images: ReadonlyMap<string, number> = new Map();
  labels: Labels = NO_LABELS;
  readonly #portOwners = new Map<string, PodInfo>();
  #node: Node;

  constructor(node: Node, slot = 0, like?: NodeInfo) {
    this.name = node.metadata.name!;
    this.slot = slot;
    this.#node = node;
    if (!like) {
      this.node = node;
      return;
    }
    this.labels = like.labels;
    this.allocatable = like.allocatable;
    this.allowedPods = like.allowedPods;
    this.images = like.images;
    this.claimVolumes = like.claimVolumes;
    addAmounts(this.requested, like.requested, 1);
    addAmounts(this.assumedRequested, like.assumedRequested, 1);
    for (const [uid, pod] of like.pods) this.pods.set(uid, pod);
    for (const [uid, pod] of like.#portOwners) this.#portOwners.set(uid, pod);
  }

  get node(): Node {
    return this.#node;
  }

  set node(node: Node) {
    this.#node = node;
    this.labels = node.metadata.labels ?? NO_LABELS;
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
    this.podChanges++;
    this.claimVolumes += pod.claimVolumes;
    addAmounts(this.requested, pod.requests, 1);
    addAmounts(this.assumedRequested, pod.assumed, 1);
    if (pod.hostPorts.length > 0) this.#portOwners.set(pod.uid, pod);
  }

  /** Counts a pod out; does nothing when it is not here. */
  remove(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    this.pods.delete(uid);
    this.podChanges++;
    this.claimVolumes -= pod.claimVolumes;
    addAmounts(this.requested, pod.requests, -1);
    addAmounts(this.assumedRequested, pod.assumed, -1);
    this.#portOwners.delete(uid);
  }

  /** Puts a newer state of a pod in the place of the one known, when that changes no sum; false: it would. */
  replace(pod: PodInfo): boolean {
    const known = this.pods.get(pod.uid);
    if (!known || !sameAmounts(known.requests, pod.requests) || !sameAmounts(known.assumed, pod.assumed) || known.hostPorts.length + pod.hostPorts.length > 0) return false;
    this.pods.set(pod.uid, pod);
    this.podChanges++;
    return true;
  }

  /** The same node for trying pods out, without effect on the cache. */
  copy(): NodeInfo {
    return new NodeInfo(this.#node, this.slot, this);
  }

  /** Whether one of the wanted ports is taken by a pod of this node; 0.0.0.0 takes the port on every address. */
  hasPortConflict(wanted: readonly HostPort[]): boolean {
    for (const pod of this.#portOwners.values()) {
      for (const used of pod.hostPorts) {
        for (const want of wanted) {
          if (used.port === want.port && used.protocol === want.protocol && (used.ip === want.ip || used.ip === ALL_ADDRESSES || want.ip === ALL_ADDRESSES)) return true;
        }
      }
    }
    return false;
  }
}
