/**
 * `KubeSchedulerConfiguration` and the arguments of plugins, as files have them.
 *
 * Source: kubescheduler.config.k8s.io/v1.
 */
import { nodeAffinity, topologySpreadConstraint } from '#kinds/core/pod/affinity.ts';
import { typeMeta } from '#machinery/meta.ts';
import { anyOf, bool, bytes, double, duration, type Infer, int32, int64, json, list, message, optional, pointer, required, string } from '#machinery/schema.ts';

const plugin = message('kubescheduler/v1.Plugin', { name: required(0, string), weight: pointer(0, int32) });
const pluginSet = message('kubescheduler/v1.PluginSet', { enabled: optional(0, list(plugin)), disabled: optional(0, list(plugin)) });
export interface PluginSet extends Infer<typeof pluginSet> {}

const plugins = message('kubescheduler/v1.Plugins', {
  preEnqueue: pointer(0, pluginSet),
  queueSort: pointer(0, pluginSet),
  preFilter: pointer(0, pluginSet),
  filter: pointer(0, pluginSet),
  postFilter: pointer(0, pluginSet),
  preScore: pointer(0, pluginSet),
  score: pointer(0, pluginSet),
  reserve: pointer(0, pluginSet),
  permit: pointer(0, pluginSet),
  preBind: pointer(0, pluginSet),
  bind: pointer(0, pluginSet),
  postBind: pointer(0, pluginSet),
  multiPoint: pointer(0, pluginSet),
});
export interface Plugins extends Infer<typeof plugins> {}

const pluginConfig = message('kubescheduler/v1.PluginConfig', { name: required(0, string), args: optional(0, json) });
export interface PluginConfig extends Infer<typeof pluginConfig> {}

const profile = message('kubescheduler/v1.KubeSchedulerProfile', {
  schedulerName: pointer(0, string),
  percentageOfNodesToScore: pointer(0, int32),
  plugins: pointer(0, plugins),
  pluginConfig: optional(0, list(pluginConfig)),
});
export interface ProfileConfig extends Infer<typeof profile> {}

const managedResource = message('kubescheduler/v1.ExtenderManagedResource', { name: required(0, string), ignoredByScheduler: optional(0, bool) });
const extenderTls = message('kubescheduler/v1.ExtenderTLSConfig', {
  insecure: optional(0, bool),
  serverName: optional(0, string),
  certFile: optional(0, string),
  keyFile: optional(0, string),
  caFile: optional(0, string),
  certData: optional(0, bytes),
  keyData: optional(0, bytes),
  caData: optional(0, bytes),
});
const extender = message('kubescheduler/v1.Extender', {
  urlPrefix: required(0, string),
  filterVerb: optional(0, string),
  preemptVerb: optional(0, string),
  prioritizeVerb: optional(0, string),
  weight: optional(0, int64),
  bindVerb: optional(0, string),
  enableHTTPS: optional(0, bool),
  tlsConfig: pointer(0, extenderTls),
  httpTimeout: optional(0, duration),
  nodeCacheCapable: optional(0, bool),
  managedResources: optional(0, list(managedResource)),
  ignorable: optional(0, bool),
});
export interface ExtenderConfig extends Infer<typeof extender> {}

const leaderElection = message('component/v1alpha1.LeaderElectionConfiguration', {
  leaderElect: pointer(0, bool),
  leaseDuration: optional(0, duration),
  renewDeadline: optional(0, duration),
  retryPeriod: optional(0, duration),
  resourceLock: optional(0, string),
  resourceName: optional(0, string),
  resourceNamespace: optional(0, string),
});

const clientConnection = message('component/v1alpha1.ClientConnectionConfiguration', {
  kubeconfig: optional(0, string),
  acceptContentTypes: optional(0, string),
  contentType: optional(0, string),
  qps: optional(0, double),
  burst: optional(0, int32),
});

