/**
 * The plugins that a profile can name, and how each is made from its arguments.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import type { EventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { InformerFactory } from '#client/informer.ts';
import { defaultSelectorFrom } from '../default-selector.ts';
import type { Plugin } from '../framework.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName, nodeUnschedulable } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { balancedAllocation, resourcesFit } from './resources-fit.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
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
}

/** Makes a plugin. */
export type PluginFactory = (handle: PluginHandle) => Plugin;

/** The built-in plugins with the weights of their scores, in the order in which the default profile runs them: cheap filters first. */
export const DEFAULT_PLUGINS: readonly { readonly name: string; readonly weight: number; readonly make: PluginFactory }[] = [
  { name: 'SchedulingGates', weight: 0, make: schedulingGates },
  { name: 'PrioritySort', weight: 0, make: prioritySort },
  { name: 'NodeUnschedulable', weight: 0, make: nodeUnschedulable },
  { name: 'NodeName', weight: 0, make: nodeName },
  { name: 'TaintToleration', weight: 3, make: taintToleration },
  { name: 'NodeAffinity', weight: 2, make: nodeAffinity },
  { name: 'NodePorts', weight: 0, make: nodePorts },
  { name: 'NodeResourcesFit', weight: 1, make: () => resourcesFit() },
  { name: 'VolumeRestrictions', weight: 0, make: volumeRestrictions },
  { name: 'NodeVolumeLimits', weight: 0, make: nodeVolumeLimits },
  { name: 'VolumeBinding', weight: 0, make: (handle) => volumeBinding(handle) },
  { name: 'VolumeZone', weight: 0, make: volumeZone },
  { name: 'PodTopologySpread', weight: 2, make: ({ informers }) => podTopologySpread(defaultSelectorFrom(informers)) },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, make: () => balancedAllocation() },
  { name: 'ImageLocality', weight: 1, make: imageLocality },
  { name: 'DefaultPreemption', weight: 0, make: defaultPreemption },
  { name: 'DefaultBinder', weight: 0, make: defaultBinder },
];
