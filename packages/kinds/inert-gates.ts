/**
 * The feature gates of 1.36 on which nothing here depends: they are known, so that a command line written for Kubernetes is accepted, and
 * switching them is answered with a warning.
 *
 * Source: the `--feature-gates` of kube-scheduler 1.36 (alpha and beta), `test/compatibility_lifecycle` and the changelog of 1.36 (the others).
 */
import type { FeatureGate } from '#machinery/feature-gates.ts';

const ALPHA = `
  APIServingWithRoutine AllowUnsafeMalformedObjectDeletion CBORServingAndStorage CPUManagerPolicyAlphaOptions CRIListStreaming CSIVolumeHealth
  ClientsAllowCBOR ClientsPreferCBOR CloudControllerManagerWatchBasedRoutesReconciliation CloudControllerManagerWebhook
  ControllerManagerReleaseLeaderElectionLockOnExit DRAResourcePoolStatus EventedPLEG GangScheduling InPlacePodVerticalScalingExclusiveCPUs
  InPlacePodVerticalScalingExclusiveMemory KubeletInUserNamespace LoggingAlphaOptions ManifestBasedAdmissionControlConfig MutablePVNodeAffinity
  NativeHistograms PersistentVolumeClaimUnusedSinceTime PodAndContainerStatsFromCRI PodLevelResourceManagers PodsAPI QOSReserved
  ReduceDefaultCrashLoopBackOffDecay RuntimeClassInImageCriApi StorageCapacityScoring StorageVersionAPI TopologyManagerPolicyAlphaOptions
  WindowsCPUAndMemoryAffinity WorkloadWithJob`;

const BETA_OFF = `
  ConcurrentWatchObjectDecode DRADeviceTaintRules LocalStorageCapacityIsolationFSQuotaMonitoring PLEGOnDemandRelist SELinuxMount SchedulerAsyncAPICalls
  StorageVersionMigrator`;

const BETA_ON = `
  APIResponseCompression APIServerIdentity AllowParsingUserUIDFromCertAuth AtomicFIFO AuthorizePodWebsocketUpgradeCreatePermission
  CPUManagerPolicyBetaOptions ClearingNominatedNodeNameAfterBinding ClientsAllowCARotation ClientsAllowTLSCacheGC ConstrainedImpersonation
  ContainerCheckpoint ContextualLogging DRAResourceClaimGranularStatusAuthorization DRASchedulerFilterTimeout DeclarativeValidationBeta
  DeploymentReplicaSetTerminatingReplicas DetectCacheInconsistency ExtendWebSocketsToKubelet InOrderInformersBatchProcess
  InPlacePodVerticalScalingInitContainers KubeletEnsureSecretPulledImages KubeletSeparateDiskGC
  KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot LoggingBetaOptions MatchLabelKeysInPodTopologySpread
  NominatedNodeNameForExpectation OpenAPIEnums OpportunisticBatching PodDeletionCost PodReadyToStartContainersCondition
  PodTopologyLabelsAdmission PortForwardWebsockets PreventStaticPodAPIReferences ReloadKubeletClientCAFile ReloadKubeletServerCertificateFile
  RemoteRequestHeaderUID RestartAllContainersOnContainerExits RotateKubeletServerCertificate SchedulerAsyncPreemption SchedulerPopFromBackoffQ
  ServiceAccountNodeAudienceRestriction SizeBasedListCostEstimate StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob
  StaleControllerConsistencyReplicaSet StaleControllerConsistencyStatefulSet StatefulSetSemanticRevisionComparison StorageVersionHash
  StrictIPCIDRValidation StructuredAuthenticationConfigurationEgressSelector StructuredAuthenticationConfigurationJWKSMetrics
  TokenRequestServiceAccountUIDValidation TopologyManagerPolicyBetaOptions TranslateStreamCloseWebsocketRequests
  UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy UnlockWhileProcessingFIFO WatchCacheInitializationPostStartHook WatchList
  WatchListClient WindowsGracefulNodeShutdown`;

const GA = `
  DeclarativeValidation DisableCPUQuotaWithExclusiveCPUs ExternalServiceAccountTokenSigner InOrderInformers KubeletPSI
  KubeletPodResourcesDynamicResources KubeletPodResourcesGet MutatingAdmissionPolicy NodeLogQuery ProcMountType ServiceCIDRStatusFieldWiping
  UserNamespacesSupport`;

const LOCKED = `
  APIServerTracing AnonymousAuthConfigurableEndpoints AnyVolumeDataSource AuthorizeNodeWithSelectors AuthorizeWithSelectors BtreeWatchCache
  CPUManagerPolicyOptions ConsistentListFromCache DisableAllocatorDualWrite ExecProbeTimeout HonorPVReclaimPolicy ImageMaximumGCAge
  JobBackoffLimitPerIndex JobManagedBy JobSuccessPolicy KubeletCgroupDriverFromCRI KubeletFineGrainedAuthz KubeletTracing LogarithmicScaleDown
  MatchLabelKeysInPodAffinity MultiCIDRServiceAllocator NFTablesProxyMode NodeInclusionPolicyInPodTopologySpread OrderedNamespaceDeletion
  PodLifecycleSleepAction PodLifecycleSleepActionAllowZero PodObservedGenerationTracking PodSchedulingReadiness PreferSameTrafficDistribution
  RecoverVolumeExpansionFailure RecursiveReadOnlyMounts RelaxedDNSSearchValidation RelaxedEnvironmentVariableValidation
  ResilientWatchCacheInitialization RetryGenerateName SchedulerQueueingHints SeparateTaintEvictionController ServiceAccountTokenJTI
  ServiceAccountTokenNodeBinding ServiceAccountTokenNodeBindingValidation ServiceAccountTokenPodNodeInfo SidecarContainers
  StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration SystemdWatchdog
  TopologyManagerPolicyOptions WinDSR WinOverlay`;

const DEPRECATED_OFF = `
  AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests ChangeContainerStatusOnKubeletRestart DeclarativeValidationTakeover
  InPlacePodVerticalScalingAllocatedStatus KMSv1 KubeletRegistrationGetOnExistsOnly SeparateCacheWatchRPC WindowsHostNetwork`;

const DEPRECATED_ON = `DisableNodeKubeProxyVersion InformerResourceVersion KubeletPodResourcesListUseActivePods StorageNamespaceIndex`;

const DEPRECATED_LOCKED_OFF = `AllowOverwriteTerminationGracePeriodSeconds GitRepoVolumeDriver`;

const groups: readonly (readonly [gate: FeatureGate, names: string])[] = [
  [{ stage: 'ALPHA', on: false }, ALPHA],
  [{ stage: 'BETA', on: false }, BETA_OFF],
  [{ stage: 'BETA', on: true }, BETA_ON],
  [{ stage: 'GA', on: true }, GA],
  [{ stage: 'GA', on: true, locked: true }, LOCKED],
  [{ stage: 'DEPRECATED', on: false }, DEPRECATED_OFF],
  [{ stage: 'DEPRECATED', on: true }, DEPRECATED_ON],
  [{ stage: 'DEPRECATED', on: false, locked: true }, DEPRECATED_LOCKED_OFF],
  [{ stage: 'DEPRECATED', on: true, locked: true }, 'AggregatedDiscoveryRemoveBetaType'],
];

/** Gates and their names. */
export const inertGates: readonly (readonly [gate: FeatureGate, names: readonly string[]])[] = groups.map(([gate, names]) => [
  { ...gate, inert: true },
  names.trim().split(/\s+/),
]);
