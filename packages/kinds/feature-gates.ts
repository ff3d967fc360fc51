/**
 * The feature gates of 1.36: those that fields, defaults and rules of kinds, or the server, depend on, and the others.
 *
 * Source: kubernetes `pkg/features`, apiserver and apiextensions-apiserver `features`; `--feature-gates` of kube-scheduler 1.36.
 */
import { type FeatureGate, type FeatureGates, gateReader } from '#machinery/feature-gates.ts';
import { inertGates } from './inert-gates.ts';

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
      'MemoryQoS',
      'PodLogsQuerySplitStreams',
      'ShardedListAndWatch',
      'TaintTolerationComparisonOperators',
      'TopologyAwareWorkloadScheduling',
      'UserNamespacesHostNetworkSupport',
      'VolumeLimitScaling',
      'WorkloadAwarePreemption',
    ],
  ],
  [BETA_OFF, ['ClusterTrustBundle', 'ClusterTrustBundleProjection', 'CoordinatedLeaderElection', 'MaxUnavailableStatefulSet', 'PodCertificateRequest']],
  [
    BETA_ON,
    [
      'CRDObservedGenerationTracking',
      'ComponentFlagz',
      'ComponentStatusz',
      'ContainerRestartRules',
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
      'InPlacePodLevelResourcesVerticalScaling',
      'KubeletCrashLoopBackOffMax',
      'MatchLabelKeysInPodTopologySpreadSelectorMerge',
      'MutablePodResourcesForSuspendedJobs',
      'MutableSchedulingDirectivesForSuspendedJobs',
      'NodeDeclaredFeatures',
      'PodLevelResources',
      'RelaxedServiceNameValidation',
      'ResourceHealthStatus',
      'ResourceHealthStatusMessage',
    ],
  ],
  [GA, ['DRAPrioritizedList', 'ImageVolume', 'SELinuxChangePolicy', 'SELinuxMountReadWriteOncePod']],
  [
    LOCKED,
    [
      'CRDValidationRatcheting',
      'CSIServiceAccountTokenSecrets',
      'CustomResourceFieldSelectors',
      'DRAAdminAccess',
      'DynamicResourceAllocation',
      'InPlacePodVerticalScaling',
      'JobPodReplacementPolicy',
      'MutableCSINodeAllocatableCount',
      'NodeSwap',
      'SupplementalGroupsPolicy',
      'VolumeAttributesClass',
    ],
  ],
];

/** Which gates must be on when one is; those that cannot be off are left out. */
const needs: ReadonlyMap<string, readonly string[]> = new Map([
  ['ClusterTrustBundleProjection', ['ClusterTrustBundle']],
  ['DRADeviceBindingConditions', ['DRAResourceClaimDeviceStatus']],
  ['DRADeviceTaintRules', ['DRADeviceTaints']],
  ['GangScheduling', ['GenericWorkload']],
  ['GracefulNodeShutdownBasedOnPodPriority', ['GracefulNodeShutdown']],
  ['ImageVolumeWithDigest', ['ImageVolume']],
  ['InPlacePodLevelResourcesVerticalScaling', ['NodeDeclaredFeatures', 'PodLevelResources']],
  ['MatchLabelKeysInPodTopologySpreadSelectorMerge', ['MatchLabelKeysInPodTopologySpread']],
  ['ResourceHealthStatusMessage', ['ResourceHealthStatus']],
  ['RestartAllContainersOnContainerExits', ['ContainerRestartRules', 'NodeDeclaredFeatures']],
  ['StorageVersionAPI', ['APIServerIdentity']],
  ['TopologyAwareWorkloadScheduling', ['GenericWorkload']],
  ['UnknownVersionInteroperabilityProxy', ['APIServerIdentity']],
  ['UserNamespacesHostNetworkSupport', ['UserNamespacesSupport']],
  ['WindowsGracefulNodeShutdown', ['GracefulNodeShutdown']],
  ['WorkloadAwarePreemption', ['GangScheduling']],
  ['WorkloadWithJob', ['GenericWorkload']],
]);

function named(name: string, gate: FeatureGate): readonly [string, FeatureGate] {
  const others = needs.get(name);
  return [name, others ? { ...gate, needs: others } : gate];
}

/** Known gates by name as they are when nobody says otherwise. */
export const defaultFeatureGates: FeatureGates = new Map(
  [...groups, ...inertGates].flatMap(([gate, names]) => names.map((name) => named(name, gate))).toSorted(([a], [b]) => (a < b ? -1 : 1)),
);

/** Whether a gate is on. */
export type Gate = (name: string) => boolean;

/** The gates as they are by default: for rules of objects inside others, whose kinds do not pass on the server's. */
export const onByDefault: Gate = gateReader(defaultFeatureGates);
