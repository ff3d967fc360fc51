/**
 * Pods that match something, counted per value of a node label, kept up to date as pods come and go. So a cycle never looks at all pods.
 *
 *     tally "app=web in default, per zone"
 *       zone east -> domain { nodes 3, pods 7 }      node a, b, c
 *       zone west -> domain { nodes 2, pods 4 }      node d, e
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** The nodes that share a value of the topology key. */
export interface Domain {
  readonly value: string;
  nodes: number;
  pods: number;
}

/** What is counted, and where. */
export interface TallySpec {
  /** Equal for equal questions. */
  readonly id: string;
  readonly topologyKey: string;
  counts(pod: PodInfo): boolean;
  /** Whether the node takes part; its topology label is checked besides. */
  includes(node: Node): boolean;
  /** Whether the answer of `counts` depends on labels of namespaces. */
  readonly onNamespaces?: boolean;
}

/** The counts of one question. Only `Tallies` changes it. */
export class Tally {
  readonly spec: TallySpec;
  readonly domains = new Map<string, Domain>();
  /** By the slot of a node: its domain, when it takes part. */
  readonly #bySlot: (Domain | undefined)[] = [];
  /** How many domains have so many pods. */
  readonly #domainsWith = new Map<number, number>();
  #least = 0;
  total = 0;

  constructor(spec: TallySpec) {
    this.spec = spec;
  }

  /** The domain of a node; undefined when it takes no part. */
  domainOf(node: NodeInfo): Domain | undefined {
    return this.#bySlot[node.slot];
  }

  /** Pods in the domain with the fewest; 0 without domains. */
  get least(): number {
    if (this.domains.size === 0) return 0;
    while (!this.#domainsWith.get(this.#least)) this.#least++;
    return this.#least;
  }

  addNode(node: NodeInfo): void {
    const value = node.labels[this.spec.topologyKey];
    if (value === undefined || !this.spec.includes(node.node)) return;
    let domain = this.domains.get(value);
    if (!domain) {
      this.domains.set(value, (domain = { value, nodes: 0, pods: 0 }));
      this.#countDomain(0, 1);
    }
    domain.nodes++;
    this.#bySlot[node.slot] = domain;
    for (const pod of node.pods.values()) if (this.spec.counts(pod)) this.#add(domain, 1);
  }

  removeNode(node: NodeInfo): void {
    const domain = this.#bySlot[node.slot];
    if (!domain) return;
    this.#bySlot[node.slot] = undefined;
    for (const pod of node.pods.values()) if (this.spec.counts(pod)) this.#add(domain, -1);
    if (--domain.nodes > 0) return;
    this.domains.delete(domain.value);
    this.#countDomain(domain.pods, -1);
  }

  addPod(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    const domain = this.#bySlot[node.slot];
    if (domain && this.spec.counts(pod)) this.#add(domain, sign);
  }

  #add(domain: Domain, sign: 1 | -1): void {
    this.#countDomain(domain.pods, -1);
    domain.pods += sign;
    this.total += sign;
    this.#countDomain(domain.pods, 1);
  }

  #countDomain(pods: number, sign: 1 | -1): void {
    const count = (this.#domainsWith.get(pods) ?? 0) + sign;
    if (count === 0) this.#domainsWith.delete(pods);
    else this.#domainsWith.set(pods, count);
    if (sign === 1 && pods < this.#least) this.#least = pods;
  }
}
