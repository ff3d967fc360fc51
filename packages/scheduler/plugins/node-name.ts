/**
 * NodeName: a pod that names its node fits nowhere else. NodeUnschedulable: cordoned nodes take no new pods.
 */
import { findUntolerated } from '#kinds/core/pod/tolerations.ts';
import type { Plugin, Rejection } from '../framework.ts';

const WRONG_NODE: Rejection = { reasons: ["node(s) didn't match the requested node name"], resolvable: false };
const UNSCHEDULABLE: Rejection = { reasons: ['node(s) were unschedulable'], resolvable: false };

/** The pod's own `spec.nodeName`. */
export function nodeName(): Plugin {
  return {
    name: 'NodeName',
    nodeLocal: true,
    events: [{ on: ['NodeAdd'] }],
    preFilter: ({ pod }) => (pod.spec.nodeName ? { type: 'state', state: undefined, nodes: new Set([pod.spec.nodeName]) } : { type: 'skip' }),
    filter: ({ pod }, node) => (pod.spec.nodeName === node.name ? undefined : WRONG_NODE),
  };
}

/** `spec.unschedulable` of nodes, unless the pod tolerates the taint of that name. */
export function nodeUnschedulable(): Plugin {
  return {
    name: 'NodeUnschedulable',
    nodeLocal: true,
    events: [{ on: ['NodeAdd', 'NodeTaints'] }, { on: ['PodUpdate'] }],
    filter({ pod }, { node }) {
      if (!node.spec.unschedulable) return undefined;
      const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
      return findUntolerated([taint], pod.spec.tolerations, ['NoSchedule']) ? UNSCHEDULABLE : undefined;
    },
  };
}
