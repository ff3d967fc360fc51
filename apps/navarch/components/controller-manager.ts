/**
 * `navarch controller-manager`: the controllers alone, beside any API server.
 */
import { createTokenSigner, LEGACY_ISSUER } from '#apiserver/authentication/token-signer.ts';
import { readCertificateRequest } from '#base/certificate-request.ts';
import { issueFor, issuerOf } from '#apiserver/pki/certificate.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import { startManager } from '#controller/manager.ts';
import { defaultFeatureGates } from '#kinds/feature-gates.ts';
import { configureGates, gateReader } from '#machinery/feature-gates.ts';
import { canonicalSelection } from '#controller/selection.ts';
import { discoverResources } from '#controllers/discovery/served-resources.ts';
import { UserError } from '../cluster/spec.ts';
import { controllerEntries, type ControllerFacts } from '../server/controllers.ts';
import { accountClients } from './account-clients.ts';
import { readFlagFile, runComponent } from './component.ts';
import { concurrencyOf, type ControllerManagerFlags } from './controller-manager-flags.ts';

const DEFAULT_SERVICE_CIDR = '10.96.0.0/16';
/** Tolerates clocks that differ a little. */
const BACKDATE_MS = 300_000;

/** Runs until SIGTERM or SIGINT. */
export async function runControllerManager(flags: ControllerManagerFlags): Promise<void> {
  const facts = await factsOf(flags);
  await runComponent('kube-controller-manager', flags, async ({ client, informers, metrics, clock, random, log, connection, resources, signal }) => {
    const caPem = facts.caPem ?? (typeof connection.ca === 'string' ? connection.ca : undefined);
    const entries = controllerEntries({ ...facts, ...(caPem === undefined ? {} : { caPem }), transport: client.transport, served: (await discoverResources(client.transport)(signal)).kinds });
    const clientFor = flags.useServiceAccountCredentials ? resources.use(accountClients({ client, connection, clock, log })).of : undefined;
    resources.use(
      startManager(entries, { client, ...(clientFor ? { clientFor } : {}), informers, clock, random, log, metrics, selection: flags.controllers, concurrency: concurrencyOf(flags) }),
    );
  });
}

/** What the flags say, with their files read and the selection checked. @throws UserError */
async function factsOf(flags: ControllerManagerFlags): Promise<Omit<ControllerFacts, 'transport'>> {
  const { rootCaFile, serviceAccountPrivateKeyFile: keyFile } = flags;
  const signRequest = await requestSigner(flags);
  const signer = keyFile === undefined ? undefined : createTokenSigner({ privateKey: await readFlagFile('service-account-private-key-file', keyFile), issuer: LEGACY_ISSUER, audiences: [], clock: systemClock, random: systemRandom });
  const defined = <T extends object>(values: T): { [K in keyof T]: NonNullable<T[K]> } => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]: NonNullable<T[K]> };
  const facts = {
    podCidrs: flags.allocateNodeCidrs ? (flags.clusterCidr ?? '').split(',').filter(Boolean) : [],
    serviceCidrs: (flags.serviceClusterIpRange ?? DEFAULT_SERVICE_CIDR).split(','),
    ...(rootCaFile === undefined ? {} : { caPem: await readFlagFile('root-ca-file', rootCaFile) }),
    ...(signer ? { signLegacyToken: signer.signLegacy.bind(signer) } : {}),
    ...(signRequest ? { signRequest } : {}),
    settings: {
      autoscaler: defined({
        syncMs: flags.horizontalPodAutoscalerSyncPeriod,
        downscaleStabilizationMs: flags.horizontalPodAutoscalerDownscaleStabilization,
        tolerance: flags.horizontalPodAutoscalerTolerance,
        cpuInitializationMs: flags.horizontalPodAutoscalerCpuInitializationPeriod,
        initialReadinessMs: flags.horizontalPodAutoscalerInitialReadinessDelay,
        scaleToZero: isOn(flags, 'HPAScaleToZero'),
      }),
      nodeLifecycle: defined({ gracePeriodMs: flags.nodeMonitorGracePeriod, monitorPeriodMs: flags.nodeMonitorPeriod }),
      podGc: defined({ terminatedPodThreshold: flags.terminatedPodGcThreshold }),
      legacyTokens: defined({ keepMs: flags.legacyServiceAccountTokenCleanUpPeriod }),
    },
  };
  checkSelection(flags.controllers);
  return facts;
}

/** Whether a feature is on. @throws UserError */
function isOn({ featureGates = '' }: ControllerManagerFlags, name: string): boolean {
  try {
    return gateReader(configureGates(defaultFeatureGates, featureGates).gates)(name);
  } catch (error) {
    throw new UserError(`--feature-gates: ${(error as Error).message}`);
  }
}

/** A misspelt controller is told at once, not only to the one who leads. */
function checkSelection(selection: readonly string[]): void {
  const unreachable = { request: () => Promise.reject(new Error('not used')), watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('not used')) }) }), [Symbol.asyncDispose]: () => Promise.resolve() };
  const all = controllerEntries({ podCidrs: ['10.0.0.0/8'], serviceCidrs: [DEFAULT_SERVICE_CIDR], caPem: '-', transport: unreachable, signLegacyToken: () => '', signRequest: () => '' });
  try {
    canonicalSelection(selection, new Set(all.map(({ name }) => name)));
  } catch (error) {
    throw new UserError(`--controllers: ${(error as Error).message}`);
  }
}

/** Signs certificate requests with the authority that the flags name, if they do. */
async function requestSigner({ clusterSigningCertFile: certFile, clusterSigningKeyFile: keyFile }: ControllerManagerFlags): Promise<Pki['signRequest'] | undefined> {
  if (certFile === undefined || keyFile === undefined) return undefined;
  const issuer = issuerOf({ cert: await readFlagFile('cluster-signing-cert-file', certFile), key: await readFlagFile('cluster-signing-key-file', keyFile) });
  return (request, use, validMs) => {
    const { publicKey, ...subject } = readCertificateRequest(request);
    const nowMs = systemClock.now();
    return issueFor(publicKey, { ...subject, use, notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs + validMs }, issuer, systemRandom);
  };
}
