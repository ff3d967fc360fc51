/**
 * The configuration that the flags of `navarch server` make, or make of a file's.
 */
import { resolve } from 'node:path';
import { cidrStart, formatIp, parseCidr } from '#machinery/ip.ts';
import { UserError } from './cluster/spec.ts';
import { CONFIG_VERSION, readConfiguration, serverConfiguration, type ServerConfiguration } from './configuration.ts';
import { DEFAULT_PORT, type ServerFlags } from './server-flags.ts';
import { storeChoice, type StoreChoice } from './store-flags.ts';

const DEFAULT_PREFIX = '/navarch';
/** Where cluster DNS is in the block of service addresses. */
const DNS_INDEX = 10n;

/** The address of cluster DNS in a block of service addresses. @throws UserError */
function dnsAddress(block: string): string {
  const cidr = parseCidr(block);
  if (!cidr) throw new UserError(`--service-cluster-ip-range: ${JSON.stringify(block)} is not a block of addresses, such as 10.96.0.0/16`);
  const start = cidrStart(cidr);
  return formatIp({ family: start.family, value: start.value + DNS_INDEX });
}

function defaults(flags: ServerFlags): ServerConfiguration {
  if (flags.dataDir === undefined) throw new UserError('say where this server keeps its data: --data-dir DIRECTORY (or --config FILE)');
  const serviceCidr = flags.serviceClusterIpRange ?? '10.96.0.0/16';
  const listen = { host: '127.0.0.1', port: DEFAULT_PORT };
  return {
    kind: 'ServerConfiguration',
    apiVersion: CONFIG_VERSION,
    clusterName: 'default',
    directory: resolve(flags.dataDir),
    listen: [listen],
    advertiseAddress: listen,
    podCidr: '10.244.0.0/16',
    serviceCidr,
    dnsIp: dnsAddress(serviceCidr),
    clusterDomain: 'cluster.local',
  };
}

function storeOf(flags: ServerFlags): StoreChoice | undefined {
  const store = storeChoice(flags, DEFAULT_PREFIX);
  if (flags.restoreFrom === undefined) return store;
  if (store?.engine !== 'memory') throw new UserError('--restore-from goes with --store memory; for other stores: navarch restore');
  return { ...store, restoreFrom: resolve(flags.restoreFrom) };
}

/** What the flags and the file, if there is one, say together. @throws UserError */
export async function configurationFrom(flags: ServerFlags): Promise<ServerConfiguration> {
  const base = flags.config === undefined ? defaults(flags) : await readConfiguration(serverConfiguration, 'ServerConfiguration', flags.config);
  const [first = { host: '127.0.0.1', port: DEFAULT_PORT }, ...more] = base.listen;
  const listen = { host: flags.bindAddress ?? first.host, port: flags.securePort ?? first.port };
  const moved = flags.bindAddress !== undefined || flags.securePort !== undefined;
  const advertised = moved ? listen : base.advertiseAddress;
  const store = storeOf(flags);
  return {
    ...base,
    ...(flags.dataDir === undefined ? {} : { directory: resolve(flags.dataDir) }),
    listen: [listen, ...more],
    advertiseAddress: flags.advertiseAddress === undefined ? advertised : { host: flags.advertiseAddress, port: advertised.port },
    ...(flags.serviceClusterIpRange === undefined ? {} : { serviceCidr: flags.serviceClusterIpRange, dnsIp: dnsAddress(flags.serviceClusterIpRange) }),
    ...(flags.clusterCidr === undefined ? {} : { podCidr: flags.clusterCidr }),
    ...(store ? { store } : {}),
    ...(flags.pkiDir === undefined ? {} : { commonPkiDirectory: resolve(flags.pkiDir) }),
    ...(flags.serviceAccountSigningKeyFile === undefined ? {} : { serviceAccountSigningKeyFile: resolve(flags.serviceAccountSigningKeyFile) }),
    ...(flags.serviceAccountKeyFile.length === 0 ? {} : { serviceAccountKeyFiles: flags.serviceAccountKeyFile.map((file) => resolve(file)) }),
    ...(flags.controllers === undefined ? {} : { controllers: flags.controllers.split(',').map((one) => one.trim()) }),
    ...(flags.schedulerConfig === undefined ? {} : { schedulerConfigFile: resolve(flags.schedulerConfig) }),
    ...(flags.simulatedNodes === undefined ? {} : { simulatedNodes: flags.simulatedNodes }),
    ...(flags.simulatedLifecycle === undefined ? {} : { simulatedLifecycleFile: resolve(flags.simulatedLifecycle) }),
  };
}
