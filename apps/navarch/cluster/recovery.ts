/**
 * Decides what the supervisor does about processes that died. Pure.
 *
 * A process that dies alone is started again. A node whose agent and containerd die together while the server lives is taken for a machine that lost power:
 * it stays down (the cluster marks it NotReady and replaces its pods) until someone starts it again. When the server died as well, everything did: all come back.
 */

/** What is dead now, after a short settling time. */
export interface Casualties {
  /** Component ids: `server`, `NODE/agent`, `NODE/containerd`. */
  readonly dead: ReadonlySet<string>;
  readonly nodes: readonly string[];
  /** Nodes already taken for powered off. */
  readonly downNodes: ReadonlySet<string>;
}

/** What to start again, in order, and which nodes are down from now on. */
export interface Recovery {
  readonly restart: readonly string[];
  readonly newlyDown: readonly string[];
}

/** The parts of a node, in starting order. */
export const NODE_PARTS = ['containerd', 'agent'] as const;

/** Applies the rule above. */
export function planRecovery({ dead, nodes, downNodes }: Casualties): Recovery {
  const serverDied = dead.has('server');
  const restart: string[] = serverDied ? ['server'] : [];
  const newlyDown: string[] = [];
  for (const node of nodes) {
    if (downNodes.has(node)) continue;
    const parts = NODE_PARTS.map((part) => `${node}/${part}`);
    const lost = parts.filter((part) => dead.has(part));
    if (lost.length === parts.length && !serverDied) newlyDown.push(node);
    else restart.push(...lost);
  }
  return { restart, newlyDown };
}
