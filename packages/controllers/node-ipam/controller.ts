/**
 * Gives every node a block of the cluster's pod range (`spec.podCIDR`, `spec.podCIDRs`).
 *
 * Source: kube-controller-manager `pkg/controller/nodeipam`, range allocator.
 */
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { isReason } from '#machinery/status.ts';
import { NodeAllocator, podCidrsOf } from './allocator.ts';
import type { NodeIpamOptions } from './allocator.ts';

/** As upstream: an allocation is one small patch. */
const CONCURRENCY = 30;
/** A node that found no block is looked at again, as upstream's informers do by resync. */
const RETRY_FULL_MS = 60_000;

/** `node-ipam-controller`. */
export function nodeIpamController(options: NodeIpamOptions): ControllerEntry {
  return { name: 'node-ipam-controller', component: 'cidrAllocator', make: (dependencies) => makeNodeIpam(dependencies, options) };
}

function makeNodeIpam(dependencies: ControllerDependencies, options: NodeIpamOptions): Controller {
  const { informers, events } = dependencies;
  const informer = informers.of(nodes);
  const allocator = new NodeAllocator(options, dependencies.metrics);
  let ready = false;

  /** Blocks in use are known before any is given out. */
  const learn = (): void => {
    ready = true;
    for (const node of informer.lister.list()) allocator.observe(node);
  };

  return {
    name: 'cidrallocator_node',
    concurrency: CONCURRENCY,
    watches: [watchSelf(informer, { changed: (node, old) => podCidrsOf(node).join() !== podCidrsOf(old).join() })],
    async reconcile(key, context) {
      if (!ready) learn();
      const node = informer.lister.get(key);
      if (!node) return allocator.release(key);
      if (podCidrsOf(node).length > 0) return allocator.observe(node);
      const cidrs = allocator.allocate(node);
      if (!cidrs) {
        events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
        return { afterMs: RETRY_FULL_MS };
      }
      try {
        await assign(node, cidrs, context);
      } catch (error) {
        if (!context.signal.aborted && !isReason(error, 'NotFound') && !isReason(error, 'Conflict')) events.event(node, 'Normal', 'CIDRAssignmentFailed', `Node ${key} status is now: CIDRAssignmentFailed`);
        throw error;
      }
    },
  };
}

/** Writes the blocks; the uid keeps them from a namesake that was made meanwhile. */
async function assign(node: Node, cidrs: readonly string[], { client, signal }: ReconcileContext): Promise<void> {
  const { name = '', uid } = node.metadata;
  const body = { metadata: { uid }, spec: { podCIDR: cidrs[0], podCIDRs: cidrs } };
  await client.of(nodes).patch(name, { type: 'strategic', body }, {}, signal);
}
