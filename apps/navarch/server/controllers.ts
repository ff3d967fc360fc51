/**
 * The controllers that a server runs, with what each depends on.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { deploymentController } from '#controllers/deployment/controller.ts';
import { nodeIpamController } from '#controllers/node-ipam/controller.ts';
import { replicaSetController, replicationControllerController } from '#controllers/replicaset/controller.ts';
import { rootCaController } from '#controllers/root-ca/controller.ts';
import { serviceAccountTokenController } from '#controllers/serviceaccount-token/controller.ts';
import type { LegacyTokenSigner } from '#controllers/serviceaccount-token/token-secret.ts';
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts';
import type { ServerConfiguration } from '../configuration.ts';

/** What the controllers of this server depend on. */
export interface ControllerFacts {
  readonly configuration: ServerConfiguration;
  readonly caPem: string;
  readonly signLegacyToken: LegacyTokenSigner;
}

/** All controllers, in upstream's order of start. */
export function controllerEntries({ configuration, caPem, signLegacyToken }: ControllerFacts): ControllerEntry[] {
  return [
    serviceAccountTokenController({ caPem, sign: signLegacyToken }),
    serviceAccountController,
    rootCaController(caPem),
    nodeIpamController({ clusterCidrs: [configuration.podCidr], serviceCidrs: [configuration.serviceCidr] }),
    deploymentController,
    replicaSetController,
    replicationControllerController,
  ];
}
