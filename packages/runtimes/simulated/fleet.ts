/**
 * The nodes of a simulated fleet: where they are, which of them work, and the addresses of their pods.
 */

import type { JsonObject } from '#machinery/patch/json-value.ts';

/** `up`: works. `isolated`: cannot reach the API server. `crashed`: does nothing, and its containers are gone. */
export type NodeState = 'up' | 'isolated' | 'crashed';

/** One node. */
export interface FleetNode {
  readonly name: string;
  readonly index: number;
  readonly address: string;
  state: NodeState;
  /** What a stage says of the node's status, instead of what a node that is well says. */
  said: JsonObject | undefined;
  /** Pod addresses in use, by pod uid. */
  readonly addresses: Map<string, string>;
  readonly used: Set<string>;
  next: number;
}

/** The address of the `index`th node, in a block that neither pods nor services have. */
const nodeAddress = (index: number): string => `100.${64 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;

/** Node ranges in the usual block of pod addresses. */
const USUAL_NODES = 256;

/** A block of pod addresses with a /24 for each of `nodes`. */
export const podCidrFor = (nodes: number): string => (nodes <= USUAL_NODES ? '10.244.0.0/16' : '10.128.0.0/9');

/** Nodes by name. */
export function createFleet(names: readonly string[]): ReadonlyMap<string, FleetNode> {
  return new Map(names.map((name, index): [string, FleetNode] => [name, { name, index, address: nodeAddress(index), state: 'up', said: undefined, addresses: new Map(), used: new Set(), next: 0 }]));
}

/** Addresses of a /24 that pods may have. */
const HOSTS = 253;

/** An address in the node's pod range that no other pod there has, the same one for a pod at every call. */
export function podAddress(node: FleetNode, uid: string, podCidr: string | undefined): string {
  const known = node.addresses.get(uid);
  if (known) return known;
  const [a, b, c] = (podCidr?.split('/')[0] ?? `10.${64 + (node.index >> 8)}.${node.index & 255}.0`).split('.');
  for (let tries = 0; tries < HOSTS; tries += 1) {
    const address = `${a}.${b}.${c}.${(node.next++ % HOSTS) + 2}`;
    if (node.used.has(address)) continue;
    node.addresses.set(uid, address);
    node.used.add(address);
    return address;
  }
  return `${a}.${b}.${c}.254`;
}

/** Gives a pod's address back. */
export function releaseAddress(node: FleetNode, uid: string): void {
  const address = node.addresses.get(uid);
  if (address === undefined) return;
  node.addresses.delete(uid);
  node.used.delete(address);
}
