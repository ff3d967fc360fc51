/**
 * The controllers that a server runs, with what each depends on.
 */
import { readCertificateRequest } from '#apiserver/pki/certificate-request.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import type { Transport } from '#client/transport.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { bootstrapSignerController } from '#controllers/bootstrap-signer/controller.ts';
import { clusterRoleAggregationController } from '#controllers/clusterrole-aggregation/controller.ts';
import { csrApprovingController } from '#controllers/csr-approving/controller.ts';
import { csrCleanerController } from '#controllers/csr-cleaner/controller.ts';
import { csrSigningController } from '#controllers/csr-signing/controller.ts';
import { disruptionController } from '#controllers/disruption/controller.ts';
import { deviceTaintEvictionController } from '#controllers/device-taint-eviction/controller.ts';
import { discoverResources } from '#controllers/discovery/served-resources.ts';
import { garbageCollectorController } from '#controllers/garbage-collector/controller.ts';
import { endpointSliceMirroringController } from '#controllers/endpointslice-mirroring/controller.ts';
import { horizontalPodAutoscalerController } from '#controllers/horizontal-pod-autoscaler/controller.ts';
import { legacyTokenCleanerController } from '#controllers/legacy-token/controller.ts';
import { legacyTokenTrackingController } from '#controllers/legacy-token/tracking.ts';
import { namespaceController } from '#controllers/namespace/controller.ts';
import { nodeIpamController } from '#controllers/node-ipam/controller.ts';
import { nodeLifecycleController } from '#controllers/node-lifecycle/controller.ts';
import { rootCaController } from '#controllers/root-ca/controller.ts';
import { podGarbageCollectorController } from '#controllers/pod-gc/controller.ts';
import { resourceClaimController } from '#controllers/resourceclaim/controller.ts';
import { resourceQuotaController } from '#controllers/resourcequota/controller.ts';
import { serviceCidrController } from '#controllers/service-cidr/controller.ts';
import { taintEvictionController } from '#controllers/taint-eviction/controller.ts';
import { tokenCleanerController } from '#controllers/token-cleaner/controller.ts';
import { ttlAfterFinishedController } from '#controllers/ttl-after-finished/controller.ts';
import { ttlController } from '#controllers/ttl/controller.ts';
import { volumeControllers } from '#controllers/volume-controllers.ts';
import { validatingAdmissionPolicyStatusController } from '#controllers/validatingadmissionpolicy-status/controller.ts';
import { workloadControllers } from '#controllers/workload-controllers.ts';
import { serviceAccountTokenController } from '#controllers/serviceaccount-token/controller.ts';
import type { LegacyTokenSigner } from '#controllers/serviceaccount-token/token-secret.ts';
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts';
import type { ServerConfiguration } from '../configuration.ts';

/** What the controllers of this server depend on. */
export interface ControllerFacts {
  readonly configuration: Pick<ServerConfiguration, 'podCidr' | 'serviceCidr'>;
  readonly caPem: string;
  /** Reaches the API as the controller manager: for discovery of everything that is served. */
  readonly transport: Transport;
  readonly signLegacyToken: LegacyTokenSigner;
  readonly signRequest: Pki['signRequest'];
}

/** All controllers, in upstream's order of start. */
export function controllerEntries({ configuration, caPem, transport, signLegacyToken, signRequest }: ControllerFacts): ControllerEntry[] {
  const listServed = discoverResources(transport);
  return [
    serviceAccountTokenController({ caPem, sign: signLegacyToken }),
    serviceAccountController,
    rootCaController(caPem),
    nodeIpamController({ clusterCidrs: [configuration.podCidr], serviceCidrs: [configuration.serviceCidr] }),
    nodeLifecycleController(),
    namespaceController({ listServed }),
    garbageCollectorController({ listServed }),
    resourceQuotaController({ listServed }),
    clusterRoleAggregationController,
    taintEvictionController,
    podGarbageCollectorController(),
    ...workloadControllers,
    ...volumeControllers,
    ttlAfterFinishedController,
    ttlController,
    disruptionController({ listServed }),
    horizontalPodAutoscalerController({ listServed }),
    csrApprovingController(readCertificateRequest),
    csrSigningController({ read: readCertificateRequest, sign: signRequest }),
    csrCleanerController,
    bootstrapSignerController,
    tokenCleanerController,
    endpointSliceMirroringController,
    legacyTokenTrackingController,
    legacyTokenCleanerController(),
    serviceCidrController,
    resourceClaimController,
    deviceTaintEvictionController,
    validatingAdmissionPolicyStatusController,
  ];
}
