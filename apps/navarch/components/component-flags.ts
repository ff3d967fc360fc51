/**
 * The flags that controller manager and scheduler share, under upstream's names.
 *
 * Source: the documented flags of kube-controller-manager and kube-scheduler.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '#machinery/duration.ts';

/** The shared flags as commander hands them over; durations in milliseconds. */
export interface ComponentFlags {
  readonly kubeconfig?: string;
  readonly master?: string;
  readonly bindAddress: string;
  readonly securePort: number;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly clientCaFile?: string;
  readonly featureGates?: string;
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceLock: string;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace: string;
}

/** A component's own defaults. */
export interface ComponentDefaults {
  readonly name: 'kube-controller-manager' | 'kube-scheduler';
  readonly securePort: number;
}

const NANOS_PER_MS = 1_000_000n;

/** Go's durations as flags take them, in milliseconds. @throws InvalidArgumentError */
export function duration(text: string): number {
  try {
    return Number(parseDuration(text) / NANOS_PER_MS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** `true` or `false`, or nothing for `true`. @throws InvalidArgumentError */
export function boolean(text: string): boolean {
  if (['true', '1', 't', 'T', 'TRUE', 'True'].includes(text)) return true;
  if (['false', '0', 'f', 'F', 'FALSE', 'False'].includes(text)) return false;
  throw new InvalidArgumentError('true or false is needed.');
}

/** A whole number of at least 0. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed.');
  return value;
}

/** Adds the flags, and those of upstream that have nothing to say here but may be given. */
export function addComponentFlags(command: Command, { name, securePort }: ComponentDefaults): Command {
  command
    .option('--kubeconfig <file>', 'how to reach the API server, and as whom')
    .option('--master <url>', 'the address of the API server; goes before the one in the kubeconfig')
    .option('--bind-address <address>', 'where to answer /healthz and /metrics', '0.0.0.0')
    .option('--secure-port <port>', 'its port; 0: none', wholeNumber, securePort)
    .option('--tls-cert-file <file>', 'serving certificate (default: one of its own)')
    .option('--tls-private-key-file <file>', 'the key of it')
    .option('--client-ca-file <file>', 'authority of client certificates that may ask (default: the cluster’s)')
    .option('--leader-elect [boolean]', 'compete for leadership, and work only with it', boolean, true)
    .option('--leader-elect-lease-duration <duration>', 'others wait this long before they take a lease that is not renewed', duration, 15_000)
    .option('--leader-elect-renew-deadline <duration>', 'a leader that cannot renew for this long stops', duration, 10_000)
    .option('--leader-elect-retry-period <duration>', 'between two attempts', duration, 2_000)
    .option('--leader-elect-resource-lock <kind>', 'leases', 'leases')
    .option('--leader-elect-resource-name <name>', 'the lease', name)
    .option('--leader-elect-resource-namespace <namespace>', 'its namespace', 'kube-system');
  for (const flag of ['authentication-kubeconfig', 'authorization-kubeconfig', 'requestheader-client-ca-file', 'cert-dir', 'logging-format', 'kube-api-qps', 'kube-api-burst', 'kube-api-content-type', 'authorization-always-allow-paths', 'tls-min-version', 'tls-cipher-suites', 'emulated-version']) {
    command.option(`--${flag} <value>`, 'taken for compatibility');
  }
  command.option('--feature-gates <gates>', 'features to switch, such as HPAScaleToZero=true');
  return command.option('--profiling [boolean]', 'taken for compatibility', boolean).option('-v, --v <level>', 'taken for compatibility');
}