/** The whole file. */
export const kubeSchedulerConfiguration = message('kubescheduler/v1.KubeSchedulerConfiguration', {
  ...typeMeta,
  parallelism: pointer(0, int32),
  leaderElection: pointer(0, leaderElection),
  clientConnection: pointer(0, clientConnection),
  enableProfiling: pointer(0, bool),
  enableContentionProfiling: pointer(0, bool),
  percentageOfNodesToScore: pointer(0, int32),
  podInitialBackoffSeconds: pointer(0, int64),
  podMaxBackoffSeconds: pointer(0, int64),
  profiles: optional(0, list(profile)),
  extenders: optional(0, list(extender)),
  delayCacheUntilActive: optional(0, bool),
});
export interface KubeSchedulerConfiguration extends Infer<typeof kubeSchedulerConfiguration> {}

const resourceSpec = message('kubescheduler/v1.ResourceSpec', { name: required(0, string), weight: optional(0, int64) });
const shapePoint = message('kubescheduler/v1.UtilizationShapePoint', { utilization: required(0, int32), score: required(0, int32) });
const scoringStrategy = message('kubescheduler/v1.ScoringStrategy', {
  type: optional(0, string),
  resources: optional(0, list(resourceSpec)),
  requestedToCapacityRatio: pointer(0, message('kubescheduler/v1.RequestedToCapacityRatioParam', { shape: optional(0, list(shapePoint)) })),
});

const nodeResourcesFitArgs = message('kubescheduler/v1.NodeResourcesFitArgs', {
  ...typeMeta,
  ignoredResources: optional(0, list(string)),
  ignoredResourceGroups: optional(0, list(string)),
  scoringStrategy: pointer(0, scoringStrategy),
});
export interface NodeResourcesFitArgs extends Infer<typeof nodeResourcesFitArgs> {}

const balancedAllocationArgs = message('kubescheduler/v1.NodeResourcesBalancedAllocationArgs', { ...typeMeta, resources: optional(0, list(resourceSpec)) });
export interface BalancedAllocationArgs extends Infer<typeof balancedAllocationArgs> {}

const nodeAffinityArgs = message('kubescheduler/v1.NodeAffinityArgs', { ...typeMeta, addedAffinity: pointer(0, nodeAffinity) });
export interface NodeAffinityConfigArgs extends Infer<typeof nodeAffinityArgs> {}

const podTopologySpreadArgs = message('kubescheduler/v1.PodTopologySpreadArgs', {
  ...typeMeta,
  defaultConstraints: optional(0, list(topologySpreadConstraint)),
  defaultingType: optional(0, anyOf('System', 'List')),
});
export interface PodTopologySpreadConfigArgs extends Infer<typeof podTopologySpreadArgs> {}

const interPodAffinityArgs = message('kubescheduler/v1.InterPodAffinityArgs', {
  ...typeMeta,
  hardPodAffinityWeight: pointer(0, int32),
  ignorePreferredTermsOfExistingPods: optional(0, bool),
});
export interface InterPodAffinityConfigArgs extends Infer<typeof interPodAffinityArgs> {}

const defaultPreemptionArgs = message('kubescheduler/v1.DefaultPreemptionArgs', {
  ...typeMeta,
  minCandidateNodesPercentage: pointer(0, int32),
  minCandidateNodesAbsolute: pointer(0, int32),
});
export interface DefaultPreemptionArgs extends Infer<typeof defaultPreemptionArgs> {}

const volumeBindingArgs = message('kubescheduler/v1.VolumeBindingArgs', {
  ...typeMeta,
  bindTimeoutSeconds: pointer(0, int64),
  shape: optional(0, list(shapePoint)),
});
export interface VolumeBindingArgs extends Infer<typeof volumeBindingArgs> {}

/** The schemas of arguments by plugin; their kind is the plugin's name followed by `Args`. */
export const ARGS_SCHEMAS = {
  NodeResourcesFit: nodeResourcesFitArgs,
  NodeResourcesBalancedAllocation: balancedAllocationArgs,
  NodeAffinity: nodeAffinityArgs,
  PodTopologySpread: podTopologySpreadArgs,
  InterPodAffinity: interPodAffinityArgs,
  DefaultPreemption: defaultPreemptionArgs,
  VolumeBinding: volumeBindingArgs,
  DynamicResources: message('kubescheduler/v1.DynamicResourcesArgs', { ...typeMeta, filterTimeout: pointer(0, duration) }),
} as const;
