/**
 * The flags of `navarch controller-manager`, under upstream's names.
 */
import type { Command } from 'commander';
import { addComponentFlags, boolean, duration, wholeNumber, type ComponentFlags } from './component-flags.ts';

/** The flags as commander hands them over; durations in milliseconds. */
export interface ControllerManagerFlags extends ComponentFlags {
  readonly controllers: readonly string[];
  readonly useServiceAccountCredentials: boolean;
  readonly allocateNodeCidrs: boolean;
  readonly clusterCidr?: string;
  readonly serviceClusterIpRange?: string;
  readonly serviceAccountPrivateKeyFile?: string;
  readonly rootCaFile?: string;
  readonly clusterSigningCertFile?: string;
  readonly clusterSigningKeyFile?: string;
  readonly terminatedPodGcThreshold?: number;
  readonly nodeMonitorPeriod?: number;
  readonly nodeMonitorGracePeriod?: number;
  readonly horizontalPodAutoscalerSyncPeriod?: number;
  readonly horizontalPodAutoscalerDownscaleStabilization?: number;
  readonly horizontalPodAutoscalerTolerance?: number;
  readonly horizontalPodAutoscalerCpuInitializationPeriod?: number;
  readonly horizontalPodAutoscalerInitialReadinessDelay?: number;
  readonly legacyServiceAccountTokenCleanUpPeriod?: number;
  readonly [other: string]: unknown;
}

/** Flags that say how many keys a controller works on at the same time, and which controller. */
const CONCURRENT: Readonly<Record<string, string>> = {
  'concurrent-deployment-syncs': 'deployment-controller',
  'concurrent-replicaset-syncs': 'replicaset-controller',
  'concurrent-rc-syncs': 'replicationcontroller-controller',
  'concurrent-statefulset-syncs': 'statefulset-controller',
  'concurrent-daemonset-syncs': 'daemonset-controller',
  'concurrent-job-syncs': 'job-controller',
  'concurrent-cron-job-syncs': 'cronjob-controller',
  'concurrent-endpoint-syncs': 'endpoints-controller',
  'concurrent-service-endpoint-syncs': 'endpointslice-controller',
  'mirroring-concurrent-service-endpoint-syncs': 'endpointslice-mirroring-controller',
  'concurrent-namespace-syncs': 'namespace-controller',
  'concurrent-gc-syncs': 'garbage-collector-controller',
  'concurrent-resource-quota-syncs': 'resourcequota-controller',
  'concurrent-serviceaccount-token-syncs': 'serviceaccount-token-controller',
  'concurrent-ttl-after-finished-syncs': 'ttl-after-finished-controller',
  'concurrent-ephemeralvolume-syncs': 'ephemeral-volume-controller',
  'concurrent-horizontal-pod-autoscaler-syncs': 'horizontal-pod-autoscaler-controller',
};

const camelCase = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const list = (text: string): string[] => text.split(',').map((one) => one.trim());
const decimal = (text: string): number => Number(text);

/** Adds them. */
export function addControllerManagerFlags(command: Command): Command {
  addComponentFlags(command, { name: 'kube-controller-manager', securePort: 10257 })
    .option('--controllers <list>', '* means all that are on by default, foo switches foo on, -foo off', list, ['*'])
    .option('--use-service-account-credentials [boolean]', 'each controller acts as a service account of its own', boolean, false)
    .option('--allocate-node-cidrs [boolean]', 'give nodes their blocks of pod addresses', boolean, false)
    .option('--cluster-cidr <cidrs>', 'addresses of pods')
    .option('--service-cluster-ip-range <cidrs>', 'addresses of services')
    .option('--service-account-private-key-file <file>', 'signs tokens in secrets')
    .option('--root-ca-file <file>', 'what pods verify the API server with (default: the authority in the kubeconfig)')
    .option('--cluster-signing-cert-file <file>', 'signs certificate requests')
    .option('--cluster-signing-key-file <file>', 'the key of it')
    .option('--terminated-pod-gc-threshold <n>', 'ended pods that are kept', wholeNumber)
    .option('--node-monitor-period <duration>', 'between two looks at the nodes', duration)
    .option('--node-monitor-grace-period <duration>', 'a node that is silent for this long is not ready', duration)
    .option('--horizontal-pod-autoscaler-sync-period <duration>', 'between two looks at an autoscaler', duration)
    .option('--horizontal-pod-autoscaler-downscale-stabilization <duration>', 'nothing shrinks below the highest wish of this time', duration)
    .option('--horizontal-pod-autoscaler-tolerance <part>', 'differences that do not matter', decimal)
    .option('--horizontal-pod-autoscaler-cpu-initialization-period <duration>', 'young pods’ CPU counts only while they are ready', duration)
    .option('--horizontal-pod-autoscaler-initial-readiness-delay <duration>', 'pods that became unready this early were never ready', duration)
    .option('--legacy-service-account-token-clean-up-period <duration>', 'unused tokens in secrets are kept this long', duration);
  for (const [flag, name] of Object.entries(CONCURRENT)) command.option(`--${flag} <n>`, `keys that ${name} works on at the same time`, wholeNumber);
  for (const flag of ['cluster-name', 'node-cidr-mask-size', 'cloud-provider', 'pvclaimbinder-sync-period', 'cluster-signing-duration', 'unhealthy-zone-threshold']) {
    command.option(`--${flag} <value>`, 'taken for compatibility');
  }
  return command;
}

/** What the flags say of concurrency, by controller. */
export function concurrencyOf(flags: ControllerManagerFlags): Readonly<Record<string, number>> {
  const entries = Object.entries(CONCURRENT).map(([flag, name]) => [name, flags[camelCase(flag)]] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, number] => typeof entry[1] === 'number'));
}
