/**
 * The default profile: which plugins run and what their scores weigh.
 *
 * Source: the documented default plugins and weights.
 */
import { Profile, type WeightedPlugin } from './framework.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName, nodeUnschedulable } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { balancedAllocation, LEAST_ALLOCATED, resourcesFit, type ScoringStrategy } from './plugins/resources-fit.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { taintToleration } from './plugins/taint-toleration.ts';

/** The scheduler's name unless a pod asks for another. */
export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** Cheap filters first: the first rejection ends a node's turn. */
export function defaultProfile(schedulerName = DEFAULT_SCHEDULER_NAME, strategy: ScoringStrategy = LEAST_ALLOCATED): Profile {
  const plugins: readonly WeightedPlugin[] = [
    { plugin: schedulingGates(), weight: 0 },
    { plugin: nodeUnschedulable(), weight: 0 },
    { plugin: nodeName(), weight: 0 },
    { plugin: taintToleration(), weight: 3 },
    { plugin: nodeAffinity(), weight: 2 },
    { plugin: nodePorts(), weight: 0 },
    { plugin: resourcesFit(strategy), weight: 1 },
    { plugin: balancedAllocation(), weight: 1 },
    { plugin: imageLocality(), weight: 1 },
  ];
  return new Profile(schedulerName, plugins);
}
