/**
 * The order in which nodes get their turn.
 */
import type { NodeInfo } from './node-info.ts';

const REGION = 'topology.kubernetes.io/region';
const ZONE = 'topology.kubernetes.io/zone';

/** Nodes of different zones take turns, so that a search that stops early has still seen every zone. Within a zone, as they became known. */
export function interleavedByZone(nodes: Iterable<NodeInfo>): readonly NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = `${node.labels[REGION] ?? ''}/${node.labels[ZONE] ?? ''}`;
    const known = zones.get(zone);
    if (known) known.push(node);
    else zones.set(zone, [node]);
  }
  const lists = [...zones.values()];
  if (lists.length === 1) return lists[0]!;
  const order: NodeInfo[] = [];
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let turn = 0; turn < longest; turn++) for (const list of lists) if (turn < list.length) order.push(list[turn]!);
  return order;
}
