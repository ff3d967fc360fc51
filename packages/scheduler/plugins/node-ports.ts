/**
 * NodePorts: two pods of one node cannot have the same host port.
 */
import type { Plugin, Rejection } from '../framework.ts';

const TAKEN: Rejection = { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };

/** Host ports. */
export function nodePorts(): Plugin {
  return {
    name: 'NodePorts',
    nodeLocal: true,
    events: [{ on: ['AssignedPodDelete', 'NodeAdd'] }],
    preFilter: (pod) => (pod.hostPorts.length === 0 ? { type: 'skip' } : { type: 'state', state: undefined }),
    filter: (pod, node) => (node.hasPortConflict(pod.hostPorts) ? TAKEN : undefined),
  };
}
