import type { Draft } from '#machinery/schema.ts';
import { roundAmounts } from '../pod/resource-list.ts';
import type { Node, NodeSpec, NodeStatus } from './schema.ts';

/** Fills a node. */
export function defaultNode(draft: Draft<Node>): void {
  if (draft.spec) mirrorPodCIDRs(draft.spec);
  if (draft.status) defaultNodeStatus(draft.status);
}

/** What can be allocated is the capacity until the node says otherwise. */
export function defaultNodeStatus(status: Draft<NodeStatus>): void {
  roundAmounts(status.capacity);
  roundAmounts(status.allocatable);
  if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

/** `podCIDR` is the first of `podCIDRs`; where they differ the single one wins, for clients that know only that. */
function mirrorPodCIDRs(spec: Draft<NodeSpec>): void {
  const first = spec.podCIDRs?.[0];
  if (spec.podCIDR && first !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && first) spec.podCIDR = first;
}
