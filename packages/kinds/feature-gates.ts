/**
 * The feature gates of 1.36 that fields, defaults and rules of kinds, or the server, depend on.
 *
 * Source: kubernetes `pkg/features`, apiserver and apiextensions-apiserver `features`.
 */
import { type FeatureGate, type FeatureGates, gateReader } from '#machinery/feature-gates.ts';

const ALPHA: FeatureGate = { stage: 'ALPHA', on: false };
const BETA_ON: FeatureGate = { stage: 'BETA', on: true };
const BETA_OFF: FeatureGate = { stage: 'BETA', on: false };
const GA: FeatureGate = { stage: 'GA', on: true };
const LOCKED: FeatureGate = { stage: 'GA', on: true, locked: true };

const groups: readonly (readonly [FeatureGate, readonly string[]])[] = [
  [
    ALPHA,
    [
      'ContainerStopSignals',
      'CrossNamespaceVolumeDataSource',
      'DRAListTypeAttributes',
      'DRANodeAllocatableResources',
      'DRAWorkloadResourceClaims',
      'GenericWorkload',
      'HPAScaleToZero',
      'ImageVolumeWithDigest',
      'InPlacePodLevelResourcesVerticalScaling',
      'MemoryQoS',
      'NodeDeclaredFeatures',
      'PodLogsQuerySplitStreams',
      'ShardedListAndWatch',
      'TaintTolerationComparisonOperators',
      'TopologyAwareWorkloadScheduling',
      'UserNamespacesHostNetworkSupport',
      'VolumeLimitScaling',
      'WorkloadAwarePreemption',
    ],
  ],
  [BETA_OFF, ['CRDObservedGenerationTracking', 'ClusterTrustBundle', 'ClusterTrustBundleProjection', 'CoordinatedLeaderElection', 'PodCertificateProjection', 'PodCertificateRequest']],
  [
    BETA_ON,
    [
      'CRDValidationRatcheting',
      'ComponentFlagz',
      'ComponentStatusz',
      'ContainerRestartRules',
      'CustomResourceFieldSelectors',
      'DRAConsumableCapacity',
      'DRADeviceBindingConditions',
      'DRADeviceTaints',
      'DRAExtendedResource',
      'DRAPartitionableDevices',
      'DRAResourceClaimDeviceStatus',
      'EnvFiles',
      'GracefulNodeShutdown',
      'GracefulNodeShutdownBasedOnPodPriority',
      'HPAConfigurableTolerance',
      'HostnameOverride',
      'KubeletCrashLoopBackOffMax',
      'MatchLabelKeysInPodTopologySpreadSelectorMerge',
      'MaxUnavailableStatefulSet',
      'MutablePodResourcesForSuspendedJobs',
      'MutableSchedulingDirectivesForSuspendedJobs',
      'PodLevelResources',
      'RelaxedServiceNameValidation',
      'ResourceHealthStatus',
      'ResourceHealthStatusMessage',
    ],
  ],
  [GA, ['CSIServiceAccountTokenSecrets', 'DRAAdminAccess', 'DRAPrioritizedList', 'ImageVolume', 'MutableCSINodeAllocatableCount', 'SELinuxChangePolicy', 'SELinuxMountReadWriteOncePod', 'VolumeAttributesClass']],
  [LOCKED, ['CSIStorageCapacity', 'DynamicResourceAllocation', 'InPlacePodVerticalScaling', 'JobPodReplacementPolicy', 'NodeSwap', 'SupplementalGroupsPolicy']],
];

/** Known gates as they are when nobody says otherwise. */
export const defaultFeatureGates: FeatureGates = new Map(groups.flatMap(([gate, names]) => names.map((name) => [name, gate] as const)));

/** Whether a gate is on. */
export type Gate = (name: string) => boolean;

/** The gates as they are by default: for rules of objects inside others, whose kinds do not pass on the server's. */
export const onByDefault: Gate = gateReader(defaultFeatureGates);
