/**
 * The flags that say where objects are kept, the same for every command that needs to know.
 */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from './cluster/spec.ts';

/** Engines of the store. */
export type EngineName = 'embedded' | 'memory' | 'etcd';

/** Where objects are kept; part of a server's configuration and of a cluster's choices. */
export interface StoreChoice {
  readonly engine: EngineName;
  readonly endpoints?: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Begins every key in etcd. */
  readonly prefix?: string;
  /** A backup that a store in memory begins with. */
  readonly restoreFrom?: string;
}

/** The flags as commander hands them over. */
export interface StoreFlags {
  readonly store?: EngineName;
  readonly etcdEndpoints?: string;
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly etcdPrefix?: string;
}

/** Adds the flags; `engines` are those that make sense for the command. */
export function addStoreFlags(command: Command, engines: readonly EngineName[]): Command {
  return command
    .addOption(new Option('--store <engine>', 'where objects are kept').choices(engines))
    .option('--etcd-endpoints <urls>', 'members of the etcd cluster, as URLs separated by commas')
    .option('--etcd-cafile <file>', 'authority that signed the certificates of the members (PEM)')
    .option('--etcd-certfile <file>', 'client certificate for etcd (PEM)')
    .option('--etcd-keyfile <file>', 'key of the client certificate (PEM)')
    .option('--etcd-prefix <prefix>', 'begins every key in etcd');
}

/** What the flags say; `undefined` when they say nothing. @throws UserError when they contradict each other. */
export function storeChoice(flags: StoreFlags, defaultPrefix: string): StoreChoice | undefined {
  const { store, etcdEndpoints, etcdCafile, etcdCertfile, etcdKeyfile, etcdPrefix } = flags;
  const ofEtcd = [etcdEndpoints, etcdCafile, etcdCertfile, etcdKeyfile, etcdPrefix].some((flag) => flag !== undefined);
  if (store !== 'etcd') {
    if (ofEtcd) throw new UserError('flags that begin with --etcd go with --store etcd');
    return store && { engine: store };
  }
  const endpoints = (etcdEndpoints ?? '').split(',').filter(Boolean);
  if (endpoints.length === 0) throw new UserError('--store etcd needs --etcd-endpoints, for instance https://10.0.0.1:2379,https://10.0.0.2:2379');
  for (const endpoint of endpoints) if (!/^https?:\/\/[^/]+$/.test(endpoint)) throw new UserError(`--etcd-endpoints: ${endpoint} is not of the form https://HOST:PORT`);
  if ((etcdCertfile === undefined) !== (etcdKeyfile === undefined)) throw new UserError('--etcd-certfile and --etcd-keyfile go together');
  const prefix = etcdPrefix ?? defaultPrefix;
  if (!prefix.startsWith('/')) throw new UserError(`--etcd-prefix: ${JSON.stringify(prefix)} does not begin with a slash`);
  return {
    engine: 'etcd',
    endpoints,
    ...(etcdCafile === undefined ? {} : { caFile: resolve(etcdCafile) }),
    ...(etcdCertfile === undefined ? {} : { certFile: resolve(etcdCertfile) }),
    ...(etcdKeyfile === undefined ? {} : { keyFile: resolve(etcdKeyfile) }),
    prefix,
  };
}
