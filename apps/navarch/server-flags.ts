/**
 * The flags of `navarch server`. Files of flags are read at every command: they load nothing that only one command needs.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { type AccessFlags, addAccessFlags } from './server/access-flags.ts';
import { addAuditFlags, type AuditFlags } from './server/audit-flags.ts';
import { addFeatureFlags, type FeatureFlags } from './server/feature-flags.ts';
import type { ServingFlags } from './server/serving-certificates.ts';
import { addStoreFlags, type StoreFlags } from './store-flags.ts';

/** Where a server listens unless told otherwise. */
export const DEFAULT_PORT = 6443;

/** The flags as commander hands them over. */
export interface ServerFlags extends StoreFlags, AccessFlags, AuditFlags, FeatureFlags, ServingFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly bindAddress?: string;
  readonly securePort?: number;
  readonly advertiseAddress?: string;
  readonly serviceClusterIpRange?: string;
  readonly clusterCidr?: string;
  readonly pkiDir?: string;
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountKeyFile: readonly string[];
  readonly simulatedNodes?: number;
  readonly simulatedLifecycle?: string;
  readonly controllers?: string;
  readonly schedulerConfig?: string;
  readonly restoreFrom?: string;
  readonly maxRequestsInflight?: number;
  readonly maxMutatingRequestsInflight?: number;
  readonly goawayChance?: number;
  readonly http2MaxStreamsPerConnection?: number;
}

const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('a whole number up to 65535 is needed.');
  return value;
};
/** As upstream: no more than every fiftieth request. */
const MAX_GOAWAY_CHANCE = 0.02;
const chance = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0 && value <= MAX_GOAWAY_CHANCE)) throw new InvalidArgumentError('--goaway-chance can not be less than 0 or greater than 0.02');
  return value;
};
const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Adds them. */
export function addServerFlags(command: Command): Command {
  return addStoreFlags(
    addFeatureFlags(addAuditFlags(addAccessFlags(command)))
      .option('--config <file>', 'ServerConfiguration (JSON); flags go before it')
      .option('--data-dir <directory>', 'where this server keeps its certificates, its store and the administrator’s kubeconfig')
      .option('--bind-address <address>', 'where to listen (default 127.0.0.1)')
      .option('--secure-port <port>', `port to listen on (default ${DEFAULT_PORT})`, number)
      .option('--advertise-address <address>', 'how nodes, pods and other servers reach this one (default: the address it listens on)')
      .option('--service-cluster-ip-range <cidr>', 'addresses of services (default 10.96.0.0/16)')
      .option('--cluster-cidr <cidr>', 'addresses of pods (default 10.244.0.0/16)')
      .option('--pki-dir <directory>', 'authorities and keys that the servers of a cluster share; made by the first one that starts (default: pki in the data directory)')
      .option('--service-account-signing-key-file <file>', 'private key that signs service account tokens (default: sa.key of the shared ones)')
      .option('--service-account-key-file <file>', 'a further key by which service account tokens may be signed (repeatable)', collect, [])
      .option('--max-requests-inflight <n>', 'reads that are answered at once, added to the next and divided over the priority levels (default 400)', number)
      .option('--max-mutating-requests-inflight <n>', 'writes that are answered at once (default 200)', number)
      .option('--tls-cert-file <file>', 'serving certificate with its chain, read again when it changes (default: one of its own)')
      .option('--tls-private-key-file <file>', 'its key')
      .option('--tls-sni-cert-key <cert,key[:names]>', 'a certificate for those who ask for these names, or for its own (repeatable)', collect, [])
      .option('--goaway-chance <fraction>', 'how likely a request makes its HTTP/2 client connect anew, so that load balancers choose again (0 to 0.02, default 0)', chance)
      .option('--http2-max-streams-per-connection <n>', 'requests of one HTTP/2 connection at once (default 100)', number)
      .option('--restore-from <file>', 'with --store memory: a backup to begin with')
      .option('--controllers <list>', '* means all that are on by default, foo switches foo on, -foo off (default *)')
      .option('--scheduler-config <file>', 'KubeSchedulerConfiguration (YAML or JSON)')
      .option('--simulated-nodes <n>', 'how many simulated nodes the server runs', number)
      .option('--simulated-lifecycle <file>', 'Lifecycle (YAML or JSON): what happens to simulated nodes and their pods'),
    ['embedded', 'memory', 'etcd'],
  );
}
