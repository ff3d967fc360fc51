/**
 * The plugins that a profile can name, and how each is made from its arguments.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import type { EventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { InformerFactory } from '#client/informer.ts';
import { defaultSelectorFrom } from '../default-selector.ts';
import type { Extenders } from '../extenders.ts';
import type { Plugin } from '../framework.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { PreemptionArgs } from '../preemption.ts';
import type { WaitingPods } from '../waiting-pods.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import { dynamicResources } from './dynamic-resources.ts';
import { imageLocality } from './image-locality.ts';
import { type InterPodAffinityArgs, interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity, type NodeAffinityArgs } from './node-affinity.ts';
import { nodeName, nodeUnschedulable } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { podTopologySpread, type PodTopologySpreadArgs } from './pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { resourcesFit, type ResourcesFitArgs, type WeightedResource } from './resources-fit.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding, type VolumeBindingOptions } from './volume-binding.ts';
import { nodeVolumeLimits } from './volume-limits.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** What plugins may use besides the cycle's context. */
export interface PluginHandle {
  readonly client: Client;
  /** Informers asked for when a plugin is made have synced before the first cycle. */
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventSeriesRecorder;
  /** Work that goes on beside the cycles. */
  readonly tasks: TaskGroup;
  readonly random: Random;
  readonly metrics: SchedulerMetrics;
  /** Pods that wait for permits. */
  readonly waiting: WaitingPods;
  readonly extenders?: Extenders | undefined;
  /** Lets the queue ask once more whether a pod (by UID) may enter the active queue. */
  recheck(uid: string): void;
}

/** Arguments of the plugins, by their names; those left out have the defaults. */
export interface PluginArgs {
  readonly NodeResourcesFit?: ResourcesFitArgs;
  readonly NodeResourcesBalancedAllocation?: { readonly resources: readonly WeightedResource[] };
  readonly NodeAffinity?: NodeAffinityArgs;
  readonly PodTopologySpread?: PodTopologySpreadArgs;
  readonly InterPodAffinity?: InterPodAffinityArgs;
  readonly DefaultPreemption?: PreemptionArgs;
  readonly VolumeBinding?: VolumeBindingOptions;
}

/** Makes a plugin. */
export type PluginFactory = (handle: PluginHandle, args: PluginArgs) => Plugin;

/** The built-in plugins with the weights of their scores, in the order in which the default profile runs them: cheap filters first. */
export const DEFAULT_PLUGINS: readonly { readonly name: string; readonly weight: number; readonly make: PluginFactory }[] = [
  { name: 'SchedulingGates', weight: 0, make: schedulingGates },
  { name: 'PrioritySort', weight: 0, make: prioritySort },
  { name: 'NodeUnschedulable', weight: 0, make: nodeUnschedulable },
  { name: 'NodeName', weight: 0, make: nodeName },
  { name: 'TaintToleration', weight: 3, make: taintToleration },
  { name: 'NodeAffinity', weight: 2, make: (_handle, args) => nodeAffinity(args.NodeAffinity) },
  { name: 'NodePorts', weight: 0, make: nodePorts },
  { name: 'NodeResourcesFit', weight: 1, make: (_handle, args) => resourcesFit(args.NodeResourcesFit) },
  { name: 'VolumeRestrictions', weight: 0, make: volumeRestrictions },
  { name: 'NodeVolumeLimits', weight: 0, make: nodeVolumeLimits },
  { name: 'VolumeBinding', weight: 0, make: (handle, args) => volumeBinding(handle, args.VolumeBinding) },
  { name: 'VolumeZone', weight: 0, make: volumeZone },
  { name: 'DynamicResources', weight: 0, make: dynamicResources },
  { name: 'PodTopologySpread', weight: 2, make: ({ informers }, args) => podTopologySpread(defaultSelectorFrom(informers), args.PodTopologySpread) },
  { name: 'InterPodAffinity', weight: 2, make: (_handle, args) => interPodAffinity(args.InterPodAffinity) },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, make: (_handle, args) => balancedAllocation(args.NodeResourcesBalancedAllocation?.resources) },
  { name: 'ImageLocality', weight: 1, make: imageLocality },
  { name: 'DefaultPreemption', weight: 0, make: (handle, args) => defaultPreemption(handle, args.DefaultPreemption) },
  { name: 'DefaultBinder', weight: 0, make: defaultBinder },
];
