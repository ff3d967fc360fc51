/**
 * The controllers that a server runs, with what each depends on.
 */
import { readCertificateRequest } from '#base/certificate-request.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import type { Transport } from '#client/transport.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { bootstrapSignerController } from '#controllers/bootstrap-signer/controller.ts';
import { clusterRoleAggregationController } from '#controllers/clusterrole-aggregation/controller.ts';
import { clusterTrustBundlePublisher } from '#controllers/cluster-trust-bundle/controller.ts';
import { csrApprovingController } from '#controllers/csr-approving/controller.ts';
import { csrCleanerController } from '#controllers/csr-cleaner/controller.ts';
import { csrSigningController } from '#controllers/csr-signing/controller.ts';
import { disruptionController } from '#controllers/disruption/controller.ts';
import { deviceTaintEvictionController } from '#controllers/device-taint-eviction/controller.ts';
import { discoverResources } from '#controllers/discovery/served-resources.ts';
import { garbageCollectorController } from '#controllers/garbage-collector/controller.ts';
import { endpointSliceMirroringController } from '#controllers/endpointslice-mirroring/controller.ts';
import { horizontalPodAutoscalerController, type AutoscalerSettings } from '#controllers/horizontal-pod-autoscaler/controller.ts';
import { legacyTokenCleanerController, type LegacyTokenOptions } from '#controllers/legacy-token/controller.ts';
import { legacyTokenTrackingController } from '#controllers/legacy-token/tracking.ts';
import { namespaceController } from '#controllers/namespace/controller.ts';
import { nodeIpamController } from '#controllers/node-ipam/controller.ts';
import { nodeLifecycleController, type NodeLifecycleOptions } from '#controllers/node-lifecycle/controller.ts';
import { rootCaController } from '#controllers/root-ca/controller.ts';
import { podGarbageCollectorController, type PodGcOptions } from '#controllers/pod-gc/controller.ts';
import { resourceClaimController } from '#controllers/resourceclaim/controller.ts';
import { resourceQuotaController } from '#controllers/resourcequota/controller.ts';
import { serviceCidrController } from '#controllers/service-cidr/controller.ts';
import { storageVersionMigratorController } from '#controllers/storage-version-migrator/controller.ts';
import { taintEvictionController } from '#controllers/taint-eviction/controller.ts';
import { tokenCleanerController } from '#controllers/token-cleaner/controller.ts';
import { ttlAfterFinishedController } from '#controllers/ttl-after-finished/controller.ts';
import { ttlController } from '#controllers/ttl/controller.ts';
import { localStorageControllers, volumeControllers } from '#controllers/volume-controllers.ts';
import { validatingAdmissionPolicyStatusController } from '#controllers/validatingadmissionpolicy-status/controller.ts';
import { workloadControllers } from '#controllers/workload-controllers.ts';
import { serviceAccountTokenController } from '#controllers/serviceaccount-token/controller.ts';
import type { LegacyTokenSigner } from '#controllers/serviceaccount-token/token-secret.ts';
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts';
import { clusterTrustBundles } from '#kinds/certificates/cluster-trust-bundle/kind.ts';
import { deviceTaintRules } from '#kinds/resource/device-taint-rule/kind.ts';
import { storageVersionMigrations } from '#kinds/storagemigration/storage-version-migration/kind.ts';
import type { Kind } from '#machinery/kind.ts';

/** Names a version of a resource. */
type ServedKind = Pick<Kind, 'group' | 'version' | 'plural'>;

/** What the controllers depend on. Those that need something that is not given do not run. */
export interface ControllerFacts {
  /** Blocks that nodes get theirs from; none: nodes get none. */
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** What pods verify the API server with. */
  readonly caPem?: string;
  /** Reaches the API as the controller manager: for discovery of everything that is served. */
  readonly transport: Transport;
  readonly signLegacyToken?: LegacyTokenSigner;
  readonly signRequest?: Pki['signRequest'];
  /** What the API server serves besides what every one does: controllers of pre-release kinds run where these are. */
  readonly served?: readonly ServedKind[];
  /** What differs from the defaults. */
  readonly settings?: {
    readonly autoscaler?: Partial<AutoscalerSettings>;
    readonly legacyTokens?: LegacyTokenOptions;
    readonly nodeLifecycle?: NodeLifecycleOptions;
    readonly podGc?: PodGcOptions;
  };
}

/** All controllers, in upstream's order of start. */
export function controllerEntries({ podCidrs, serviceCidrs, caPem, transport, signLegacyToken, signRequest, served = [], settings = {} }: ControllerFacts): ControllerEntry[] {
  const serves = (kind: ServedKind): boolean => served.some((one) => one.group === kind.group && one.version === kind.version && one.plural === kind.plural);
  const listServed = discoverResources(transport);
  return [
    ...(signLegacyToken ? [serviceAccountTokenController({ caPem: caPem ?? '', sign: signLegacyToken })] : []),
    serviceAccountController,
    ...(caPem === undefined ? [] : [rootCaController(caPem)]),
    ...(podCidrs.length > 0 ? [nodeIpamController({ clusterCidrs: podCidrs, serviceCidrs })] : []),
    nodeLifecycleController(settings.nodeLifecycle),
    namespaceController({ listServed }),
    garbageCollectorController({ listServed }),
    resourceQuotaController({ listServed }),
    clusterRoleAggregationController,
    taintEvictionController,
    podGarbageCollectorController(settings.podGc),
    ...workloadControllers,
    ...volumeControllers,
    ttlAfterFinishedController,
    ttlController,
    disruptionController({ listServed }),
    horizontalPodAutoscalerController({ listServed, ...settings.autoscaler }),
    csrApprovingController(readCertificateRequest),
    ...(signRequest ? [csrSigningController({ read: readCertificateRequest, sign: signRequest })] : []),
    csrCleanerController,
    bootstrapSignerController,
    tokenCleanerController,
    endpointSliceMirroringController,
    legacyTokenCleanerController(settings.legacyTokens),
    serviceCidrController,
    resourceClaimController,
    deviceTaintEvictionController({ rules: serves(deviceTaintRules) }),
    ...(serves(storageVersionMigrations) ? [storageVersionMigratorController({ listServed })] : []),
    ...(caPem !== undefined && serves(clusterTrustBundles) ? [clusterTrustBundlePublisher(caPem)] : []),
    validatingAdmissionPolicyStatusController,
  ];
}

/** What a server of ours runs besides: duties of upstream's API server, and the built-in storage class. */
export const serverControllers: readonly ControllerEntry[] = [legacyTokenTrackingController, ...localStorageControllers];
