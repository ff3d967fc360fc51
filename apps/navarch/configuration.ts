/**
 * The configuration files of the server and of an agent. Both are kinds with a schema, so a misspelt field is an error that names it.
 */
import { readFile } from 'node:fs/promises';
import { decodeObject } from '#machinery/decode.ts';
import { typeMeta } from '#machinery/meta.ts';
import { anyOf, bool, duration, type Infer, int32, list, map, type Message, message, optional, required, string } from '#machinery/schema.ts';
import { UserError } from './cluster/spec.ts';

/** API version of the configuration kinds. */
export const CONFIG_VERSION = 'config.navarch.dev/v1alpha1';

const listenAddress = message('navarch.ListenAddress', {
  host: required(0, string),
  port: required(0, int32),
});

const nodeEntry = message('navarch.NodeEntry', {
  name: required(0, string),
  address: required(0, string),
});

const storeConfiguration = message('navarch.StoreConfiguration', {
  engine: required(0, anyOf('embedded', 'memory', 'etcd')),
  /** Of etcd: its members, the files for TLS, and what begins every key. */
  endpoints: optional(0, list(string)),
  caFile: optional(0, string),
  certFile: optional(0, string),
  keyFile: optional(0, string),
  prefix: optional(0, string),
  /** Of memory: a backup to begin with. */
  restoreFrom: optional(0, string),
});

/** The control plane. */
export const serverConfiguration = message('navarch.ServerConfiguration', {
  ...typeMeta,
  clusterName: required(0, string),
  /** Where objects are kept; default: embedded, in the directory. */
  store: optional(0, storeConfiguration),
  /** Holds the authorities and the key of service accounts, which servers of one cluster share; default: pki/ in the directory. */
  commonPkiDirectory: optional(0, string),
  /** The key that signs service account tokens, instead of the cluster's own, and keys that may have signed them (PEM). */
  serviceAccountSigningKeyFile: optional(0, string),
  serviceAccountKeyFiles: optional(0, list(string)),
  /** Holds pki/, store/ and the kubeconfig that the server writes for the administrator. */
  directory: required(0, string),
  listen: required(0, list(listenAddress)),
  /** How nodes and pods reach the API server. */
  advertiseAddress: required(0, listenAddress),
  /** Further names and addresses of the serving certificate. */
  certificateNames: optional(0, list(string)),
  podCidr: required(0, string),
  serviceCidr: required(0, string),
  dnsIp: required(0, string),
  clusterDomain: required(0, string),
  /** Nodes of this machine: each gets credentials in nodes/NAME/. */
  nodes: optional(0, list(nodeEntry)),
  /** Which controllers run: names, `*` for all that are on by default, `-name` for not this one. */
  controllers: optional(0, list(string)),
  /** A KubeSchedulerConfiguration. */
  schedulerConfigFile: optional(0, string),
  /** How many simulated nodes the server runs itself. */
  simulatedNodes: optional(0, int32),
  /** A Lifecycle: what happens to simulated nodes and their pods. */
  simulatedLifecycleFile: optional(0, string),
});
export interface ServerConfiguration extends Infer<typeof serverConfiguration> {}

/** One node. */
export const agentConfiguration = message('navarch.AgentConfiguration', {
  ...typeMeta,
  nodeName: required(0, string),
  nodeAddress: required(0, string),
  /** Holds the kubeconfig and the kubelet's serving certificate (written by the server), and the kubelet's own state. */
  directory: required(0, string),
  runDirectory: required(0, string),
  containerdSocket: required(0, string),
  cniDirectory: required(0, string),
  ipamDirectory: required(0, string),
  cgroupRoot: required(0, string),
  upstreamResolvConf: required(0, string),
  podCidr: required(0, string),
  serviceCidr: required(0, string),
  dnsIp: required(0, string),
  clusterDomain: required(0, string),
  egress: optional(0, bool),
  /** From this use of the disk on, in percent, images that nothing uses are removed; 100 never. Default 85. */
  imageGCHighThresholdPercent: optional(0, int32),
  /** Down to this use. Default 80. */
  imageGCLowThresholdPercent: optional(0, int32),
  /** How long an image is kept although nothing uses it. Default `2m`. */
  imageMinimumGCAge: optional(0, duration),
  /** What must stay free, by signal; a signal left out is not watched. Default: upstream's hard thresholds. */
  evictionHard: optional(0, map(string)),
});
export interface AgentConfiguration extends Infer<typeof agentConfiguration> {}

/** Reads and checks a configuration file. @throws UserError naming the file and what is wrong in it. */
export async function readConfiguration<M extends Message>(schema: M, kind: string, path: string): Promise<Infer<M>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UserError(`the configuration ${path} cannot be read: ${(error as Error).message}`);
  }
  const { kind: found, apiVersion } = parsed as { kind?: unknown; apiVersion?: unknown };
  if (found !== kind || apiVersion !== CONFIG_VERSION) throw new UserError(`${path} is not a ${kind} of ${CONFIG_VERSION}`);
  const { object, problems } = decodeObject(schema, parsed, { mode: 'strict' });
  if (problems.length > 0) throw new UserError(`${path}: ${problems.join(', ')}`);
  return object as Infer<M>;
}
