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
import { type DefaultSelector, podTopologySpread } from './plugins/pod-topology-spread.ts';
import { balancedAllocation, LEAST_ALLOCATED, resourcesFit, type ScoringStrategy } from './plugins/resources-fit.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { taintToleration } from './plugins/taint-toleration.ts';

/** The scheduler's name unless a pod asks for another. */
export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** What may differ between profiles. */
export interface ProfileOptions {
  readonly schedulerName?: string;
  /** How free resources score. */
  readonly strategy?: ScoringStrategy;
  /** Serves the default spreading of pods that ask for none; absent: such pods are not spread. */
  readonly defaultSelector?: DefaultSelector;
}

/** Cheap filters first: the first rejection ends a node's turn. */
export function defaultProfile(options: ProfileOptions = {}): Profile {
  const { schedulerName = DEFAULT_SCHEDULER_NAME, strategy = LEAST_ALLOCATED, defaultSelector = () => undefined } = options;
  const plugins: readonly WeightedPlugin[] = [
    { plugin: schedulingGates(), weight: 0 },
    { plugin: nodeUnschedulable(), weight: 0 },
    { plugin: nodeName(), weight: 0 },
    { plugin: taintToleration(), weight: 3 },
    { plugin: nodeAffinity(), weight: 2 },
    { plugin: nodePorts(), weight: 0 },
    { plugin: resourcesFit(strategy), weight: 1 },
    { plugin: podTopologySpread(defaultSelector), weight: 2 },
    { plugin: balancedAllocation(), weight: 1 },
    { plugin: imageLocality(), weight: 1 },
  ];
  return new Profile(schedulerName, plugins);
}
